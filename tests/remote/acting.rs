//! Acting steps and uploads.

use crate::sshd::{Sshd, everywhere};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::time::Duration;
use tokio::sync::mpsc;
use trueup::remote::{Become, Chunk, Remote, Signal};
use trueup::step::{Output, Script, Upload};

async fn run(remote: &dyn Remote, script: Script) -> Output {
    remote
        .run(&Become::default(), &script, None)
        .await
        .expect("an output")
}

async fn put(remote: &dyn Remote, upload: &Upload) -> Output {
    remote
        .put(&Become::default(), upload)
        .await
        .expect("an output")
}

fn upload(path: &std::path::Path, content: &[u8]) -> Upload {
    Upload {
        path: path.display().to_string(),
        content: content.into(),
        mode: None,
        owner: None,
        group: None,
        backup: false,
        validate: None,
    }
}

fn every_byte() -> Vec<u8> {
    (0..=255).cycle().take(20_000).collect()
}

#[tokio::test]
async fn a_step_gets_its_stdin_raw_and_gives_its_bytes_back() {
    for (shell, _sshd, remote) in &everywhere().await {
        let output = run(&**remote, Script::new("cat; exit 7").stdin(every_byte())).await;
        assert_eq!((output.status, output.stdout), (7, every_byte()), "{shell}");
    }
}

#[tokio::test]
async fn what_a_step_prints_is_streamed_while_it_runs() {
    for (_shell, sshd, remote) in &everywhere().await {
        let gate = sshd.path("gate");
        let text = format!(
            "echo begun; until [ -e {} ]; do sleep 0.01; done; echo done >&2",
            gate.display()
        );
        let (sender, mut chunks) = mpsc::channel(16);
        let script = Script::new(text);
        let who = Become::default();
        let running = remote.run(&who, &script, Some(sender));
        let watching = async {
            let first = chunks.recv().await;
            assert!(
                matches!(&first, Some(Chunk::Out(bytes)) if bytes == b"begun\n"),
                "{first:?}"
            );
            std::fs::write(&gate, "").expect("a gate");
            let second = chunks.recv().await;
            assert!(
                matches!(&second, Some(Chunk::Err(bytes)) if bytes == b"done\n"),
                "{second:?}"
            );
        };
        let (output, ()) = tokio::join!(running, watching);
        let output = output.expect("an output");
        assert_eq!(
            (output.out().as_str(), output.err().as_str()),
            ("begun\n", "done\n")
        );
    }
}

#[tokio::test]
async fn a_step_over_its_limit_is_stopped_with_all_it_started() {
    for (shell, sshd, remote) in &everywhere().await {
        let pid = sshd.path("pid");
        let mut script = Script::new(format!(
            "sleep 1000 & echo $! > {}; echo x; wait",
            pid.display()
        ));
        script.limit = Some(Duration::from_millis(500));
        let output = run(&**remote, script).await;
        assert_eq!(
            (output.status, output.out().as_str()),
            (124, "x\n"),
            "{shell}"
        );
        let pid = std::fs::read_to_string(pid).expect("a pid");
        let gone = Script::new(format!(
            "while kill -0 {} 2>/dev/null; do :; done",
            pid.trim()
        ));
        assert!(run(&**remote, gone).await.ok());
    }
}

#[tokio::test]
async fn an_interrupt_stops_steps_but_not_unkillable_ones() {
    for (shell, sshd, remote) in &everywhere().await {
        let gate = sshd.path("stop");
        let killable = Script::new("echo begun; sleep 1000");
        let mut unkillable = Script::new(format!(
            "echo begun; until [ -e {} ]; do sleep 0.01; done; echo whole",
            gate.display()
        ));
        unkillable.unkillable = true;
        let (sender, mut chunks) = mpsc::channel(16);
        let who = Become::default();
        let stopping = async {
            for _ in 0..2 {
                assert!(chunks.recv().await.is_some());
            }
            remote.interrupt(Signal::Term).await;
        };
        let first = async {
            let output = remote
                .run(&who, &killable, Some(sender.clone()))
                .await
                .expect("an output");
            std::fs::write(&gate, "").expect("a gate");
            output
        };
        let second = remote.run(&who, &unkillable, Some(sender.clone()));
        let (first, second, ()) = tokio::join!(first, second, stopping);
        assert_eq!(first.status, 143, "{shell}");
        assert_eq!(second.expect("an output").out(), "begun\nwhole\n");
    }
}

#[tokio::test]
async fn a_file_is_put_in_place_whole() {
    for (shell, sshd, remote) in &everywhere().await {
        let path = sshd.path("file' ");
        let mut first = upload(&path, &every_byte());
        first.mode = Some(0o640);
        let output = put(&**remote, &first).await;
        assert!(output.ok(), "{}", output.err());
        assert_eq!(std::fs::read(&path).expect("the file"), every_byte());
        assert_eq!(
            std::fs::metadata(&path).expect("the file").mode() & 0o7777,
            0o640
        );

        let mut second = upload(&path, b"");
        second.backup = true;
        let output = put(&**remote, &second).await;
        assert!(output.ok(), "{}", output.err());
        assert_eq!(std::fs::read(&path).expect("the file"), b"");
        assert_eq!(
            std::fs::metadata(&path).expect("the file").mode() & 0o7777,
            0o640
        );
        assert_eq!(
            std::fs::read(output.out().trim_end_matches('\n')).expect("the backup"),
            every_byte()
        );
        assert_eq!(leftovers(sshd), Vec::<String>::new(), "{shell}");
    }
}

fn leftovers(sshd: &Sshd) -> Vec<String> {
    std::fs::read_dir(sshd.folder.path())
        .expect("the folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.starts_with('.'))
        .collect()
}

#[tokio::test]
async fn a_link_is_replaced_and_what_it_led_to_stays() {
    for (shell, sshd, remote) in &everywhere().await {
        let (path, link) = (sshd.path("real"), sshd.path("link"));
        std::fs::write(&path, "old").expect("a file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("a mode");
        symlink(&path, &link).expect("a link");
        assert!(put(&**remote, &upload(&link, b"new")).await.ok(), "{shell}");
        let placed = link.symlink_metadata().expect("the file");
        assert!(placed.is_file(), "{shell}");
        assert_eq!(placed.mode() & 0o7777, 0o644, "{shell}");
        assert_eq!(std::fs::read(&link).expect("the file"), b"new");
        assert_eq!(std::fs::read(&path).expect("what it led to"), b"old");
    }
}

#[tokio::test]
async fn what_is_invalid_or_has_no_folder_leaves_the_old_file() {
    for (shell, sshd, remote) in &everywhere().await {
        let path = sshd.path("kept");
        std::fs::write(&path, "old").expect("a file");
        let mut bad = upload(&path, b"new");
        bad.validate = Some("sh -c 'grep old %s || { echo it is not old; exit 1; }'".into());
        let output = put(&**remote, &bad).await;
        assert_eq!(output.status, 1);
        assert!(
            output.err().starts_with("it is not old\n"),
            "{}",
            output.err()
        );
        assert_eq!(std::fs::read(&path).expect("the file"), b"old");
        let nowhere = put(&**remote, &upload(&sshd.path("no/where"), b"x")).await;
        assert_eq!(nowhere.status, 1);
        assert!(
            nowhere.err().contains("there is no folder"),
            "{}",
            nowhere.err()
        );
        let folder = put(&**remote, &upload(sshd.folder.path(), b"x")).await;
        assert!(folder.err().contains("is a folder"), "{}", folder.err());
        assert_eq!(leftovers(sshd), Vec::<String>::new(), "{shell}");
    }
}
