//! Hosts that print without end.

use crate::sshd::{Sshd, everywhere};
use std::time::{Duration, Instant};
use trueup::remote::{Become, RemoteError, connect};
use trueup::step::Script;

#[tokio::test]
async fn a_host_that_floods_before_it_greets_is_refused_by_name() {
    for flood in ["yes", "yes >&2", "tr '\\000' x </dev/zero"] {
        let sshd = Sshd::with(&format!("ForceCommand {flood}\n"));
        let begun = Instant::now();
        let Err(error) = connect(&sshd.target()).await else {
            panic!("{flood} is no shell");
        };
        let words = error.to_string();
        assert!(
            words.contains("here prints more than 1 MB before its shell begins"),
            "{words}"
        );
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}

#[tokio::test]
async fn an_answer_without_end_is_an_error_and_the_next_question_is_answered() {
    let floods = ["yes", "yes >&2", "tr '\\000' x </dev/zero", "yes"];
    for ((shell, _sshd, remote), flood) in everywhere().await.iter().zip(floods) {
        let who = Become::default();
        let asked = ["echo before", flood, "echo behind"].map(Script::new);
        let answer = remote.ask(&who, &asked).await;
        assert!(
            matches!(answer, Err(RemoteError::TooMuch(_))),
            "{shell}: {flood}: {answer:?}"
        );
        let asked = remote.ask(&who, &[Script::new("echo here")]).await;
        assert_eq!(asked.expect("an answer")[0].out(), "here\n", "{shell}");
    }
}

#[tokio::test]
async fn of_a_step_without_end_the_end_is_kept_and_the_rest_is_counted() {
    for (shell, _sshd, remote) in &everywhere().await {
        // What it leaves behind goes on printing for a while and is nobody's output.
        let script = Script::new(
            "yes | head -c 31457280; echo end >&2; (sleep 1; yes | head -c 1048576) & exit 3",
        );
        let output = remote
            .run(&Become::default(), &script, None)
            .await
            .expect("an output");
        assert_eq!(
            (output.status, output.err().as_str()),
            (3, "end\n"),
            "{shell}"
        );
        assert_eq!(output.printed(), 31_457_280 + 4, "{shell}");
        assert!(output.stdout.len() < 25 << 20, "{shell}");
    }
}

#[tokio::test]
async fn a_step_without_end_is_stopped_at_its_limit() {
    for (shell, _sshd, remote) in &everywhere().await {
        let mut script = Script::new("yes");
        script.limit = Some(Duration::from_millis(300));
        let begun = Instant::now();
        let output = remote
            .run(&Become::default(), &script, None)
            .await
            .expect("an output");
        assert_eq!(output.status, 124, "{shell}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{shell}");
    }
}
