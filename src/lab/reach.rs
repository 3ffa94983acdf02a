//! Whether a host can be reached over ssh, as users will.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::command::succeeds;
use super::folders::LabFolder;
use super::{HostSpec, LabError, wait};

/// Whether an sshd says its name.
pub(super) fn ssh_answers(host: &HostSpec) -> bool {
    let limit = Duration::from_secs(1);
    let greeting = TcpStream::connect_timeout(&SocketAddr::from((host.address, 22)), limit)
        .and_then(|mut stream| {
            stream.set_read_timeout(Some(limit))?;
            let mut greeting = [0; 4];
            stream.read_exact(&mut greeting).map(|()| greeting)
        });
    greeting.is_ok_and(|greeting| &greeting == b"SSH-")
}

/// Waits until the lab's key opens the host: sshd answers before systemd lets unprivileged users in.
pub(super) fn wait_for_login(
    folder: &LabFolder,
    host: &HostSpec,
    limit: Duration,
    help: impl Fn() -> String,
) -> Result<(), LabError> {
    let config = folder.ssh_config();
    wait::until(
        &format!("the login on `{}`", host.name),
        limit,
        help,
        || {
            succeeds([
                "ssh",
                "-F",
                &config.to_string_lossy(),
                "-o",
                "BatchMode=yes",
                &host.name,
                "true",
            ])
        },
    )
}
