//! What a persistent shell answers.

use crate::sshd::{Sshd, everywhere};
use std::time::{Duration, Instant};
use trueup::remote::{Become, Remote, connect};
use trueup::step::{Output, Script};

async fn ask_all(remote: &dyn Remote, scripts: &[Script]) -> Vec<Output> {
    remote
        .ask(&Become::default(), scripts)
        .await
        .expect("an answer")
}

async fn ask(remote: &dyn Remote, texts: &[&str]) -> Vec<Output> {
    let scripts: Vec<Script> = texts.iter().map(|text| Script::new(*text)).collect();
    ask_all(remote, &scripts).await
}

fn output(status: i32, stdout: &str, stderr: &str) -> Output {
    Output {
        status,
        stdout: stdout.into(),
        stderr: stderr.into(),
        ..Output::default()
    }
}

#[tokio::test]
async fn answers_come_in_order_with_status_and_both_streams() {
    for (shell, _sshd, remote) in &everywhere().await {
        let texts = [
            "echo a; echo b >&2; exit 3",
            "printf x",
            "",
            "cat",
            "false",
            "echo \"a\\\\\nb\"",
        ];
        let wanted = [
            output(3, "a\n", "b\n"),
            output(0, "x", ""),
            output(0, "", ""),
            output(0, "", ""),
            output(1, "", ""),
            output(0, "a\\\nb\n", ""),
        ];
        assert_eq!(ask(&**remote, &texts).await, wanted, "{shell}");
    }
}

#[tokio::test]
async fn a_script_changes_nothing_for_the_next() {
    for (shell, _sshd, remote) in &everywhere().await {
        let texts = [
            "x=1; cd /; umask 0; set -e; trap 'echo trapped' EXIT; exec >/dev/null 2>&1",
            "echo \"${x-none} $(umask -S) $LC_ALL\"; [ \"$PWD\" = \"$HOME\" ]; false; echo on",
        ];
        let answers = ask(&**remote, &texts).await;
        assert_eq!(
            answers[1],
            output(0, "none u=rwx,g=rx,o=rx C.UTF-8\non\n", ""),
            "{shell}"
        );
    }
}

#[tokio::test]
async fn every_byte_goes_both_ways() {
    let bytes: Vec<u8> = (0..=255).cycle().take(3000).collect();
    for (shell, _sshd, remote) in &everywhere().await {
        let scripts = [
            Script::new("cat; echo done >&2").stdin(bytes.clone()),
            Script::new("cat >&2").stdin(bytes.clone()),
            Script::new("read -r x; echo \"$x\"").stdin("first\nsecond\n"),
            Script::new("echo not read").stdin(bytes.clone()),
        ];
        let answers = ask_all(&**remote, &scripts).await;
        assert_eq!(answers[0].stdout, bytes, "{shell}");
        assert_eq!(answers[0].stderr, b"done\n", "{shell}");
        assert_eq!(answers[1].stderr, bytes, "{shell}");
        assert_eq!(answers[2], output(0, "first\n", ""), "{shell}");
        assert_eq!(answers[3], output(0, "not read\n", ""), "{shell}");
    }
}

#[tokio::test]
async fn what_a_script_reads_is_in_no_process_list() {
    for shell in ["dash", "bash", "mksh", "ksh93"] {
        let sshd = Sshd::with_shell(shell);
        let words = sshd.path("words");
        let log = format!("#!/bin/dash\necho \"$0 $*\" >>{}\n", words.display());
        for tool in ["printf", "echo", "print"] {
            sshd.shim(tool, &format!("{log}exec /usr/bin/{tool} \"$@\"\n"));
        }
        let remote = connect(&sshd.target()).await.expect("a connection");
        let script = Script::new("read -r x; [ \"$x\" = Geheim ]").stdin("Geheim\n");
        assert!(ask_all(&*remote, &[script]).await[0].ok(), "{shell}");
        let words = std::fs::read_to_string(words).unwrap_or_default();
        assert!(!words.contains("Geheim"), "{shell}: {words}");
    }
}

#[tokio::test]
async fn a_long_answer_comes_whole_and_holds_up_nobody_behind_it() {
    for (shell, _sshd, remote) in &everywhere().await {
        let long = "i=0; while [ $i -lt 20 ]; do i=$((i+1)); head -c 262144 /dev/zero; done";
        let on_both = format!("{long}; {{ {long}; }} >&2");
        let answers = ask(&**remote, &[on_both.as_str(), "echo after"]).await;
        assert_eq!(answers[0].stdout, vec![0; 20 << 18], "{shell}");
        assert_eq!(answers[0].stderr.len(), 20 << 18, "{shell}");
        assert_eq!(answers[1], output(0, "after\n", ""), "{shell}");
    }
}

#[tokio::test]
async fn a_long_question_is_taken_whole() {
    for (shell, _sshd, remote) in &everywhere().await {
        let lines: String = (0..3000).map(|n| format!("x{n}='line {n}'\n")).collect();
        let text = format!("{lines}echo $x0 $x2999");
        assert_eq!(
            ask(&**remote, &[&text]).await,
            [output(0, "line 0 line 2999\n", "")],
            "{shell}"
        );
    }
}

