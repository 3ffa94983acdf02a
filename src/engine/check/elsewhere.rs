//! Modules of Ansible that trueup does not have: where one of them is named, nobody mistyped.

/// Whether a short name is that of a known module of other systems, clouds and devices.
pub fn is_known(short: &str) -> bool {
    let family = short.split_once('_').map(|(family, _)| family);
    NAMES.contains(&short) || family.is_some_and(|family| FAMILIES.contains(&family))
}

/// Names that begin with one of these and an underscore are of one family.
const FAMILIES: [&str; 31] = [
    "aws",
    "azure",
    "cloudflare",
    "cloudfront",
    "cs",
    "digital",
    "docker",
    "ec2",
    "ecs",
    "elb",
    "gcp",
    "grafana",
    "hcloud",
    "helm",
    "ios",
    "ipa",
    "k8s",
    "kubernetes",
    "ldap",
    "mongodb",
    "mysql",
    "nxos",
    "os",
    "proxmox",
    "rabbitmq",
    "rds",
    "route53",
    "vmware",
    "win",
    "zabbix",
    "zypper",
];

/// The others whose names are near to some of ours, or common.
const NAMES: [&str; 59] = [
    "acl",
    "aix_inittab",
    "apk",
    "apt_rpm",
    "at",
    "bower",
    "bundler",
    "composer",
    "cpanm",
    "crypttab",
    "dnf_versionlock",
    "easy_install",
    "ec2",
    "expect",
    "flatpak",
    "gem",
    "hg",
    "homebrew",
    "htpasswd",
    "installp",
    "jail",
    "k8s",
    "launchd",
    "mail",
    "netbsd",
    "nmcli",
    "npm",
    "openbsd_pkg",
    "opkg",
    "pacman",
    "pacman_key",
    "pam_limits",
    "pamd",
    "pids",
    "pkg5",
    "pkgin",
    "pkgng",
    "pkgutil",
    "portage",
    "portinstall",
    "redhat_subscription",
    "rhel_facts",
    "rhsm_repository",
    "s3",
    "seboolean",
    "sefcontext",
    "selinux",
    "seport",
    "slackpkg",
    "snap",
    "subversion",
    "svr4pkg",
    "swupd",
    "sysrc",
    "sysvinit",
    "urpmi",
    "xattr",
    "xbps",
    "yarn",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_near_to_ours_and_right() {
        assert!(is_known("win_copy") && is_known("apk") && !is_known("comand"));
    }
}
