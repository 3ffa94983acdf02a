//! How a host is reached, put together from the inventory, the command line and OpenSSH's habits.

use super::endpoint::Endpoint;
use super::fill::Fill;
use super::jump::{way, wrong};
use super::ssh_config::{Asked, Settings, expand_home};
use super::{RemoteError, Target};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The keys that OpenSSH tries by itself.
const DEFAULT_KEYS: [&str; 3] = ["~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"];
/// Where OpenSSH keeps host keys, the user's and the machine's.
const USER_KNOWN: [&str; 2] = ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"];
const MACHINE_KNOWN: [&str; 2] = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];

/// Puts a target's endpoint together; jump hosts and all.
pub(super) fn resolve(target: &Target) -> Result<Endpoint, RemoteError> {
    resolve_at(target, 0)
}

/// The same at `depth` jumps from the host that was asked for.
fn resolve_at(target: &Target, depth: usize) -> Result<Endpoint, RemoteError> {
    let home = std::env::home_dir().unwrap_or_default();
    let local_user = own_name();
    let name = target.address.as_deref().unwrap_or(&target.name);
    let mut settings = Settings::default();
    let files = arguments(&target.ssh_args, &mut settings, &home);
    let user = target
        .user
        .clone()
        .or_else(|| settings.word("user").map(str::to_owned));
    let asked = Asked {
        name,
        user: user.as_deref(),
        local_user: &local_user,
        home: &home,
    };
    for file in &files {
        settings.read(file, &asked);
    }

    let host = settings
        .word("hostname")
        .map_or_else(|| name.to_owned(), |h| h.replace("%h", name));
    let said_port = match settings.word("port") {
        Some(port) => Some(port.parse().map_err(|_| {
            wrong(
                target,
                &format!("Port {port} in the ssh configuration is no port"),
            )
        })?),
        None => None,
    };
    let port = target.port.or(said_port).unwrap_or(22);
    let user = user
        .or_else(|| settings.word("user").map(str::to_owned))
        .unwrap_or_else(|| local_user.clone());
    let fill = Fill {
        host: &host,
        port,
        user: &user,
        name,
        local_user: &local_user,
        home: &home,
    };

    let named_keys: Vec<PathBuf> = target
        .private_key
        .iter()
        .chain(&settings.identity_files)
        .filter(|file| *file != "none")
        .map(|file| fill.path(file))
        .collect();
    let default_keys = if settings.identity_files.is_empty() {
        DEFAULT_KEYS.iter().map(|file| fill.path(file)).collect()
    } else {
        Vec::new()
    };
    // A file that was named for this host comes first: it is where a new key belongs.
    let mut known_hosts: Vec<PathBuf> = target
        .known_hosts
        .iter()
        .map(|file| fill.path(file))
        .collect();
    let named_known_hosts = known_hosts.first().cloned();
    known_hosts.extend(paths(
        settings.words("userknownhostsfile"),
        &USER_KNOWN,
        &fill,
    ));
    known_hosts.extend(paths(
        settings.words("globalknownhostsfile"),
        &MACHINE_KNOWN,
        &fill,
    ));
    let seconds = settings
        .word("connecttimeout")
        .and_then(|seconds| seconds.parse().ok());
    let limit = target.connect_limit.or(seconds.map(Duration::from_secs));
    let key_name = match settings.word("hostkeyalias") {
        Some(alias) => alias.to_owned(),
        None if port == 22 => host.clone(),
        None => format!("[{host}]:{port}"),
    };
    Ok(Endpoint {
        way: way(target, &settings, &fill, depth, resolve_at)?,
        key_name: key_name.to_lowercase(),
        agent: agent(settings.word("identityagent"), &fill),
        accept_new: matches!(
            settings.word("stricthostkeychecking"),
            Some("accept-new" | "no" | "off")
        ),
        identities_only: settings.word("identitiesonly") == Some("yes"),
        limit: limit.unwrap_or(Duration::from_secs(10)),
        password: target.password.clone(),
        named_keys,
        default_keys,
        known_hosts,
        named_known_hosts,
        port,
        user,
        host,
    })
}

