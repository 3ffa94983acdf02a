//! Fifty things that move behind a saved plan's back, as a seed chooses them.

use crate::ground::{Ground, all};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

/// How many hosts' things are harmed, and how many inputs.
const THINGS: usize = 40;
const INPUTS: usize = 10;

/// Numbers that a seed gives (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// What a task is about, and how it stands when it is planned.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// A file that is as declared.
    File,
    /// A file that is to be changed.
    Other,
    /// A file that is to be made.
    New,
    /// A folder that is as declared.
    Folder,
    /// A link that is as declared.
    Link,
    /// A line that stands in its file.
    Line,
}

const KINDS: [Kind; 6] = [
    Kind::File,
    Kind::Other,
    Kind::New,
    Kind::Folder,
    Kind::Link,
    Kind::Line,
];

fn task(kind: Kind, at: usize, owner: &str) -> String {
    let does = match kind {
        Kind::File | Kind::Other | Kind::New => {
            format!(
                "copy: {{content: \"declared {at}\\n\", dest: HERE/out/{at}, mode: '0644'{owner}}}"
            )
        }
        Kind::Folder => {
            format!("file: {{path: HERE/out/{at}, state: directory, mode: '0755'{owner}}}")
        }
        Kind::Link => format!("file: {{path: HERE/out/{at}, state: link, src: HERE/hosts}}"),
        Kind::Line => format!("lineinfile: {{path: HERE/out/{at}, line: declared}}"),
    };
    format!("    - {{name: thing {at} of it, {does}}}\n")
}

/// Makes it as it stands when it is planned.
fn lay(kind: Kind, path: &Path, at: usize) {
    match kind {
        Kind::File => fs::write(path, format!("declared {at}\n")).unwrap(),
        Kind::Other => fs::write(path, "another\n").unwrap(),
        Kind::New => {}
        Kind::Folder => fs::create_dir(path).unwrap(),
        Kind::Link => symlink(path.ancestors().nth(2).unwrap().join("hosts"), path).unwrap(),
        Kind::Line => fs::write(path, "a\ndeclared\nb\n").unwrap(),
    }
    if kind != Kind::New && kind != Kind::Link {
        let mode = if kind == Kind::Folder { 0o755 } else { 0o644 };
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
}

/// Does one harm to it; what it was.
fn harm(kind: Kind, path: &Path, chance: &mut Chance, root: bool) -> &'static str {
    let remove = || match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => fs::remove_dir(path).unwrap(),
        Ok(_) => fs::remove_file(path).unwrap(),
        Err(_) => {}
    };
    let mode = |bits| fs::set_permissions(path, Permissions::from_mode(bits)).unwrap();
    let beside = path.with_extension("beside");
    let choice = chance.below(if root { 6 } else { 5 });
    match (kind, choice) {
        (Kind::Link, 0 | 1 | 5) => {
            remove();
            symlink("elsewhere", path).unwrap();
            "led elsewhere"
        }
        (Kind::New, 0 | 1 | 2 | 5) | (Kind::Folder, 4) => {
            remove();
            fs::write(path, "by hand\n").unwrap();
            "made by hand"
        }
        (_, 0) if kind != Kind::Folder => {
            fs::write(path, "moved\n").unwrap();
            "content"
        }
        (Kind::Line, 1 | 5) => {
            fs::write(path, "a\nb\n").unwrap();
            "line"
        }
        (_, 0 | 1) => {
            mode(0o700);
            "mode"
        }
        (_, 2) => {
            remove();
            "removed"
        }
        (Kind::Folder, 3) => {
            remove();
            symlink("elsewhere", path).unwrap();
            "a link in its place"
        }
        (_, 3) => {
            remove();
            fs::create_dir(path).unwrap();
            "a folder in its place"
        }
        (_, 4) => {
            remove();
            fs::write(&beside, "beside\n").unwrap();
            symlink(&beside, path).unwrap();
            "a link in its place"
        }
        _ => {
            chown(path, Some(1), Some(1)).unwrap();
            "owner"
        }
    }
}

