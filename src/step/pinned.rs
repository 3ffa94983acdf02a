//! What is done to files and folders where others may write too.
//!
//! A name in somebody else's folder can become a link to anything between two commands, so that a
//! root who says `chown` gives away what it never looked at. So nothing here follows such a name:
//! a folder is entered and asked where it is, a file gets a second name in a folder that only we
//! can enter, what is new is made whole in such a folder, and a rename puts it in place. The current
//! folder is the descriptor, so that `sh` and the usual tools are enough: dash, bash, busybox, ksh.

use super::{Access, Effect, Holds, Place, quote};
use std::collections::HashSet;
use std::fmt::Write;
use std::ops::{Add, AddAssign};
use std::sync::LazyLock;

/// The shell functions that all of this is made of.
const FUNCTIONS: &str = include_str!("pinned.sh");

/// Which file or folder was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The device.
    pub device: u64,
    /// The inode.
    pub inode: u64,
}

impl Seen {
    fn word(self) -> String {
        format!("{}:{}", self.device, self.inode)
    }
}

/// A script of the lines that the functions below give; empty where there are none. A host reads
/// it a byte at a time, so it holds the functions that it needs and no others.
pub fn script(lines: &str) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let (begin, functions) = &*PARTS;
    let mut needed = vec![false; functions.len()];
    loop {
        let known = |at: usize| needed[at].then_some(functions[at].1.as_str());
        let text = (0..functions.len()).filter_map(known).collect::<String>() + lines;
        let words: HashSet<&str> = text
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .collect();
        let named = |(name, _): &(String, String)| words.contains(name.as_str());
        let now: Vec<bool> = functions.iter().map(named).collect();
        if now == needed {
            break;
        }
        needed = now;
    }
    let mut text = begin.clone();
    for ((_, body), needed) in functions.iter().zip(needed) {
        if needed {
            text.push_str(body);
        }
    }
    text + lines
}

/// What stands before the functions, and the functions by name, without comments and indentation.
static PARTS: LazyLock<(String, Vec<(String, String)>)> = LazyLock::new(|| {
    let mut begin = String::new();
    let mut functions: Vec<(String, String)> = Vec::new();
    for line in FUNCTIONS.lines() {
        let bare = line.trim_start();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        if let Some((name, _)) = line.split_once("() {") {
            functions.push((name.to_owned(), String::new()));
        }
        let part = functions.last_mut().map_or(&mut begin, |(_, body)| body);
        part.push_str(bare);
        part.push('\n');
    }
    (begin, functions)
});

/// Lines of a [`script`], and what they make true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The lines.
    pub text: String,
    /// What they make true, in order.
    pub makes: Vec<Effect>,
}

impl Lines {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl AddAssign for Lines {
    fn add_assign(&mut self, more: Self) {
        self.text.push_str(&more.text);
        self.makes.extend(more.makes);
    }
}

impl Add for Lines {
    type Output = Self;

