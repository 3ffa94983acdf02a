//! Servers that take few connections or sessions, and ports behind which no sshd is.

use crate::sshd::{Sshd, own_name};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use trueup::remote::{Become, Target, Turn, connect};
use trueup::step::Script;

/// A port that turns the first `refusals` connections away with `words`, and leads to sshd then.
async fn door(sshd: &Sshd, refusals: usize, words: &'static [u8]) -> (Target, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (to, came) = (sshd.port, Arc::new(AtomicUsize::new(0)));
    let coming = came.clone();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.expect("a client");
            if coming.fetch_add(1, Ordering::SeqCst) < refusals {
                let _ = client.write_all(words).await;
                continue;
            }
            tokio::spawn(async move {
                let mut server = TcpStream::connect(("127.0.0.1", to)).await.expect("sshd");
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    let mut target = sshd.target();
    let alias = format!("HostKeyAlias=[127.0.0.1]:{}", sshd.port);
    target.ssh_args = ["-F", "none", "-o", &alias].map(String::from).into();
    target.port = Some(port);
    (target, came)
}

#[tokio::test]
async fn a_server_that_is_too_busy_is_tried_again() {
    let sshd = Sshd::start();
    for words in [&b""[..], b"Exceeded MaxStartups\r\n"] {
        let (target, came) = door(&sshd, 3, words).await;
        connect(&target).await.expect("it takes the fourth");
        assert_eq!(came.load(Ordering::SeqCst), 4);
    }
}

#[tokio::test]
async fn a_server_that_stays_too_busy_is_given_up_with_its_words() {
    let sshd = Sshd::start();
    let (mut target, came) = door(&sshd, usize::MAX, b"Exceeded MaxStartups\r\n").await;
    target.connect_limit = Some(Duration::from_millis(500));
    let Err(error) = connect(&target).await else {
        panic!("it let us in")
    };
    let came = came.load(Ordering::SeqCst);
    let text = error.to_string();
    assert!(came > 2, "{came} {text}");
    assert!(
        text.contains("closes it again (it said `Exceeded MaxStartups`)")
            && text.contains("MaxStartups, PerSourcePenalties"),
        "{text}"
    );
}

#[tokio::test]
async fn all_get_into_a_server_that_takes_one_at_a_time() {
    let sshd = Sshd::as_is("MaxStartups 1:100:1\n");
    let target = sshd.target();
    let all = (0..12).map(|_| connect(&target));
    for connected in futures::future::join_all(all).await {
        connected.expect("it gets in");
    }
}

#[tokio::test]
async fn all_hosts_behind_a_bastion_go_over_one_connection() {
    let (near, far) = (
        Sshd::as_is("MaxStartups 1:100:1\nLogLevel INFO\n"),
        Sshd::start(),
    );
    std::fs::copy(far.path("user.pub"), near.path("authorized_keys")).expect("a key");
    let both = ["known_hosts"].map(|name| {
        std::fs::read_to_string(near.path(name)).expect("a file")
            + &std::fs::read_to_string(far.path(name)).expect("a file")
    });
    std::fs::write(far.path("known_hosts"), both.concat()).expect("a file");
    let mut target = far.target();
    let jump = format!("{}@127.0.0.1:{}", own_name(), near.port);
    target.ssh_args = ["-F", "none", "-J", &jump].map(String::from).into();
    let logins = |sshd: &Sshd| sshd.log().matches("Accepted publickey").count();
    let all = (0..12).map(|_| connect(&target));
    let all = futures::future::join_all(all).await;
    for connected in &all {
        assert!(connected.is_ok(), "{:?}", connected.as_ref().err());
    }
    assert_eq!((logins(&near), logins(&far)), (1, 12));
    drop(all);
    // The last one has closed it behind itself; the next makes a new one.
    connect(&target).await.expect("it gets in again");
    assert_eq!(logins(&near), 2);
}

#[tokio::test]
async fn a_bastion_that_is_away_fails_all_hosts_at_once() {
    let far = Sshd::start();
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let jump = format!("127.0.0.1:{}", silent.local_addr().expect("one").port());
    let mut target = far.target();
    target.ssh_args = ["-F", "none", "-J", &jump].map(String::from).into();
    target.connect_limit = Some(Duration::from_secs(1));
    let begun = Instant::now();
    let all = (0..20).map(|_| connect(&target));
    for connected in futures::future::join_all(all).await {
        let Err(error) = connected else {
            panic!("it got in")
        };
        assert!(error.to_string().contains(&jump), "{error}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn a_host_that_allows_one_session_does_all_the_same() {
    let sshd = Sshd::with("MaxSessions 1\n");
    let remote = connect(&sshd.target()).await.expect("a connection");
    let who = Become::default();
    while remote.lock(&who, "me").await.expect("an answer") != Turn::Ours {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let step = |n: usize| Script::new(format!("sleep 0.2; echo {n}"));
    let (steps, question) = ([step(1), step(2), step(3)], [step(4)]);
    let (one, two, three, four) = tokio::join!(
        remote.run(&who, &steps[0], None),
        remote.run(&who, &steps[1], None),
        remote.run(&who, &steps[2], None),
        remote.ask(&who, &question),
    );
    let said: Vec<String> = [one, two, three]
        .into_iter()
        .map(|ran| ran.expect("it ran").out())
        .collect();
    assert_eq!(said, ["1\n", "2\n", "3\n"]);
    assert_eq!(four.expect("an answer")[0].out(), "4\n");
    // A step that must be ended takes a session for that.
    let mut endless = Script::new("sleep 60");
    endless.limit = Some(Duration::from_millis(300));
    let ended = remote.run(&who, &endless, None).await.expect("it ended");
    assert_eq!(ended.status, 124);
    remote.close().await;
}

#[tokio::test]
async fn a_shell_that_babbles_holds_nobody_up_for_long() {
    let sshd = Sshd::start();
    let remote = connect(&sshd.target()).await.expect("a connection");
    let who = Become::default();
    let babble = Script::new("yes 2>/dev/null & echo started");
    remote.ask(&who, &[babble]).await.expect("an answer");
    let begun = Instant::now();
    let limit = Duration::from_secs(5);
    while remote.tunnel("127.0.0.1", sshd.port, limit).await.is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "nothing goes through"
        );
    }
    let asking = [Script::new("echo on")];
    let asked = tokio::time::timeout(Duration::from_secs(60), remote.ask(&who, &asking));
    let answers = asked.await.expect("in time").expect("an answer");
    // What a process says that was left behind stands between the answers.
    assert!(answers[0].out().contains("on\n"));
}

/// What servers that mean ill send, and then go on with.
async fn evil(kind: usize, mut client: TcpStream) -> std::io::Result<()> {
    let wait = Duration::from_secs(60);
    match kind {
        0 => {}
        1 => {
            for byte in b"SSH-2.0-OpenSSH_9.9\r\n" {
                client.write_all(&[*byte]).await?;
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
        2 => loop {
            client.write_all(&[b'A'; 8192]).await?;
        },
        3 => loop {
            client.write_all(b"banner \x1b]0;PWN\x07\r\n").await?;
        },
        4 => {
            return client
                .write_all(b"HTTP/1.1 400 Bad\x1b[2J\xc2\x9bx\r\n\r\n")
                .await;
        }
        5 => {
            client.write_all(b"SSH-2.0-x\r\n").await?;
            let mut state = 1_u32;
            loop {
                let noise: Vec<u8> = std::iter::repeat_with(|| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state.to_be_bytes()[0]
                })
                .take(4096)
                .collect();
                client.write_all(&noise).await?;
            }
        }
        6 => {
            client.write_all(b"SSH-2.0-x\r\n\x7f\xff\xff\xff").await?;
            client.write_all(&[0; 100]).await?;
        }
        7 => {
            let words = b"Go\x1b[2J away";
            let length = u8::try_from(words.len()).expect("few");
            let mut payload = vec![1, 0, 0, 0, 2, 0, 0, 0, length];
            payload.extend(words);
            payload.extend([0; 4]);
            let padding = 16 - (payload.len() + 5) % 8;
            let whole = payload.len() + 1 + padding;
            let mut packet = vec![0, 0, 0, u8::try_from(whole).expect("few")];
            packet.push(u8::try_from(padding).expect("few"));
            packet.extend(payload);
            packet.extend(vec![0; padding]);
            client.write_all(b"SSH-2.0-x\r\n").await?;
            client.write_all(&packet).await?;
        }
        _ => client.write_all(b"SSH-1.99-old\x1b]0;PWN\x07\r\n").await?,
    }
    tokio::time::sleep(wait).await;
    Ok(())
}

#[tokio::test]
async fn what_is_no_sshd_is_told_soon_and_in_clean_words() {
    let sshd = Sshd::start();
    let mut words = Vec::new();
    for kind in 0..9 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut target = sshd.target();
        target.port = Some(listener.local_addr().expect("an address").port());
        target.connect_limit = Some(Duration::from_secs(1));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(evil(kind, client));
            }
        });
        let begun = Instant::now();
        let Err(error) = connect(&target).await else {
            panic!("it let us in")
        };
        assert!(begun.elapsed() < Duration::from_secs(30), "{kind}: {error}");
        let text = error.to_string();
        assert!(
            !text.contains(char::is_control) && text.len() < 400,
            "{text}"
        );
        words.push(text.split_once(": ").map_or("", |(_, why)| why).to_owned());
    }
    insta::assert_snapshot!(words[3], @"that is no sshd, it says `banner ?]0;PWN?`: is the port right?");
    insta::assert_snapshot!(words[7], @"its sshd ends the connection: Go?[2J away");
    insta::assert_snapshot!(words[4], @"that is no sshd, it says `HTTP/1.1 400 Bad?[2J?x`: is the port right?");
}
