//! The bytes' way to a host's sshd: a TCP connection, or a command that makes one.

use super::Tunnel;
use super::endpoint::{Endpoint, Way};
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::process::Command;

/// How often a silent host is asked whether it lives.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(15);

/// Opens the way, or says why it is closed.
pub(super) async fn stream(endpoint: &Endpoint) -> Result<Box<dyn Tunnel>, String> {
    if let Way::Command(command) = &endpoint.way {
        return proxied(command);
    }
    let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port))
        .await
        .map_err(|error| closed(&error, endpoint))?;
    harden(&stream).map_err(|error| error.to_string())?;
    Ok(Box::new(stream))
}

fn proxied(command: &str) -> Result<Box<dyn Tunnel>, String> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", &format!("exec {command}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("ProxyCommand can't be started: {error}"))?;
    match (child.stdout.take(), child.stdin.take()) {
        (Some(out), Some(input)) => Ok(Box::new(tokio::io::join(out, input))),
        _ => Err("ProxyCommand has no pipes".to_owned()),
    }
}

/// A peer that takes no bytes any more is lost as surely as one that sends none.
fn harden(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let limit = u32::try_from(KEEPALIVE.as_millis()).unwrap_or(15_000) * 3;
    rustix::net::sockopt::set_tcp_user_timeout(stream, limit)?;
    Ok(())
}

fn closed(error: &std::io::Error, endpoint: &Endpoint) -> String {
    if error.kind() == std::io::ErrorKind::ConnectionRefused {
        format!(
            "it refuses: does sshd run there and listen on port {}?",
            endpoint.port
        )
    } else {
        format!("{error}: is the address right (ansible_host)?")
    }
}
