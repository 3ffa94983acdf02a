//! A TCP proxy before a host's sshd that fails on purpose.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// What happens once so many bytes went to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed on both sides.
    Close,
    /// Nothing passes any more, and nobody is told.
    Silence,
}

/// Listens on this machine and passes bytes on to `host`.
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
    passed: Arc<AtomicU64>,
}

impl Proxy {
    /// Passes `bytes` towards the host, then fails.
    pub fn before(host: Ipv4Addr, bytes: u64, fault: Fault) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let passed = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&passed);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(SocketAddr::from((host, 22))) else {
                    continue;
                };
                let (client_too, server_too) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (counted, unlimited) = (Arc::clone(&counted), Arc::new(AtomicU64::new(0)));
                thread::spawn(move || pass(client, server, &counted, bytes, fault));
                thread::spawn(move || pass(server_too, client_too, &unlimited, u64::MAX, fault));
            }
        });
        Self { port, passed }
    }

    /// How many bytes went to the host so far.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, passed: &AtomicU64, limit: u64, fault: Fault) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if passed.load(Ordering::SeqCst) + count as u64 > limit {
            if fault == Fault::Silence {
                // Both sides stay open until the client gives up.
                while from.read(&mut buffer).is_ok_and(|count| count > 0) {}
            }
            break;
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
        passed.fetch_add(count as u64, Ordering::SeqCst);
    }
    // Whichever side is closed already is what was wanted.
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
