//! Connections that die.

use crate::sshd::Sshd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use trueup::remote::{Become, Remote, RemoteError, Target, connect};
use trueup::step::{Script, Upload};

/// A way to sshd that is cut when told, or once so many bytes went towards it.
struct Wire {
    port: u16,
    cut: Arc<Notify>,
    left: Arc<AtomicUsize>,
}

async fn wire(to: u16) -> Wire {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (cut, left) = (
        Arc::new(Notify::new()),
        Arc::new(AtomicUsize::new(usize::MAX)),
    );
    let (cutting, counting) = (cut.clone(), left.clone());
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("a client");
        let server = TcpStream::connect(("127.0.0.1", to)).await.expect("sshd");
        let ((mut from, mut to_client), (mut back, mut to_server)) =
            (client.into_split(), server.into_split());
        let there = async {
            let mut bytes = vec![0; 4096];
            loop {
                let read = from.read(&mut bytes).await.unwrap_or(0);
                let left = counting.load(Ordering::SeqCst);
                if read == 0 || left < read {
                    return;
                }
                if left != usize::MAX {
                    counting.fetch_sub(read, Ordering::SeqCst);
                }
                if to_server.write_all(&bytes[..read]).await.is_err() {
                    return;
                }
            }
        };
        let here = async { tokio::io::copy(&mut back, &mut to_client).await };
        tokio::select! {
            () = there => {}
            _ = here => {}
            () = cutting.notified() => {}
        }
    });
    Wire { port, cut, left }
}

async fn over(sshd: &Sshd, wire: &Wire) -> Box<dyn Remote> {
    let known = sshd.path("known_hosts");
    let text = std::fs::read_to_string(&known).expect("a file");
    std::fs::write(
        &known,
        text.replace(&sshd.port.to_string(), &wire.port.to_string()),
    )
    .expect("a file");
    connect(&Target {
        port: Some(wire.port),
        ..sshd.target()
    })
    .await
    .expect("a connection")
}

#[tokio::test]
async fn an_upload_that_is_cut_leaves_the_old_file_and_nothing_else() {
    let sshd = Sshd::start();
    let wire = wire(sshd.port).await;
    let remote = over(&sshd, &wire).await;
    let folder = sshd.path("folder");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("file"), "old").expect("a file");
    wire.left.store(600_000, Ordering::SeqCst);
    let upload = Upload {
        path: folder.join("file").display().to_string(),
        content: vec![b'x'; 2_000_000].into(),
        mode: None,
        owner: None,
        group: None,
        backup: false,
        validate: None,
    };
    let error = remote
        .put(&Become::default(), &upload)
        .await
        .expect_err("it was cut");
    assert!(matches!(error, RemoteError::Lost(_)), "{error}");
    // The far side notices a little later.
    let only = async {
        loop {
            let names: Vec<_> = std::fs::read_dir(&folder)
                .expect("the folder")
                .map(|entry| entry.expect("an entry").file_name())
                .collect();
            if names == ["file"] {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), only)
        .await
        .expect("the rest is cleared away");
    assert_eq!(
        std::fs::read(folder.join("file")).expect("the file"),
        b"old"
    );
}

#[tokio::test]
async fn a_script_that_did_not_come_whole_does_not_run() {
    let sshd = Sshd::start();
    let wire = wire(sshd.port).await;
    let remote = over(&sshd, &wire).await;
    let proof = sshd.path("proof");
    let filler = "# 123456789 123456789 123456789 123456789\n".repeat(20_000);
    let text = format!("touch {}\n{filler}", proof.display());
    wire.left.store(300_000, Ordering::SeqCst);
    let error = remote
        .run(&Become::default(), &Script::new(text), None)
        .await;
    assert!(matches!(error, Err(RemoteError::Lost(_))), "{error:?}");
    assert!(!proof.exists());
}

#[tokio::test]
async fn whoever_waits_hears_of_a_lost_connection() {
    let sshd = Sshd::start();
    let wire = wire(sshd.port).await;
    let remote = over(&sshd, &wire).await;
    let who = Become::default();
    let (question, step) = ([Script::new("sleep 20")], Script::new("sleep 20"));
    let cutting = async {
        remote
            .ask(
                &who,
                &[Script::new(
                    "until pgrep -f 'sleep 20' >/dev/null; do :; done",
                )],
            )
            .await
            .ok();
        wire.cut.notify_one();
    };
    let (asked, ran, ()) = tokio::join!(
        remote.ask(&who, &question),
        remote.run(&who, &step, None),
        cutting
    );
    assert!(matches!(asked, Err(RemoteError::Lost(_))), "{asked:?}");
    assert!(matches!(ran, Err(RemoteError::Lost(_))), "{ran:?}");
    let after = remote.ask(&who, &[Script::new("echo x")]).await;
    assert!(matches!(after, Err(RemoteError::Lost(_))), "{after:?}");
    assert!(
        remote
            .tunnel("127.0.0.1", sshd.port, Duration::from_secs(5))
            .await
            .is_err()
    );
}
