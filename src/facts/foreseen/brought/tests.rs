use super::*;
use crate::facts::{Bytes, File, Kind, UnitScope, UnitState};
use crate::step::{Access, Account, Holds};
use std::collections::BTreeMap;

#[test]
fn what_a_package_may_bring_bears_its_name() {
    let pairs = [
        ("postgresql", "postgresql-17"),
        ("postgresql-common", "postgresql-17"),
        ("pgpool.conf", "pgpool2"),
        ("haproxy.service", "haproxy"),
        ("ssh", "openssh-server"),
        ("etcd", "etcd-server"),
        ("mysqld", "mysql-server"),
    ];
    assert!(pairs.iter().all(|(name, package)| related(name, package)));
    let others = [
        ("digits", "git"),
        ("ssl", "ssl-cert"),
        ("myapp", "curl"),
        ("server", "nginx-server"),
    ];
    assert!(!others.iter().any(|(name, package)| related(name, package)));
}

fn installing(name: &str) -> Effect {
    let new = Package::There {
        version: None,
        architecture: String::new(),
        new: true,
    };
    Effect::Package(name.to_owned(), new)
}

#[test]
fn what_the_author_of_a_task_says_is_all_that_its_packages_bring() {
    let mut pending = Foreseen::default();
    pending.add("install", "root", [installing("haproxy")]);
    pending.add("install more", "root", [installing("etcd-server")]);
    let there = |pending: &Foreseen, path| pending.is_there(path, false).ok();
    let (one, other) = ("/etc/haproxy/tls", "/etc/etcd/tls");
    assert_eq!((there(&pending, one), there(&pending, other)), (None, None));
    pending.vouch_for(&["haproxy".to_owned()]);
    assert_eq!(there(&pending, one), Some(false));
    assert_eq!(there(&pending, other), None);
}

fn nowhere() -> UnitState {
    let mut unit = UnitState::default();
    let found = ("LoadState".to_owned(), "not-found".to_owned());
    unit.properties.extend([found]);
    unit
}

fn known(whole: bool) -> Contents {
    let text = |text: &str| Holds::Bytes(text.as_bytes().into());
    let file = |holds| Place::File(holds, Access::of_words("root:app", "640"));
    let put = |path: &str, place, yields| (path.to_owned(), Brought { place, yields });
    let user = Account {
        new: true,
        home: Some("/srv/app".to_owned()),
        ..Account::default()
    };
    Contents {
        paths: BTreeMap::from([
            put(
                "/etc/app",
                Place::Folders(Access::of_words("root:root", "755")),
                true,
            ),
            put("/etc/app/conf", file(text("a\n")), true),
            put("/usr/bin/app", file(Holds::Unknown("why".into())), false),
            put("/usr/bin/short", Place::Link("app".into()), false),
            put(
                "/usr/lib/systemd/system/run.service",
                file(text("[Service]\n")),
                false,
            ),
        ]),
        accounts: vec![Effect::User("runner".into(), Some(user))],
        whole,
        opened: true,
    }
}

fn pending(contents: Option<Contents>) -> Foreseen {
    let mut pending = Foreseen::default();
    pending.open([("app".to_owned(), contents)]);
    pending.add("install", "root", [installing("app")]);
    pending
}