    fn add(mut self, more: Self) -> Self {
        self += more;
        self
    }
}

fn call(function: &str, words: &[&str], makes: Vec<(&str, Place)>) -> Lines {
    let mut text = function.to_owned();
    for word in words {
        // Writing to a String can't fail.
        let _ = write!(text, " {}", quote(word));
    }
    text.push('\n');
    let path = |(path, place): (&str, Place)| Effect::Path(path.to_owned(), place);
    Lines {
        text,
        makes: makes.into_iter().map(path).collect(),
    }
}

/// Gives the folder an owner (`OWNER:GROUP`, as chown takes it) and a mode; empty leaves it.
pub fn folder_is(path: &str, seen: Seen, whom: &str, mode: &str) -> Lines {
    let place = Place::Access(Access::of_words(whom, mode));
    call(
        "folder_is",
        &[path, &seen.word(), whom, mode],
        vec![(path, place)],
    )
}

/// Gives what stands in the folder under these names, no folders themselves, an owner and a mode.
pub fn files_are(folder: &str, files: &[(&str, Seen)], whom: &str, mode: &str) -> Lines {
    let seen: Vec<String> = files.iter().map(|(_, seen)| seen.word()).collect();
    let seen = seen.join(" ");
    let mut words = vec![folder, &seen, whom, mode];
    words.extend(files.iter().map(|(name, _)| *name));
    let inside = folder.trim_end_matches('/');
    let paths: Vec<String> = files
        .iter()
        .map(|(name, _)| format!("{inside}/{name}"))
        .collect();
    let place = || Place::Access(Access::of_words(whom, mode));
    let makes = paths.iter().map(|path| (path.as_str(), place())).collect();
    call("files_are", &words, makes)
}

/// Makes a folder, in one that is there.
pub fn make_folder(path: &str, whom: &str, mode: &str) -> Lines {
    let place = Place::Folder(Access::of_words(whom, mode));
    call("make_folder", &[path, whom, mode], vec![(path, place)])
}

/// Makes a folder that may be there already, and those above it; the owner and the mode are its own.
pub fn make_folders(path: &str, whom: &str, mode: &str) -> Lines {
    let place = Place::Folders(Access::of_words(whom, mode));
    call("make_folders", &[path, whom, mode], vec![(path, place)])
}

/// Makes a home folder with a copy of what a skeleton holds.
pub fn make_home(path: &str, skeleton: &str, whom: &str, mode: &str) -> Lines {
    let place = Place::Folders(Access::of_words(whom, mode));
    call(
        "make_home",
        &[path, skeleton, whom, mode],
        vec![(path, place)],
    )
}

/// Makes an empty file; each of `times` is the options of a `touch`: `-m -t 202411231400.00`.
pub fn make_empty(path: &str, whom: &str, mode: &str, times: &[String]) -> Lines {
    let mut words = vec![path, whom, mode];
    words.extend(times.iter().map(String::as_str));
    let nothing = Holds::Bytes(Vec::new().into());
    let place = Place::File(nothing, Access::of_words(whom, mode));
    call("make_empty", &words, vec![(path, place)])
}

/// Makes a symbolic link, in the place of a file, a link or an empty folder too.
pub fn make_link(path: &str, target: &str, whom: &str) -> Lines {
    let place = Place::Link(target.to_owned());
    call("make_link", &[path, target, whom], vec![(path, place)])
}

/// Makes a second name for the file `target`, in the place of a file too.
pub fn make_hard_link(path: &str, target: &str, seen: Seen) -> Lines {
    let twin = Place::Twin(target.to_owned());
    call(
        "make_hard_link",
        &[path, target, &seen.word()],
        vec![(path, twin)],
    )
}

/// Sets times; each of `times` is the options of a `touch`.
pub fn touched(path: &str, seen: Seen, times: &[String]) -> Lines {
    let seen = seen.word();
    let mut words = vec![path, &seen];
    words.extend(times.iter().map(String::as_str));
    call("touched", &words, Vec::new())
}

/// Removes a file, a link, or a folder and all that is in it.
pub fn remove(path: &str, seen: Seen) -> Lines {
    call(
        "remove",
        &[path, &seen.word()],
        vec![(path, Place::Nothing)],
    )
}

/// Mounts on the folder at `path`; `words` are those of mount but the place.
pub fn mount(path: &str, words: &[&str]) -> Lines {
    let words: Vec<&str> = std::iter::once(path).chain(words.iter().copied()).collect();
    call("mount_on", &words, Vec::new())
}

/// Takes away what is mounted at `path`.
pub fn unmount(path: &str) -> Lines {
    call("mount_off", &[path], Vec::new())
}

/// Removes the empty folder at `path`.
pub fn remove_empty(path: &str) -> Lines {
    call("remove_empty", &[path], vec![(path, Place::Nothing)])
}

/// A read-only script that goes to `path` and prints the real name of what stands there, or says on
/// stderr why a link on the way is not followed.
pub fn walk(path: &str) -> String {
    let path = quote(path);
    script(&format!(
        "p={path}\ncase $p in /*) ;; *) p=${{begin%/}}/$p ;; esac\nwalk \"$p\"\nprintf '%s\\n' \"${{at%/}}/$leaf\"\n"
    ))
}
