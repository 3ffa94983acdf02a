//! What stands between us and a host: nothing, other hosts, or a command.

use super::endpoint::{Endpoint, Way};
use super::fill::Fill;
use super::ssh_config::Settings;
use super::{RemoteError, Target};

/// How many hosts may stand between, so that two that jump over each other end.
const JUMPS: usize = 8;

/// The way that the configuration says; `resolve` puts the endpoint of a host in between together,
/// at so many jumps.
pub(super) fn way(
    target: &Target,
    settings: &Settings,
    fill: &Fill<'_>,
    depth: usize,
    resolve: fn(&Target, usize) -> Result<Endpoint, RemoteError>,
) -> Result<Way, RemoteError> {
    let jumps = settings
        .word("proxyjump")
        .filter(|jumps| !jumps.eq_ignore_ascii_case("none"));
    let Some(jumps) = jumps else {
        return Ok(match settings.word("proxycommand") {
            Some(command) if !command.eq_ignore_ascii_case("none") => {
                Way::Command(fill.text(command))
            }
            _ => Way::Straight,
        });
    };
    if depth >= JUMPS {
        return Err(wrong(target, "ProxyJump goes in a circle"));
    }
    // The last one named is the nearest to the host; those before it are its own way.
    let (before, last) = match jumps.rsplit_once(',') {
        Some((before, last)) => (Some(before), last),
        None => (None, jumps),
    };
    let (user, host, port) = place(last).ok_or_else(|| {
        wrong(
            target,
            &format!("ProxyJump {last} is not [USER@]HOST[:PORT]"),
        )
    })?;
    let mut ssh_args = Vec::new();
    if let Some(before) = before {
        ssh_args.extend(["-J".to_owned(), before.to_owned()]);
    }
    let jump = Target {
        name: host,
        user,
        port,
        known_hosts: target.known_hosts.clone(),
        private_key: target.private_key.clone(),
        connect_limit: target.connect_limit,
        ssh_args: ssh_args.into_iter().chain(kept(&target.ssh_args)).collect(),
        ..Target::default()
    };
    Ok(Way::Over(Box::new(resolve(&jump, depth + 1)?)))
}

/// Of ssh's words, those that OpenSSH hands on to the hosts in between: which file to read.
fn kept(words: &[String]) -> Vec<String> {
    match words.iter().position(|word| word == "-F") {
        Some(at) => words.iter().skip(at).take(2).cloned().collect(),
        None => Vec::new(),
    }
}

/// `[user@]host[:port]`, also as a ssh:// address, with brackets around an IPv6 address.
fn place(text: &str) -> Option<(Option<String>, String, Option<u16>)> {
    let text = text
        .trim()
        .trim_start_matches("ssh://")
        .trim_end_matches('/');
    let (user, rest) = match text.rsplit_once('@') {
        Some((user, rest)) => (Some(user.to_owned()), rest),
        None => (None, text),
    };
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None if rest.matches(':').count() == 1 => rest
            .split_once(':')
            .map(|(host, port)| (host, Some(port)))?,
        None => (rest, None),
    };
    let port = match port {
        Some(port) => Some(port.parse().ok()?),
        None => None,
    };
    (!host.is_empty()).then(|| (user, host.to_owned(), port))
}

/// A configuration that leads nowhere.
pub(super) fn wrong(target: &Target, why: &str) -> RemoteError {
    RemoteError::Connect {
        target: target.name.clone(),
        why: why.to_owned(),
    }
}
