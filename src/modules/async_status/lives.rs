//! Jobs in every shell, from their start to their end.

use crate::facts::{Ask, JobEnded, JobFound, JobNamed, Question};
use crate::modules::trial::Shell;
use crate::step::{Job, Script, quote, together};
use std::time::{Duration, Instant};

fn at_home(script: Script, home: &std::path::Path) -> Script {
    let text = format!(
        "HOME={}\ncd \"$HOME\"\nunset ANSIBLE_ASYNC_DIR\n{}",
        quote(home.to_str().unwrap()),
        script.text
    );
    Script { text, ..script }
}

fn ask(shell: &Shell, home: &std::path::Path, jid: &str) -> Option<JobFound> {
    let question = JobNamed { jid: jid.into() };
    let Ask::Shell { script, .. } = question.ask() else {
        panic!("a script")
    };
    question.read(&shell.run(&at_home(script, home))).unwrap()
}

fn job(jid: &str, limit: u64) -> Job {
    Job {
        jid: jid.into(),
        limit: Duration::from_secs(limit),
        known: r#"{"cmd": "it's \\ \"so\""}"#.into(),
    }
}

fn ended(shell: &Shell, home: &std::path::Path, jid: &str) -> JobEnded {
    let begun = Instant::now();
    loop {
        let found = ask(shell, home, jid).unwrap();
        assert_eq!(found.known["cmd"], "it's \\ \"so\"");
        if let Some(ended) = found.ended {
            return ended;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{shell:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_job_goes_on_and_its_end_is_told() {
    for shell in Shell::all() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        assert_eq!(ask(&shell, &home, "j1.1"), None);
        let first = Script::new(
            "umask -S; pwd; until [ -e go ]; do sleep 0.1 2>/dev/null || sleep 1; done",
        );
        let second = Script::new("cat; echo it went wrong >&2; exit 7").stdin("in\n");
        let work = together(&[&first, &second]).unwrap();
        let mask = shell.run(&Script::new("umask -S")).out();
        let said = shell.run(&at_home(job("j1.1", 60).start(&work), &home));
        let folder = home.join(".ansible_async/j1.1");
        assert_eq!(
            said.out().trim(),
            folder.to_str().unwrap(),
            "{shell:?} {said:?}"
        );
        assert_eq!(ask(&shell, &home, "j1.1").unwrap().ended, None);
        std::fs::write(home.join("go"), "").unwrap();
        let ended = ended(&shell, &home, "j1.1");
        assert_eq!(ended.output.status, 7, "{shell:?}");
        assert_eq!(
            ended.output.out(),
            format!("{mask}{}\nin\n", home.display())
        );
        assert_eq!(ended.output.err(), "it went wrong\n");
        assert!(!ended.late && ended.times[0].0 <= ended.times[1].0);
        assert!(!folder.join("in").exists());
    }
}

#[test]
fn a_job_that_takes_too_long_is_ended_with_all_that_it_began() {
    let home = tempfile::tempdir().unwrap();
    let work = Script::new("sleep 98765 & echo begun; wait");
    let shell = Shell::dash();
    shell.run(&at_home(job("j2.2", 1).start(&work), home.path()));
    let ended = ended(&shell, home.path(), "j2.2");
    assert!(ended.late && ended.output.status != 0, "{ended:?}");
    assert_eq!(ended.output.out(), "begun\n");
}

#[test]
fn a_folder_that_others_write_to_keeps_no_jobs() {
    use std::os::unix::fs::PermissionsExt as _;
    for shell in Shell::all() {
        let home = tempfile::tempdir().unwrap();
        let jobs = home.path().join(".ansible_async");
        std::fs::create_dir(&jobs).unwrap();
        std::fs::set_permissions(&jobs, std::fs::Permissions::from_mode(0o777)).unwrap();
        let said = shell.run(&at_home(
            job("j3.3", 9).start(&Script::new(":")),
            home.path(),
        ));
        assert!(
            !said.ok() && said.err().contains("written to by others"),
            "{shell:?} {said:?}"
        );
        assert!(!jobs.join("j3.3").exists());
    }
}

#[test]
fn what_needs_the_run_does_not_go_on_alone() {
    let apt = Script {
        lock: Some("apt"),
        ..Script::new("apt-get update")
    };
    assert_eq!(together(&[&apt]), None);
    let fed = Script::new("cat").stdin("x");
    assert_eq!(together(&[&fed, &fed]), None);
    assert_eq!(together(&[]), None);
}
