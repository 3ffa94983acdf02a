//! Two runs on one machine, and what a run leaves behind there.

use crate::sshd::{Sshd, everywhere};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use trueup::remote::{Act, Become, Remote, RemoteError, Turn, connect};
use trueup::step::{Output, Script};

/// These tests ask for this machine's real lock, one after the other.
static MACHINE: Mutex<()> = Mutex::const_new(());

/// Longer than any of this takes, and shorter than a run's word is believed.
const SOON: Duration = Duration::from_secs(40);

/// Hosts with each of the shells, each reached over a connection that can end.
async fn hosts() -> (
    MutexGuard<'static, ()>,
    Vec<(&'static str, Sshd, Box<dyn Remote>)>,
) {
    let turn = MACHINE.lock().await;
    let mut hosts = everywhere().await;
    hosts.retain(|(shell, ..)| *shell != "local");
    for (_, sshd, _) in hosts.iter().filter(|(shell, ..)| *shell == "busybox") {
        // Debian's busybox comes without it, others' with it.
        sshd.shim("flock", "#!/bin/sh\nexec /usr/bin/flock \"$@\"\n");
    }
    (turn, hosts)
}

async fn other(sshd: &Sshd) -> Box<dyn Remote> {
    connect(&sshd.target()).await.expect("a connection")
}

async fn ask(remote: &dyn Remote, owner: &str) -> Turn {
    remote
        .lock(&Become::default(), owner)
        .await
        .expect("an answer")
}

/// Waits for the lock, as long as it may take that others let go; another run of these tests may
/// have it just now.
async fn take(remote: &dyn Remote, owner: &str) {
    let taking = async {
        while ask(remote, owner).await != Turn::Ours {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, taking).await.expect("our turn");
}

async fn step(remote: &dyn Remote, what: &str, text: &str) -> Output {
    let script = Script::new(text);
    remote
        .act(&Become::default(), what, Act::Run(&script, None))
        .await
        .expect("an output")
}

#[tokio::test]
async fn the_second_run_hears_who_holds_the_machine() {
    let (_turn, hosts) = hosts().await;
    for (shell, sshd, first) in &hosts {
        let second = other(sshd).await;
        take(&**first, "anna@desk,\n\u{1b}[2Jpid \\7").await;
        assert_eq!(
            ask(&*second, "ben").await,
            Turn::Run("anna@desk, [2Jpid 7".into()),
            "{shell}"
        );
        // Another name of the same machine is no other run.
        let same = other(sshd).await;
        assert_eq!(
            ask(&*same, "anna@desk,\n\u{1b}[2Jpid \\7").await,
            Turn::Ours,
            "{shell}"
        );
        same.close().await;
        first.close().await;
        take(&*second, "ben").await;
        second.close().await;
    }
}

#[tokio::test]
async fn a_connection_that_ends_gives_the_machine_back() {
    let (_turn, hosts) = hosts().await;
    for (_, sshd, first) in hosts {
        let second = other(&sshd).await;
        take(&*first, "anna").await;
        drop(first);
        take(&*second, "ben").await;
        second.close().await;
    }
}

#[tokio::test]
async fn a_step_that_outlives_its_run_keeps_the_next_one_off() {
    let (_turn, hosts) = hosts().await;
    for (shell, sshd, first) in hosts {
        let (begun, gate) = (sshd.path("begun"), sshd.path("gate"));
        take(&*first, "anna").await;
        let text = format!(
            ": >{}; until [ -e {} ]; do sleep 0.01; done",
            begun.display(),
            gate.display()
        );
        let begins = async {
            while !begun.exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            output = step(&*first, "wait for a 'gate'", &text) => panic!("{shell}: {output:?}"),
            () = begins => {}
        }
        drop(first);
        let second = other(&sshd).await;
        let waiting = async {
            loop {
                match ask(&*second, "ben").await {
                    // The far side notices a little later.
                    Turn::Run(_) => {}
                    other => break other,
                }
            }
        };
        let turn = tokio::time::timeout(SOON, waiting).await.expect("an end");
        let Turn::Step(words) = turn else {
            panic!("{shell}: {turn:?}");
        };
        assert!(
            words.starts_with("wait for a 'gate', since 2") && words.ends_with("; anna"),
            "{shell}: {words}"
        );
        // Not even the run that began it goes on beside it.
        let again = other(&sshd).await;
        assert!(
            matches!(ask(&*again, "anna").await, Turn::Step(_)),
            "{shell}"
        );
        std::fs::write(&gate, "").expect("a gate");
        take(&*second, "ben").await;
        second.close().await;
    }
}

#[tokio::test]
async fn what_a_step_leaves_in_the_background_is_no_step() {
    let (_turn, hosts) = hosts().await;
    for (shell, sshd, first) in hosts {
        let second = other(&sshd).await;
        take(&*first, "anna").await;
        let left = step(&*first, "start", "sleep 300 >/dev/null 2>&1 & echo $!").await;
        assert!(left.ok(), "{shell}: {left:?}");
        first.close().await;
        take(&*second, "ben").await;
        let stopped = step(&*second, "stop", &format!("kill {}", left.out().trim())).await;
        assert!(stopped.ok(), "{shell}: {stopped:?}");
        second.close().await;
    }
}

#[tokio::test]
async fn a_run_that_lost_its_turn_does_nothing_any_more() {
    let (_turn, hosts) = hosts().await;
    for (shell, sshd, first) in hosts {
        take(&*first, "anna").await;
        // As another run does that finds it silent.
        let forget = "cd /run/trueup 2>/dev/null || cd ~/.trueup; rm run.*.$PPID";
        let forgot = first
            .ask(&Become::default(), &[Script::new(forget)])
            .await
            .expect("an answer");
        assert!(forgot[0].ok(), "{shell}: {forgot:?}");
        let proof = sshd.path("proof");
        let output = step(&*first, "prove", &format!("touch {}", proof.display())).await;
        assert_eq!(output.status, 125, "{shell}: {output:?}");
        assert!(
            output.err().contains("no longer held by this run"),
            "{shell}: {output:?}"
        );
        assert!(!proof.exists(), "{shell}");
        first.close().await;
    }
}

#[tokio::test]
async fn a_tool_that_fails_is_told_as_such() {
    for shell in ["dash", "bash", "busybox", "mksh", "ksh93"] {
        let sshd = Sshd::with_shell(shell);
        let remote = other(&sshd).await;
        sshd.shim(
            "flock",
            "#!/bin/sh\necho 'flock: no such luck' >&2\nexit 1\n",
        );
        let turn = remote.lock(&Become::default(), "anna").await;
        let Err(RemoteError::Lock(words)) = turn else {
            panic!("{shell}: {turn:?}");
        };
        assert_eq!(
            words, "the lock of here can't be asked for: flock: no such luck",
            "{shell}"
        );
    }
}