#[test]
fn what_the_host_says_of_a_package_is_there_then() {
    let mut pending = pending(Some(known(false)));
    let file = |pending: &Foreseen, path: &str, follow, now| {
        pending
            .file(path, None, follow, Ok(now))
            .map(|file| file.map(|file| (file.kind, file.group, format!("{:o}", file.mode))))
    };
    let conf = Some((Kind::File, "app".to_owned(), "640".to_owned()));
    assert_eq!(file(&pending, "/etc/app/conf", false, None).unwrap(), conf);
    let bytes = pending
        .bytes("/etc/app/conf", 9, Ok(Bytes::Absent))
        .unwrap();
    assert_eq!(bytes, Bytes::Are(b"a\n".to_vec()));
    // A configuration file that is there stays; a program does not.
    let mine = pending
        .file("/etc/app/conf", None, false, Ok(None))
        .unwrap()
        .map(|file| File {
            mode: 0o600,
            ..file
        });
    let kept = file(&pending, "/etc/app/conf", false, mine.clone())
        .unwrap()
        .unwrap();
    assert_eq!(kept.2, "600");
    let replaced = file(&pending, "/bin/app", false, mine).unwrap().unwrap();
    assert_eq!(replaced.2, "640");
    assert_eq!(
        file(&pending, "/usr/bin/short", true, None)
            .unwrap()
            .unwrap()
            .0,
        Kind::File
    );
    assert!(
        pending
            .file_with_sum("/usr/bin/app", None, false, Ok(None))
            .is_err()
    );
    let tree = pending.tree("/etc/app", Vec::new()).unwrap();
    let names: Vec<&str> = tree.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["/etc/app", "/etc/app/conf"]);
    let user = pending.user("runner", Ok(None)).unwrap().unwrap();
    assert_eq!((user.home.as_str(), user.shell.as_str()), ("/srv/app", ""));
    // Its scripts may make more of the name.
    let why = pending
        .is_there("/var/lib/app", false)
        .unwrap_err()
        .to_string();
    insta::assert_snapshot!(why, @"unknown until install: app has scripts that may make it: say with `predicts` what it brings");
    assert!(!pending.is_there("/var/lib/other", false).unwrap());
    let unit = |pending: &Foreseen| {
        let none = Ok(nowhere());
        pending
            .unit("run", UnitScope::System, none)
            .map(|unit| unit.exists())
    };
    let why = unit(&pending).unwrap_err().to_string();
    insta::assert_snapshot!(why, @"unknown until install: it comes with the package, and whether it starts is up to its scripts");
    // What is taken away afterwards is gone.
    let gone = Effect::Path("/etc/app".into(), Place::Nothing);
    pending.add("remove", "root", [gone]);
    assert!(!pending.is_there("/etc/app/conf", false).unwrap());
    pending.add(
        "mode",
        "root",
        [Effect::Path(
            "/usr/bin/app".into(),
            Place::Access(Access::of_words("", "700")),
        )],
    );
    assert_eq!(
        file(&pending, "/usr/bin/app", false, None)
            .unwrap()
            .unwrap()
            .2,
        "700"
    );
}

#[test]
fn a_package_without_scripts_brings_nothing_else() {
    let pending = pending(Some(known(true)));
    assert!(!pending.is_there("/var/lib/app", false).unwrap());
    let unit = pending
        .unit("run", UnitScope::System, Ok(nowhere()))
        .unwrap();
    assert_eq!((unit.exists(), unit.get("ActiveState")), (true, "inactive"));
    assert!(pending.user("app2", Ok(None)).unwrap().is_none());
    assert!(pending.group("app", Ok(None)).unwrap().is_none());
}

#[test]
fn why_it_is_not_known_what_a_package_brings_is_told() {
    let why = |pending: Foreseen| pending.is_there("/etc/app", false).unwrap_err().to_string();
    insta::assert_snapshot!(why(pending(None)), @"unknown until install: app may bring it, and is not in the host's cache: say with `predicts` what it brings");
    let mut unpicked = Foreseen::default();
    unpicked.add("install", "root", [installing("app")]);
    insta::assert_snapshot!(why(unpicked), @"unknown until install: app may bring it, and its version is not known yet: say with `predicts` what it brings");
    let packages = [
        ("app".to_owned(), Some("1".to_owned())),
        ("b".to_owned(), None),
    ];
    assert_eq!(
        Foreseen::default().closed(&packages),
        [("app".to_owned(), "1".to_owned())]
    );
    assert_eq!(pending(None).closed(&packages), []);
}
