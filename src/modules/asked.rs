//! Questions of `facts` that are scripts, asked of every shell and of the tools themselves.

use super::trial::Shell;
use crate::facts::Ask;
use crate::facts::{Contents, PackageContents, Question, Since, Validated};
use crate::step::{Access, Effect, Holds, Package, Place, Upload};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Makes a package of the version 1:2-1 out of files, with scripts.
fn made(folder: &Path, name: &str, files: &[(&str, &str)], postinst: &str) {
    let tree = folder.join(name);
    let write = |path: &str, text: &str| {
        let at = tree.join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(&at, text).unwrap();
        fs::set_permissions(at, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let control = format!(
        "Package: {name}\nVersion: 1:2-1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: a\n"
    );
    write("DEBIAN/control", &control);
    for (path, text) in files {
        write(path, text);
    }
    if !postinst.is_empty() {
        write("DEBIAN/postinst", postinst);
    }
    let done = Command::new("dpkg-deb")
        .args(["--root-owner-group", "-Znone", "--build"])
        .arg(&tree)
        .arg(folder.join(format!("{name}_1%3a2-1_all.deb")))
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn asked(shell: &Shell, folder: &Path, names: &[&str]) -> BTreeMap<String, Contents> {
    let question = PackageContents {
        packages: names
            .iter()
            .map(|n| ((*n).to_owned(), "1:2-1".to_owned()))
            .collect(),
    };
    let Ask::Shell { mut script, .. } = question.ask() else {
        panic!("a shell is asked");
    };
    let config = folder.join("apt.conf");
    let at = folder.display();
    let text = format!("Dir::Cache::archives \"{at}/\";\nDir::State::lists \"{at}/lists/\";\n");
    fs::write(&config, text).unwrap();
    script.text = format!("export APT_CONFIG={}\n{}", config.display(), script.text);
    let output = shell.run(&script);
    assert!(output.ok(), "{shell:?}: {output:?}");
    question.read(&output).unwrap()
}

#[test]
fn a_package_in_the_cache_tells_what_it_brings() {
    let home = tempfile::tempdir().unwrap();
    let files = [
        ("etc/app/app conf", "a = 1\n\nb"),
        (
            "lib/systemd/system/app.service",
            "[Service]\nExecStart=/bin/true\n",
        ),
        (
            "usr/lib/sysusers.d/app.conf",
            "# who it is\nu app 321 \"The app\" /var/lib/app\nu! web -:www-data\ng more -\n",
        ),
        ("usr/bin/app", "\0"),
        ("DEBIAN/conffiles", "/etc/app/app conf\n"),
    ];
    made(home.path(), "app", &files, "");
    let scripted = [("var/lib/own/x", ""), ("usr/share/own/x", "")];
    made(
        home.path(),
        "own",
        &scripted,
        "#!/bin/sh\nchmod +x /var/lib/other\nchown -R app /var/lib/own\n",
    );
    fs::create_dir(home.path().join("lists")).unwrap();
    let lists = "bin/other\tadmin/other\nusr/lib/a b/x   web/far,web/near\nusr/x web/nearby\n";
    let own = Command::new("dpkg")
        .arg("--print-architecture")
        .output()
        .unwrap()
        .stdout;
    let own = String::from_utf8(own).unwrap();
    let list = format!("lists/x_dists_y_main_Contents-{}", own.trim());
    fs::write(home.path().join(list), lists).unwrap();
    for shell in Shell::all() {
        let known = asked(&shell, home.path(), &["app", "near", "own", "none"]);
        if format!("{shell:?}").contains("busybox") {
            assert_eq!(known, BTreeMap::new(), "it has no dpkg-deb");
            continue;
        }
        let names: Vec<&String> = known.keys().collect();
        assert_eq!(names, ["app", "near", "own"], "{shell:?}");
        let app = &known["app"];
        assert!(app.whole && app.opened);
        let conf = &app.paths["/etc/app/app conf"];
        let Place::File(Holds::Bytes(text), access) = &conf.place else {
            panic!("{shell:?}: {conf:?}");
        };
        assert_eq!((&**text, conf.yields), (&b"a = 1\n\nb"[..], true));
        assert_eq!(access, &Access::of_words("root:root", "755"));
        let unit = &app.paths["/usr/lib/systemd/system/app.service"];
        assert!(
            matches!(&unit.place, Place::File(Holds::Bytes(_), _)),
            "{unit:?}"
        );
        let program = &app.paths["/usr/bin/app"];
        assert!(
            matches!(&program.place, Place::File(Holds::Unknown(_), _)),
            "{program:?}"
        );
        assert!(matches!(app.paths["/etc/app"].place, Place::Folders(_)));
        let named = |effect: &Effect| match effect {
            Effect::User(name, Some(user)) => format!("{name} {:?} {:?}", user.uid, user.group),
            Effect::Group(name, group) => format!("{name} {group:?}"),
            other => panic!("{other:?}"),
        };
        let accounts: Vec<String> = app.accounts.iter().map(named).collect();
        assert_eq!(
            accounts,
            [
                "app Some(Group { gid: Some(321) })",
                "app Some(321) Some(\"app\")",
                "web None Some(\"www-data\")",
                "more Some(Group { gid: None })"
            ]
        );
        let own = &known["own"];
        assert!(!own.whole);
        assert_eq!(own.paths["/var/lib/own"].place, Place::Something);
        assert!(matches!(
            own.paths["/usr/share/own"].place,
            Place::Folders(_)
        ));
        let near: Vec<&String> = known["near"].paths.keys().collect();
        assert_eq!(near, ["/usr", "/usr/lib", "/usr/lib/a b", "/usr/lib/a b/x"]);
    }
}

fn checked(command: &str, content: &str) -> Validated {
    let upload = Upload {
        path: "/x".to_owned(),
        content: content.as_bytes().into(),
        mode: None,
        owner: None,
        group: None,
        backup: false,
        validate: Some(command.to_owned()),
    };
    Validated::of(&upload).unwrap()
}

#[test]
fn every_shell_asks_with_the_content_and_without_a_file() {
    let verdict = |shell: &Shell, command: &str, content: &str| {
        let question = checked(command, content);
        let Ask::Shell { script, .. } = question.ask() else {
            panic!("a shell is asked");
        };
        assert!(!script.text.contains("if true"), "{}", script.text);
        question.read(&shell.run(&script)).unwrap()
    };
    for shell in Shell::all() {
        let good = verdict(&shell, "sh -n %s", "if true; then :; fi\n").unwrap();
        assert_eq!((good.status, &*good.said), (0, ""), "{shell:?}");
        let bad = verdict(&shell, "sh -n %s", "if true; then\n").unwrap();
        assert!(
            bad.status != 0 && !bad.said.is_empty(),
            "{shell:?}: {bad:?}"
        );
        assert_eq!(
            verdict(&shell, "promtool check rules %s", ""),
            None,
            "{shell:?}"
        );
    }
}

#[test]
fn of_an_rpm_it_is_told_since_when_it_is_there() {
    let effect = Effect::Package("no-such-package".into(), Package::Gone { purged: false });
    let question = Since::of(&[effect]).unwrap();
    let Ask::Shell { script, .. } = question.ask() else {
        panic!("a shell is asked");
    };
    for (says, wanted) in [
        ("1700000000", Some(1_700_000_000)),
        ("package x is not installed", None),
    ] {
        let mut script = script.clone();
        script.text = format!("rpm() {{ echo '{says}'; }}\n{}", script.text);
        for shell in Shell::all() {
            let told = question.read(&shell.run(&script)).unwrap();
            let rpm = told.iter().find(|told| told.how == "rpm: installed");
            assert_eq!(rpm.and_then(|told| told.at), wanted, "{shell:?}: {told:?}");
        }
    }
}
