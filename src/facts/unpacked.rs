//! Whether what an archive holds stands in a folder as it is in the archive.

use super::file::STAT_FORMAT;
use super::{Ask, File, Foreseen, Freshness, ProbeError, Question};
use crate::step::{Output, Script, pinned, quote};
use std::sync::Arc;

/// Where an archive is.
#[derive(Clone, Debug)]
pub enum Archive {
    /// At this absolute path of the host.
    At(String),
    /// It is sent to the host.
    Sent(Arc<[u8]>),
}

/// An archive, the folder that it is unpacked in, and how.
#[derive(Clone, Debug)]
pub struct Unpacking {
    /// The archive.
    pub archive: Archive,
    /// The folder.
    pub dest: String,
    /// More words for tar or unzip.
    pub options: Vec<String>,
    /// Only these.
    pub include: Vec<String>,
    /// Not these.
    pub exclude: Vec<String>,
    /// Leave what is newer on the host.
    pub keep_newer: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unpacked {
    /// The folder is not there.
    NoFolder,
    /// The archive is not there.
    NoArchive,
    /// The host has not this program.
    Lacks(String),
    /// It is no archive, or a broken one: what was said of it.
    Broken(String),
    /// It was compared.
    Is {
        /// The names in the archive.
        members: Vec<String>,
        /// What differs, in the words of tar.
        differs: Vec<String>,
        /// What stands where they go.
        there: Vec<(String, File)>,
    },
    /// Only in a dry run: the folder will be new.
    New,
}

impl Unpacking {
    /// Shell text that sets `a` to the archive's path, `t` to a file to be removed afterwards and `kind` to
    /// `zip` or `tar`, and defines `tell`, `compare` and `unpack`; stdin is the archive where it is sent.
    fn head(&self) -> String {
        let take = match &self.archive {
            Archive::At(path) => format!("a={}\nt=\n", quote(path)),
            Archive::Sent(_) => "t=$(mktemp) || exit\ncat >\"$t\"\na=$t\n".to_owned(),
        };
        let words = |words: &[String]| {
            words
                .iter()
                .map(|w| format!(" {}", quote(w)))
                .collect::<String>()
        };
        let (options, include) = (words(&self.options), words(&self.include));
        let exclude: String = self
            .exclude
            .iter()
            .map(|w| format!(" --exclude={}", quote(w)))
            .collect();
        let zip_exclude = if self.exclude.is_empty() {
            String::new()
        } else {
            format!(" -x{}", words(&self.exclude))
        };
        let (tar_newer, zip_how) = if self.keep_newer {
            (" --keep-newer-files", "-uo")
        } else {
            ("", "-o")
        };
        format!(
            "{take}dest={}\ncase $(head -c 2 \"$a\" 2>/dev/null) in PK) kind=zip ;; *) kind=tar ;; esac\n\
             with_tar() {{ how=$1; shift; tar \"$how\" \"$@\" --quoting-style=literal{options}{exclude} -f \"$a\"{include}; }}\n\
             unpack() {{ case $kind in zip) unzip -q {zip_how}{options} \"$a\"{include}{zip_exclude} </dev/null ;; \
             *) with_tar --extract{tar_newer} ;; esac; }}\n\
             names() {{ case $kind in zip) unzip -Z1 \"$a\"{include}{zip_exclude} 2>&1 ;; *) with_tar --list 2>&1 ;; esac; }}\n",
            quote(&self.dest)
        )
    }

    /// The script that unpacks it. What it holds gets this owner (`OWNER:GROUP`, as chown takes it) and
    /// this mode where they are not empty: in a folder where nobody else comes in, before it goes to its place.
    pub fn script(&self, whom: &str, mode: &str) -> Script {
        let mut text = self.head();
        text.push_str(&pinned::script("enter \"$dest\"\n"));
        if whom.is_empty() && mode.is_empty() {
            text.push_str("unpack; s=$?\n");
        } else {
            let (whom, mode) = (quote(whom), quote(mode));
            text.push_str(&format!(
                "d=$(mktemp -d) || exit\n(cd \"$d\" && unpack \
                 && {{ [ {whom} = '' ] || chown -hR {whom} .; }} \
                 && {{ [ {mode} = '' ] || find . -mindepth 1 ! -type l -exec chmod {mode} {{}} +; }}) \
                 && (cd \"$d\" && find . -mindepth 1 -maxdepth 1 -print0 | tar --create --null -T - -f -) | tar --extract -p -f -; s=$?\n\
                 rm -rf \"$d\"\n"
            ));
        }
        text.push_str("[ -z \"$t\" ] || rm -f \"$t\"\n(exit $s)");
        Script::new(text).stdin(self.sent())
    }

