//! Getting in, and being told why not.

use crate::sshd::{Sshd, keygen, own_name};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use trueup::remote::{Become, Remote, RemoteError, Target, connect};
use trueup::step::Script;

pub async fn works(target: &Target) -> Box<dyn Remote> {
    let remote = connect(target)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let answer = remote
        .ask(&Become::default(), &[Script::new("echo in")])
        .await;
    assert_eq!(answer.expect("an answer")[0].out(), "in\n");
    remote
}

pub async fn refused(target: &Target) -> RemoteError {
    match connect(target).await {
        Ok(_) => panic!("it let us in"),
        Err(error) => error,
    }
}

/// The words with what differs from run to run taken out.
pub fn steady(sshd: &Sshd, error: &RemoteError) -> String {
    let text = error.to_string();
    let text = text.replace(&sshd.folder.path().display().to_string(), "/F");
    let text = text
        .replace(&sshd.port.to_string(), "PORT")
        .replace(&own_name(), "ME");
    let hash = regex::Regex::new("SHA256:[A-Za-z0-9+/]{43}").expect("a pattern");
    hash.replace_all(&text, "SHA256:...").into_owned()
}

/// A target whose own known hosts file is the only one that is read.
pub fn strict(sshd: &Sshd) -> Target {
    let known = sshd.path("known_hosts");
    let words = [
        "-F",
        "none",
        "-o",
        &format!("UserKnownHostsFile={}", known.display()),
    ];
    Target {
        known_hosts: Vec::new(),
        ssh_args: words.iter().map(|word| (*word).to_owned()).collect(),
        ..sshd.target()
    }
}

#[tokio::test]
async fn an_unknown_host_key_is_not_accepted() {
    let sshd = Sshd::start();
    std::fs::write(sshd.path("known_hosts"), "").expect("a file");
    let error = refused(&strict(&sshd)).await;
    assert!(matches!(error, RemoteError::HostKey(_)));
    insta::assert_snapshot!(steady(&sshd, &error), @"the host key of [127.0.0.1]:PORT is not known: it shows ssh-ed25519 SHA256:.... If that is what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` says on the host itself, accept it with `ssh -p PORT 127.0.0.1` or `ssh-keyscan -t ed25519 -p PORT 127.0.0.1 >> /F/known_hosts`");
}

#[tokio::test]
async fn an_unknown_host_key_belongs_into_the_file_that_was_named_for_its_host() {
    let sshd = Sshd::start();
    std::fs::write(sshd.path("known_hosts"), "").expect("a file");
    let error = refused(&sshd.target()).await;
    insta::assert_snapshot!(steady(&sshd, &error), @"the host key of [127.0.0.1]:PORT is not known: it shows ssh-ed25519 SHA256:.... If that is what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` says on the host itself, accept it with `ssh -o UserKnownHostsFile=/F/known_hosts -p PORT 127.0.0.1` or `ssh-keyscan -t ed25519 -p PORT 127.0.0.1 >> /F/known_hosts`");
}

#[tokio::test]
async fn a_changed_host_key_says_where_the_old_one_stands() {
    let sshd = Sshd::start();
    sshd.know("user");
    let error = refused(&strict(&sshd)).await;
    assert!(matches!(error, RemoteError::HostKey(_)));
    insta::assert_snapshot!(steady(&sshd, &error), @"the host key of [127.0.0.1]:PORT has changed: /F/known_hosts:1 holds ssh-ed25519 SHA256:..., but the host shows ssh-ed25519 SHA256:.... Somebody may sit in between, or the host was made anew. If you know that it was, forget the old key with `ssh-keygen -R '[127.0.0.1]:PORT' -f /F/known_hosts` and look at the new one with `ssh -p PORT 127.0.0.1`");
    let mut accepting = strict(&sshd);
    accepting
        .ssh_args
        .push("-oStrictHostKeyChecking=accept-new".into());
    assert!(matches!(refused(&accepting).await, RemoteError::HostKey(_)));
}

#[tokio::test]
async fn a_revoked_host_key_is_refused_though_it_is_known() {
    let sshd = Sshd::start();
    let file = sshd.path("known_hosts");
    let known = std::fs::read_to_string(&file).expect("a file");
    let key = known.split_once(' ').expect("a line").1;
    std::fs::write(&file, format!("# comment\n@revoked * {key}{known}")).expect("a file");
    let error = refused(&strict(&sshd)).await;
    insta::assert_snapshot!(steady(&sshd, &error), @"the host key that [127.0.0.1]:PORT shows is revoked by /F/known_hosts:2: don't use this host until its key is changed");
}

#[tokio::test]
async fn hashed_names_are_known() {
    let sshd = Sshd::start();
    keygen(&["-q", "-H", "-f"], &sshd.path("known_hosts"));
    let text = std::fs::read_to_string(sshd.path("known_hosts")).expect("a file");
    assert!(text.starts_with("|1|"), "{text}");
    works(&strict(&sshd)).await;
}

#[tokio::test]
async fn a_new_key_is_kept_where_the_user_says_so() {
    let sshd = Sshd::start();
    let known = std::fs::read_to_string(sshd.path("known_hosts")).expect("a file");
    std::fs::remove_file(sshd.path("known_hosts")).expect("a file");
    let mut accepting = strict(&sshd);
    accepting
        .ssh_args
        .push("-oStrictHostKeyChecking=accept-new".into());
    works(&accepting).await;
    let kept = std::fs::read_to_string(sshd.path("known_hosts")).expect("a file");
    assert_eq!(
        kept.split(' ').collect::<Vec<_>>()[..2],
        known.split(' ').collect::<Vec<_>>()[..2]
    );
    works(&strict(&sshd)).await;
}

