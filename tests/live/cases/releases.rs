//! Ubuntu as people run it: its own releases, and PostgreSQL's archive beside them.

use crate::cluster::{apply, plan, second_run, through_entry};
use crate::lab::Lab;
use crate::{Case, Suite};

const PLAYBOOK: &str = "pgpool.yml";

pub const SUITE: Suite = Suite {
    name: "releases",
    lab,
    cases: &[
        Case {
            name: "a plan on bare hosts knows which versions they would get, and leaves nothing there",
            run: bare,
        },
        Case {
            name: "nodes that would get different PostgreSQLs are refused before anything is touched",
            run: different,
        },
        Case {
            name: "Ubuntu 24.04 becomes a cluster with the packages of PostgreSQL's archive",
            run: archive,
        },
    ],
};

/// Ubuntu, whatever image the others are tried on: its ways are what is tried here.
fn lab(_: &str) -> Lab {
    let hosts = "\
all:
  children:
    cluster:
      children:
        databases:
          hosts:
            pg-a: {ansible_host: 10.77.50.11, pg_role: primary}
            pg-b: {ansible_host: 10.77.50.12, pg_role: synchronous}
        pool: {hosts: {pgpool: {ansible_host: 10.77.50.14}}}
        clients:
          hosts:
            client: {ansible_host: 10.77.50.15, lab_login: bare, ansible_user: root, ansible_become: false}
";
    Lab::new("live-releases", "ubuntu-24.04", hosts, "timings: fast\n")
}

fn bare(lab: &Lab) {
    lab.up();
    // What a package may bring is unknown; a file that is there is told of whole, by its version too.
    let there = "sudo mkdir -p /etc/pgpool2 && sudo touch /etc/pgpool2/pgpool.conf /etc/pgpool2/pool_hba.conf";
    lab.ask("pgpool", there);
    plan(lab, PLAYBOOK, &[])
        .with_code(5)
        .saying("package postgresql-16")
        .saying("# pgpool-II 4.3")
        .saying("unknown until");
    for host in ["pg-a", "pgpool"] {
        let left = "find /var/lib/apt/lists /tmp -name '*Packages*' -o -name 'tmp.*'";
        assert_eq!(lab.ask(host, &format!("sudo {left}")), "");
    }
}

fn different(lab: &Lab) {
    lab.up();
    lab.ask(
        "pg-b",
        "mkdir -p /tmp/other/DEBIAN && cd /tmp && printf '%s\\n' 'Package: postgresql-17' 'Version: 17.1-1' \
         'Architecture: all' 'Maintainer: nobody' 'Description: none' >other/DEBIAN/control && \
         dpkg-deb -b other >/dev/null && sudo dpkg -i other.deb >/dev/null",
    );
    apply(lab, PLAYBOOK, &[]).with_code(2).saying(
        "The nodes do not agree on one PostgreSQL, and a standby needs the version of its primary (pg-a: 16; pg-b: 17.1)",
    );
    assert_eq!(
        lab.ask(
            "pg-a",
            "ls -d /etc/postgresql-common /etc/pg-cluster 2>/dev/null; true"
        ),
        ""
    );
    // What is declared settles it.
    plan(lab, PLAYBOOK, &["-e", "pg_version=16"])
        .with_code(5)
        .saying("package postgresql-16");
    lab.ask("pg-b", "sudo dpkg -P postgresql-17 && rm -r /tmp/other*");
}

/// Ubuntu's packages under the names and versions that PostgreSQL's archive gives them, and beside
/// them the metapackages of a newer PostgreSQL, signed and served by a host.
const ARCHIVE: &str = r#"set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q install -y --no-install-recommends busybox-static gpg gpg-agent
mkdir -p /srv/made /srv/pgdg/pool && cd /srv/made
apt-get -q download postgresql-16 postgresql-client-16 postgresql postgresql-client pgpool2 libpgpool2
for deb in *.deb; do
  dpkg-deb -R "$deb" tree
  old=$(sed -n 's/^Version: //p' tree/DEBIAN/control)
  case $deb in
    postgresql_* | postgresql-client_*)
      new=18+290.pgdg24.04+1
      sed -i '/^Depends:/s/-16/-18/' tree/DEBIAN/control ;;
    postgresql-*) new=${old%-*}-1.pgdg24.04+1 ;;
    *) new=${old%-*}-2.pgdg24.04+1 ;;
  esac
  sed -i "s/$old/$new/g" tree/DEBIAN/control
  dpkg-deb -b -Znone tree /srv/pgdg/pool
  rm -r tree