    fn sent(&self) -> Vec<u8> {
        match &self.archive {
            Archive::At(_) => Vec::new(),
            Archive::Sent(bytes) => bytes.to_vec(),
        }
    }
}

const COMPARE: &str = r#"look() {
cd "$dest" 2>/dev/null || { echo nofolder; return 0; }
[ -f "$a" ] || { echo noarchive; return 0; }
case $kind in
zip) command -v unzip >/dev/null || { echo lacks unzip; return 0; } ;;
*) tar --version 2>/dev/null | grep -q 'GNU tar' || { echo lacks tar; return 0; } ;;
esac
n=$(names) || { echo broken; printf '%s\n' "$n"; return 0; }
echo is
printf '%s\n' "$n" | while IFS= read -r f; do
printf 'member %s\n' "$f"
if [ -e "$f" ] || [ -L "$f" ]; then stat -c "at $format" -- "$f"; printf '%s\n' "$f"; fi
[ $kind = zip ] || continue
case $f in
*/) [ -d "$f" ] || printf 'differs %s: is not there\n' "$f" ;;
*) e=$(printf '%s\n' "$f" | sed 's/[][*?\\]/\\&/g')
unzip -p "$a" "$e" </dev/null | cmp -s - "$f" || printf 'differs %s: Contents differ\n' "$f" ;;
esac
done
[ $kind = zip ] || with_tar --diff 2>&1 </dev/null | sed 's/^/differs /'
}
look
[ -z "$t" ] || rm -f "$t"
"#;

impl Question for Unpacking {
    type Answer = Unpacked;

    fn ask(&self) -> Ask {
        let text = format!("{}format='{STAT_FORMAT}'\n{COMPARE}", self.head());
        Ask::Shell {
            script: Script::new(text).stdin(self.sent()),
            freshness: Freshness::Settled,
            slow: true,
        }
    }

    fn read(&self, output: &Output) -> Result<Unpacked, ProbeError> {
        let failed =
            || ProbeError::answer(&format!("compare an archive with {}", self.dest), output);
        let text = output.out();
        let mut lines = text.lines();
        let first = lines.next().filter(|_| output.ok()).ok_or_else(failed)?;
        match first {
            "nofolder" => return Ok(Unpacked::NoFolder),
            "noarchive" => return Ok(Unpacked::NoArchive),
            "broken" => return Ok(Unpacked::Broken(lines.collect::<Vec<_>>().join("\n"))),
            "is" => {}
            _ => {
                let lacks = first.strip_prefix("lacks ").ok_or_else(failed)?;
                return Ok(Unpacked::Lacks(lacks.to_owned()));
            }
        }
        let (mut members, mut differs, mut there) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(line) = lines.next() {
            if let Some(name) = line.strip_prefix("member ") {
                members.push(name.to_owned());
            } else if let Some(what) = line.strip_prefix("differs ") {
                differs.push(what.to_owned());
            } else if let Some(file) = line.strip_prefix("at ").and_then(File::read_stat) {
                let name = lines.next().ok_or_else(failed)?;
                there.push((name.to_owned(), file));
            }
        }
        Ok(Unpacked::Is {
            members,
            differs,
            there,
        })
    }

    fn foresee(
        &self,
        now: Result<Unpacked, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Unpacked, ProbeError> {
        let until = |path: &str, why: &str| {
            pending.decides(path).map(|until| ProbeError::Unknown {
                until,
                why: why.to_owned(),
            })
        };
        if let Archive::At(path) = &self.archive
            && let Some(unknown) = until(path, "it makes the archive")
        {
            return Err(unknown);
        }
        match now? {
            Unpacked::NoFolder if pending.decides(&self.dest).is_some() => Ok(Unpacked::New),
            Unpacked::Lacks(program) => {
                match until(&format!("/usr/bin/{program}"), "it brings the program") {
                    Some(unknown) => Err(unknown),
                    None => Ok(Unpacked::Lacks(program)),
                }
            }
            other => Ok(other),
        }
    }
}
