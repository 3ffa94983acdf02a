//! What a persistent shell answers.

use crate::sshd::Sshd;
use std::time::{Duration, Instant};
use trueup::remote::{Become, Remote, Target, connect};
use trueup::step::{Output, Script};

async fn here() -> (Sshd, Box<dyn Remote>) {
    let sshd = Sshd::start();
    let remote = connect(&sshd.target())
        .await
        .unwrap_or_else(|e| panic!("{e}\n{}", sshd.log()));
    (sshd, remote)
}

async fn local() -> Box<dyn Remote> {
    connect(&Target {
        name: "localhost".into(),
        local: true,
        ..Target::default()
    })
    .await
    .expect("this machine")
}

async fn ask(remote: &dyn Remote, texts: &[&str]) -> Vec<Output> {
    let scripts: Vec<Script> = texts.iter().map(|text| Script::new(*text)).collect();
    remote
        .ask(&Become::default(), &scripts)
        .await
        .expect("an answer")
}

fn output(status: i32, stdout: &str, stderr: &str) -> Output {
    Output {
        status,
        stdout: stdout.into(),
        stderr: stderr.into(),
    }
}

#[tokio::test]
async fn answers_come_in_order_with_status_and_both_streams() {
    let (_sshd, ssh) = here().await;
    let local = local().await;
    for remote in [&ssh, &local] {
        let answers = ask(
            &**remote,
            &["echo a; echo b >&2; exit 3", "printf x", "", "cat", "false"],
        )
        .await;
        assert_eq!(
            answers,
            [
                output(3, "a\n", "b\n"),
                output(0, "x", ""),
                output(0, "", ""),
                output(0, "", ""),
                output(1, "", "")
            ]
        );
    }
    assert_eq!(ssh.machine(), local.machine());
}

#[tokio::test]
async fn a_question_costs_little() {
    let (_sshd, ssh) = here().await;
    for remote in [ssh, local().await] {
        ask(&*remote, &[":"]).await;
        let begun = Instant::now();
        for _ in 0..200 {
            ask(&*remote, &["echo hello"]).await;
        }
        let one = begun.elapsed() / 200;
        let begun = Instant::now();
        for _ in 0..100 {
            ask(
                &*remote,
                &["echo 1", "echo 2", "echo 3", "echo 4", "echo 5"],
            )
            .await;
        }
        let five = begun.elapsed() / 100;
        println!("one question {one:?}, five in one {five:?}");
        assert!(one < Duration::from_millis(50));
    }
}