#[tokio::test]
async fn a_host_with_several_keys_is_asked_for_one_that_is_known() {
    let sshd = Sshd::with_keys(&["ecdsa", "rsa"]);
    for kind in ["rsa", "ecdsa"] {
        sshd.know(&format!("host_{kind}"));
        works(&strict(&sshd)).await;
    }
}

#[tokio::test]
async fn keys_of_each_kind_log_in() {
    let sshd = Sshd::start();
    for kind in ["rsa", "ecdsa"] {
        keygen(&["-q", "-t", kind, "-N", "", "-f"], &sshd.path(kind));
        std::fs::copy(
            sshd.path(&format!("{kind}.pub")),
            sshd.path("authorized_keys"),
        )
        .expect("a key");
        let key = sshd.path(kind).display().to_string();
        works(&Target {
            private_key: Some(key),
            ..sshd.target()
        })
        .await;
    }
}

#[tokio::test]
async fn who_is_not_let_in_hears_what_was_tried() {
    let sshd = Sshd::start();
    keygen(
        &["-q", "-t", "ed25519", "-N", "", "-f"],
        &sshd.path("other"),
    );
    keygen(
        &["-q", "-t", "ed25519", "-N", "secret", "-f"],
        &sshd.path("locked"),
    );
    let mut target = strict(&sshd);
    target.private_key = Some(sshd.path("other").display().to_string());
    for more in [
        "-oIdentityAgent=none",
        "-i",
        &sshd.path("locked").display().to_string(),
    ] {
        target.ssh_args.push(more.to_owned());
    }
    let error = refused(&target).await;
    assert!(matches!(error, RemoteError::Auth(_)));
    insta::assert_snapshot!(steady(&sshd, &error), @"127.0.0.1 does not let ME in: the key /F/other was refused; the key /F/locked is encrypted: hand it to the agent with `ssh-add /F/locked`. It takes publickey. Say who with -u, and give a key with --private-key or a password with -k");
}

#[tokio::test]
async fn the_agent_signs_with_a_key_that_is_encrypted_on_disk() {
    let sshd = Sshd::start();
    let socket = sshd.path("agent");
    let agent = std::process::Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .spawn();
    let mut agent = agent.expect("ssh-agent");
    while !socket.exists() {
        std::thread::yield_now();
    }
    let added = std::process::Command::new("ssh-add")
        .arg(sshd.path("user"))
        .env("SSH_AUTH_SOCK", &socket)
        .output()
        .expect("ssh-add");
    assert!(added.status.success());
    keygen(&["-q", "-p", "-N", "secret", "-f"], &sshd.path("user"));
    let mut target = strict(&sshd);
    target
        .ssh_args
        .push(format!("-oIdentityAgent={}", socket.display()));
    target.ssh_args.push("-oIdentitiesOnly=yes".to_owned());
    works(&target).await;
    agent.kill().expect("the agent");
    agent.wait().expect("the agent");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told() {
    let sshd = Sshd::start();
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = closed.local_addr().expect("an address").port();
    drop(closed);
    let error = refused(&Target {
        port: Some(port),
        ..sshd.target()
    })
    .await;
    let words = error.to_string().replace(&port.to_string(), "PORT");
    insta::assert_snapshot!(words, @"can't connect to 127.0.0.1:PORT: it refuses: does sshd run there and listen on port PORT?");
}

#[tokio::test]
async fn a_silent_peer_is_an_error_and_no_hang() {
    let sshd = Sshd::start();
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let target = Target {
        port: Some(silent.local_addr().expect("an address").port()),
        connect_limit: Some(Duration::from_millis(300)),
        ..sshd.target()
    };
    let begun = Instant::now();
    assert!(matches!(
        refused(&target).await,
        RemoteError::Connect { .. }
    ));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_host_is_reached_over_others() {
    let (near, far) = (Sshd::start(), Sshd::start());
    let mut target = strict(&far);
    target
        .known_hosts
        .push(near.path("known_hosts").display().to_string());
    let jump = format!("{}@127.0.0.1:{}", own_name(), near.port);
    std::fs::write(
        near.path("authorized_keys"),
        std::fs::read_to_string(far.path("user.pub")).expect("a key"),
    )
    .expect("a key");
    target
        .ssh_args
        .extend(["-J".to_owned(), format!("{jump},{jump}")]);
    works(&target).await;
    near.know("user");
    assert!(matches!(refused(&target).await, RemoteError::HostKey(_)));
}

#[tokio::test]
async fn a_proxy_command_is_a_way_too() {
    let sshd = Sshd::start();
    let mut target = strict(&sshd);
    target.ssh_args.push(
        "-oProxyCommand=/usr/sbin/sshd -i -f \"$C\""
            .replace("\"$C\"", &sshd.path("config").display().to_string()),
    );
    works(&target).await;
}

#[tokio::test]
async fn a_tunnel_leads_where_the_host_can_go() {
    let sshd = Sshd::start();
    let remote = works(&sshd.target()).await;
    let echo = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = echo.local_addr().expect("an address").port();
    let limit = Duration::from_secs(10);
    let (tunnel, accepted) = tokio::join!(remote.tunnel("127.0.0.1", port, limit), echo.accept());
    let (mut tunnel, (mut there, _)) = (tunnel.expect("a tunnel"), accepted.expect("a peer"));
    tunnel.write_all(b"ping").await.expect("a way there");
    let mut word = [0; 4];
    there.read_exact(&mut word).await.expect("what was sent");
    there.write_all(b"pong").await.expect("a way back");
    tunnel.read_exact(&mut word).await.expect("an answer");
    assert_eq!(&word, b"pong");
    drop((there, echo));
    assert!(remote.tunnel("127.0.0.1", port, limit).await.is_err());
}