done
cd /srv/pgdg
suite=dists/noble-pgdg
mkdir -p $suite/main/binary-amd64
for deb in pool/*.deb; do
  dpkg-deb -f "$deb"
  echo "Filename: $deb"
  echo "Size: $(stat -c %s "$deb")"
  echo "SHA256: $(sha256sum "$deb" | cut -d ' ' -f 1)"
  echo
done >$suite/main/binary-amd64/Packages
index=$suite/main/binary-amd64/Packages
cat >Release <<E
Origin: apt.postgresql.org
Suite: noble-pgdg
Codename: noble-pgdg
Date: $(date -Ru)
Architectures: amd64
Components: main
SHA256:
 $(sha256sum $index | cut -d ' ' -f 1) $(stat -c %s $index) main/binary-amd64/Packages
E
export GNUPGHOME=/srv/made/keys
mkdir -m 700 $GNUPGHOME
gpg --batch --passphrase '' --quick-generate-key archive rsa2048 sign never
gpg --batch --clearsign --output $suite/InRelease Release
gpg --armor --export >key.asc
gpgconf --kill gpg-agent
busybox httpd -p 10.77.50.11:8000 -h /srv/pgdg
# Ubuntu's servers ask, after each change of packages, what shall be restarted.
apt-get -q install -y --no-install-recommends needrestart
"#;

/// How the inventory declares it.
const SOURCE: &str = "pg_source: pgdg\npgdg_mirror: http://10.77.50.11:8000\npgdg_key: /etc/apt/keyrings/archive.asc\n";

fn archive(lab: &Lab) {
    lab.up();
    lab.write("archive.sh", ARCHIVE);
    let there = lab.write(
        "archive.yml",
        "- hosts: pg-a
  become: true
  gather_facts: false
  tasks:
    - ansible.builtin.command:
        cmd: sh -s
        stdin: \"{{ lookup('ansible.builtin.file', playbook_dir ~ '/archive.sh') }}\"
        creates: /srv/pgdg/key.asc
",
    );
    lab.trueup(&["apply", &there]).with_code(0);
    let key = lab.ask("pg-a", "cat /srv/pgdg/key.asc");
    for (host, root) in [
        ("pg-a", "sudo "),
        ("pg-b", "sudo "),
        ("pgpool", "sudo "),
        ("client", ""),
    ] {
        let put = format!(
            "{root}mkdir -p /etc/apt/keyrings && {root}tee /etc/apt/keyrings/archive.asc >/dev/null"
        );
        lab.ask(host, &format!("{put} <<'E'\n{key}\nE"));
    }
    lab.group_vars("cluster", &format!("{SOURCE}pg_version: 16\n"));
    apply(lab, PLAYBOOK, &[]).with_code(0);
    for (host, package) in [
        ("pg-a", "postgresql-16"),
        ("pg-b", "postgresql-16"),
        ("pgpool", "pgpool2"),
        ("client", "postgresql-client-16"),
    ] {
        let version = lab.ask(host, &format!("dpkg-query -W -f '${{Version}}' {package}"));
        assert!(version.contains(".pgdg24.04+1"), "{package} {version}");
    }
    through_entry(lab, 30, "create table orders (id int primary key)").with_code(0);
    second_run(lab, PLAYBOOK);
    // What is installed settles it where nothing is declared any more, whatever is offered now.
    lab.group_vars("cluster", SOURCE);
    second_run(lab, PLAYBOOK);
}