/// Each input, and what can be done to it.
fn harm_input(ground: &Ground, at: usize) -> String {
    let at_file = format!("files/tree/{at}");
    match at % 5 {
        0 => ground.write(&at_file, "moved"),
        1 => fs::remove_file(ground.path(&at_file)).unwrap(),
        2 => {
            let added = format!("files/tree/added-{at}");
            ground.write(&added, "added");
            return added;
        }
        3 => {
            let added = format!("host_vars/a/{at}.yml");
            ground.write(&added, "word: moved\n");
            return added;
        }
        _ => {
            let vars = format!("group_vars/all/{at}.yml");
            ground.write(&vars, "v: moved\n");
            return vars;
        }
    }
    at_file
}

fn inputs(ground: &Ground) {
    for folder in ["files", "host_vars", "group_vars"] {
        let _ = fs::remove_dir_all(ground.path(folder));
    }
    for at in 0..INPUTS {
        ground.write(&format!("files/tree/{at}"), "as it was");
        ground.write(&format!("group_vars/all/{at}.yml"), "v: then\n");
    }
}

/// The lines that a command said of something.
fn of<'a>(said: &'a str, name: &str) -> Vec<&'a str> {
    let words = format!("{name} ");
    let whole = |line: &&str| (line.to_string() + " ").contains(&words);
    said.lines().filter(whole).collect()
}

fn fifty(seed: u64) {
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let kinds: Vec<Kind> = (0..THINGS)
        .map(|_| KINDS[chance.below(KINDS.len())])
        .collect();
    let ground = Ground::new("");
    let root = ground.path("hosts").metadata().unwrap().uid() == 0;
    let owner = if root { ", owner: root" } else { "" };
    let mut playbook = "- hosts: a\n  gather_facts: false\n  tasks:\n".to_owned();
    for (at, kind) in kinds.iter().enumerate() {
        playbook += &task(*kind, at, owner);
    }
    playbook += "    - {name: the tree, copy: {src: tree, dest: HERE/out/}}\n";
    playbook += "    - {name: a run, shell: 'echo x >> HERE/out/run'}\n";
    ground.write("site.yml", &playbook);
    let lay_all = || {
        let _ = fs::remove_dir_all(ground.path("out"));
        fs::create_dir(ground.path("out")).unwrap();
        for (at, kind) in kinds.iter().enumerate() {
            lay(*kind, &ground.path(&format!("out/{at}")), at);
        }
    };
    lay_all();
    inputs(&ground);
    ground.plan();

    let files: Vec<String> = (0..INPUTS).map(|at| harm_input(&ground, at)).collect();
    let added = |file: &&String| file.contains("added") || file.contains("host_vars");
    // What is gone or changed is seen before anything is read, what is new once all was.
    for new in [false, true] {
        let said = ground.apply().with(6);
        for file in files.iter().filter(|file| added(file) == new) {
            assert_eq!(of(&said, file).len(), 1, "seed {seed}: {file} in {said}");
        }
        for at in 0..INPUTS {
            ground.write(&format!("files/tree/{at}"), "as it was");
            ground.write(&format!("group_vars/all/{at}.yml"), "v: then\n");
        }
    }
    inputs(&ground);

    let mut harms = Vec::new();
    for (at, kind) in kinds.iter().enumerate() {
        let path = ground.path(&format!("out/{at}"));
        harms.push(harm(*kind, &path, &mut chance, root));
    }
    let before = all(&ground.path("out"));
    let said = ground.apply().with(6);
    for (at, harm) in harms.iter().enumerate() {
        let told = of(&said, &format!("[a] thing {at} of it,"));
        let kind = kinds[at];
        assert_eq!(
            told.len(),
            1,
            "seed {seed}: {kind:?} {at}: {harm} is not named in {said}"
        );
    }
    assert!(
        said.contains(&format!("{THINGS} things moved")),
        "seed {seed}: {said}"
    );
    assert_eq!(
        all(&ground.path("out")),
        before,
        "seed {seed}: something was acted on"
    );

    // As it was the plan holds, and what it says is done.
    lay_all();
    ground.apply().with(0);
    assert_eq!(ground.read("out/run"), "x\n", "seed {seed}");
    let said = ground.run("plan site.yml -i hosts").with(0);
    assert!(
        said.contains("Plan: 1 host: 1 to change (1 run)"),
        "seed {seed}: {said}"
    );
}

#[test]
fn fifty_things_that_moved_are_all_named_before_anything_is_acted_on() {
    for seed in 1..=2 {
        fifty(seed);
    }
}