#[tokio::test]
async fn the_mark_is_out_of_a_scripts_sight() {
    for (shell, _sshd, remote) in &everywhere().await {
        // Whatever a script can find out, it can print: its own frame must stand it.
        let all = "set; export; cat /proc/$$/cmdline /proc/$$/environ; echo end";
        let answers = ask(&**remote, &[all, "echo next"]).await;
        assert!(
            !answers[0].out().contains("\n_m="),
            "{shell}: {}",
            answers[0].out()
        );
        assert!(
            answers[0].out().ends_with("end\n"),
            "{shell}: {}",
            answers[0].out()
        );
        assert_eq!(answers[1], output(0, "next\n", ""), "{shell}");
    }
}

#[tokio::test]
async fn a_script_that_kills_its_shell_is_told_and_the_next_is_answered() {
    for (shell, _sshd, remote) in &everywhere().await {
        let texts = [
            "echo before",
            "echo dying; kill -9 $$; exit 7",
            "echo after",
        ];
        let answers = ask(&**remote, &texts).await;
        assert_eq!(answers[0], output(0, "before\n", ""), "{shell}");
        assert_eq!(
            (answers[1].status, answers[1].out().as_str()),
            (137, "dying\n"),
            "{shell}"
        );
        assert_eq!(answers[2], output(0, "after\n", ""), "{shell}");
    }
}

#[tokio::test]
async fn wrong_syntax_is_that_scripts_own_failure() {
    for (shell, _sshd, remote) in &everywhere().await {
        let answers = ask(&**remote, &["if then (", "echo 'open", "echo after"]).await;
        assert!(
            !answers[0].ok() && !answers[0].stderr.is_empty(),
            "{shell}: {answers:?}"
        );
        assert!(!answers[1].ok(), "{shell}: {answers:?}");
        assert_eq!(answers[2], output(0, "after\n", ""), "{shell}");
    }
}

#[tokio::test]
async fn a_process_left_behind_holds_up_nobody() {
    for (shell, _sshd, remote) in &everywhere().await {
        let begun = Instant::now();
        let answers = ask(&**remote, &["sleep 300 & echo $!", "echo after"]).await;
        assert!(begun.elapsed() < Duration::from_secs(30), "{shell}");
        assert_eq!(answers[1], output(0, "after\n", ""), "{shell}");
        let stop = format!("kill {}", answers[0].out().trim());
        assert!(ask(&**remote, &[&stop]).await[0].ok(), "{shell}");
    }
}

#[tokio::test]
async fn a_question_over_its_limit_is_stopped_and_the_rest_is_answered() {
    for (shell, _sshd, remote) in &everywhere().await {
        let mut slow = Script::new("echo begun; sleep 1000 & echo $!; wait");
        slow.limit = Some(Duration::from_millis(300));
        let scripts = [Script::new("echo before"), slow, Script::new("echo after")];
        let answers = ask_all(&**remote, &scripts).await;
        assert_eq!(answers[0], output(0, "before\n", ""), "{shell}");
        assert_eq!(answers[1].status, 124, "{shell}");
        let out = answers[1].out();
        let pid = out
            .strip_prefix("begun\n")
            .expect("what it said so far")
            .trim();
        assert_eq!(answers[2], output(0, "after\n", ""), "{shell}");
        let gone = format!("i=0; while kill -0 {pid} 2>/dev/null; do :; done");
        assert!(ask(&**remote, &[&gone]).await[0].ok(), "{shell}");
    }
}

#[tokio::test]
async fn a_slow_question_holds_up_no_other() {
    for (shell, sshd, remote) in &everywhere().await {
        let gate = sshd.path("gate");
        let slow = format!(
            "until [ -e {} ]; do sleep 0.01; done; echo slow",
            gate.display()
        );
        let quick = async {
            let answers = ask(&**remote, &["echo quick"]).await;
            std::fs::write(&gate, "").expect("a gate");
            answers
        };
        let slow = [slow.as_str()];
        let (slow, quick) = tokio::join!(ask(&**remote, &slow), quick);
        assert_eq!(
            (slow[0].out().as_str(), quick[0].out().as_str()),
            ("slow\n", "quick\n"),
            "{shell}"
        );
    }
}

#[tokio::test]
async fn a_question_costs_little() {
    for (shell, _sshd, remote) in &everywhere().await {
        ask(&**remote, &[":"]).await;
        let begun = Instant::now();
        for _ in 0..200 {
            ask(&**remote, &["echo hello"]).await;
        }
        let one = begun.elapsed() / 200;
        let begun = Instant::now();
        for _ in 0..100 {
            ask(
                &**remote,
                &["echo 1", "echo 2", "echo 3", "echo 4", "echo 5"],
            )
            .await;
        }
        let five = begun.elapsed() / 100;
        println!("{shell}: one question {one:?}, five in one {five:?}");
        assert!(one < Duration::from_millis(50), "{shell}: {one:?}");
    }
}
