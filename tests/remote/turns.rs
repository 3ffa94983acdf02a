//! Two runs on one machine.

use crate::sshd::Sshd;
use trueup::remote::{Become, Turn, connect};

#[tokio::test]
async fn the_second_run_hears_who_holds_the_machine() {
    let sshd = Sshd::start();
    let first = connect(&sshd.target()).await.expect("a connection");
    let second = connect(&sshd.target()).await.expect("a connection");
    let who = Become::default();
    // It is this machine's real lock: another run may have it just now.
    let hold = loop {
        if let Turn::Ours(hold) = first
            .lock(&who, "anna@desk,\npid 7")
            .await
            .expect("an answer")
        {
            break hold;
        }
    };
    match second.lock(&who, "ben").await.expect("an answer") {
        Turn::HeldBy(words) => assert_eq!(words, "anna@desk, pid 7"),
        Turn::Ours(_) => panic!("it is held"),
    }
    drop(hold);
    let theirs = loop {
        if let Turn::Ours(theirs) = second.lock(&who, "ben").await.expect("an answer") {
            break theirs;
        }
    };
    assert!(matches!(first.lock(&who, "anna").await, Ok(Turn::HeldBy(words)) if words == "ben"));
    second.close().await;
    loop {
        if let Turn::Ours(_) = first.lock(&who, "anna").await.expect("an answer") {
            break;
        }
    }
    drop(theirs);
}
