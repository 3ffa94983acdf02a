//! Where a host's sshd listens: whether the host is there, as it is seen from here.

use crate::diag::Diag;
use std::fmt;
use std::net::{IpAddr, ToSocketAddrs as _, UdpSocket};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a host in reach may take to accept a connection.
const ACCEPT: Duration = Duration::from_secs(1);
/// How long its sshd may take to say its name; a small board that boots is slow.
const GREET: Duration = Duration::from_secs(5);

/// The port of a host's sshd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    address: String,
    port: u16,
    local: bool,
}

impl Door {
    /// That of the host `name`, as its variables say.
    pub fn of(
        name: &str,
        text: impl Fn(&str) -> Result<Option<String>, Diag>,
    ) -> Result<Self, Diag> {
        let port = text("ansible_port")?.and_then(|port| port.trim().parse().ok());
        let connection = text("ansible_connection")?.unwrap_or_default();
        Ok(Self {
            address: text("ansible_host")?.unwrap_or_else(|| name.to_owned()),
            port: port.unwrap_or(22),
            local: connection.ends_with("local"),
        })
    }

    /// Whether the host accepts a connection. A kernel does that, however busy the host is.
    pub async fn accepts(&self) -> bool {
        self.connect().await.is_some()
    }

    /// Whether its sshd answers.
    pub async fn greets(&self) -> bool {
        let Some(mut stream) = self.connect().await else {
            return false;
        };
        let mut word = [0; 4];
        matches!(timeout(GREET, stream.read_exact(&mut word)).await, Ok(Ok(_)) if &word == b"SSH-")
    }

    async fn connect(&self) -> Option<TcpStream> {
        let connecting = TcpStream::connect((&*self.address, self.port));
        timeout(ACCEPT, connecting).await.ok()?.ok()
    }

    /// Whether the host is the machine on which this runs.
    pub fn is_here(&self) -> bool {
        let address = || {
            (&*self.address, self.port)
                .to_socket_addrs()
                .ok()?
                .find_map(|address| Some(own_address(address.ip())? == address.ip()))
        };
        self.local || address().unwrap_or(false)
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.address, self.port)
    }
}

/// By which of its addresses this machine goes to another. Nothing is sent.
pub fn own_address(address: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if address.is_ipv4() {
        [0, 0, 0, 0].into()
    } else {
        [0_u16; 8].into()
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    // No such port is asked: it only chooses the way.
    socket.connect((address, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    fn door(address: &str, port: u16) -> Door {
        Door {
            address: address.to_owned(),
            port,
            local: false,
        }
    }

    #[test]
    fn this_machine_is_known_by_its_addresses_and_by_its_connection() {
        assert!(door("127.0.0.1", 22).is_here());
        assert!(!door("192.0.2.7", 22).is_here());
        let words = |name: &str| {
            let said = [
                ("ansible_host", "192.0.2.7"),
                ("ansible_connection", "local"),
            ];
            let found = said.iter().find(|(variable, _)| *variable == name);
            Ok(found.map(|(_, text)| (*text).to_owned()))
        };
        assert!(Door::of("laptop", words).unwrap().is_here());
    }

    #[tokio::test]
    async fn a_port_that_only_listens_is_no_sshd_yet() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = door("127.0.0.1", listener.local_addr().unwrap().port());
        let serve = async {
            for words in [&b"SSH-2.0-x\r\n"[..], b"HTTP/1.1 400\r\n"] {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(words).await.unwrap();
            }
        };
        let ask = async { (door.greets().await, door.greets().await) };
        assert_eq!(tokio::join!(ask, serve).0, (true, false));
        assert!(door.accepts().await);
        drop(listener);
        assert!(!door.accepts().await);
    }
}