/// Takes the words of ssh's command line in; answers with the files to read after them.
fn arguments(words: &[String], settings: &mut Settings, home: &Path) -> Vec<PathBuf> {
    let mut files = vec![
        home.join(".ssh/config"),
        PathBuf::from("/etc/ssh/ssh_config"),
    ];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some((letter, rest)) = word
            .strip_prefix('-')
            .and_then(|word| word.split_at_checked(1))
        else {
            continue;
        };
        if !"BbcDEeFIiJLlmOoPpQRSWw".contains(letter) {
            continue;
        }
        let value = if rest.is_empty() {
            words.next().cloned()
        } else {
            Some(rest.to_owned())
        };
        let Some(value) = value else { continue };
        match letter {
            "o" => settings.offer_line(&value),
            "J" => settings.offer("ProxyJump", vec![value]),
            "i" => settings.offer("IdentityFile", vec![value]),
            "l" => settings.offer("User", vec![value]),
            "p" => settings.offer("Port", vec![value]),
            "F" if value == "none" => files.clear(),
            "F" => files = vec![expand_home(&value, home)],
            _ => {}
        }
    }
    files
}

fn agent(said: Option<&str>, fill: &Fill<'_>) -> Option<PathBuf> {
    let of = |variable: &str| {
        std::env::var_os(variable)
            .filter(|socket| !socket.is_empty())
            .map(PathBuf::from)
    };
    match said {
        Some("none") => None,
        None | Some("SSH_AUTH_SOCK") => of("SSH_AUTH_SOCK"),
        Some(said) => match said.strip_prefix('$') {
            Some(variable) => of(variable),
            None => Some(fill.path(said)),
        },
    }
}

fn paths(said: &[String], usual: &[&str], fill: &Fill<'_>) -> Vec<PathBuf> {
    match said {
        [] => usual.iter().map(|file| fill.path(file)).collect(),
        [none] if none == "none" => Vec::new(),
        said => said.iter().map(|file| fill.path(file)).collect(),
    }
}

/// Who runs trueup.
pub(super) fn own_name() -> String {
    let named = |variable| {
        std::env::var(variable)
            .ok()
            .filter(|name: &String| !name.is_empty())
    };
    named("USER")
        .or_else(|| named("LOGNAME"))
        .unwrap_or_else(|| "root".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::endpoint::Way;

    fn target(words: &[&str]) -> Target {
        Target {
            name: "pg-a".into(),
            ssh_args: ["-F", "none"]
                .iter()
                .chain(words)
                .map(|w| (*w).to_owned())
                .collect(),
            ..Target::default()
        }
    }

    #[test]
    fn ssh_words_are_understood_and_the_inventory_goes_first() {
        let words = [
            "-C",
            "-oPort=2201",
            "-o",
            "User ann",
            "-i",
            "/k/%h",
            "-o",
            "StrictHostKeyChecking=no",
        ];
        let endpoint = resolve(&target(&words)).expect("an endpoint");
        assert_eq!((endpoint.user.as_str(), endpoint.port), ("ann", 2201));
        assert_eq!(endpoint.key_name, "[pg-a]:2201");
        assert_eq!(endpoint.named_keys, [PathBuf::from("/k/pg-a")]);
        assert!(endpoint.accept_new && endpoint.default_keys.is_empty());
        let endpoint = resolve(&Target {
            user: Some("ben".into()),
            port: Some(22),
            ..target(&words)
        });
        let endpoint = endpoint.expect("an endpoint");
        assert_eq!(
            (endpoint.user.as_str(), endpoint.key_name.as_str()),
            ("ben", "pg-a")
        );
    }

    #[test]
    fn jumps_go_over_one_another() {
        let endpoint = resolve(&target(&["-J", "ann@x:7,[::1]:8"])).expect("an endpoint");
        let Way::Over(near) = endpoint.way else {
            panic!("no jump")
        };
        assert_eq!((near.host.as_str(), near.port), ("::1", 8));
        let Way::Over(far) = near.way else {
            panic!("no second jump")
        };
        assert_eq!(
            (far.user.as_str(), far.host.as_str(), far.port),
            ("ann", "x", 7)
        );
        assert!(matches!(far.way, Way::Straight));
    }
}
