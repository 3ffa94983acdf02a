//! What a file allows and holds, beyond what [`super::FileAt`] tells.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{Output, hex, quote};
use sha2::Digest;

/// Asks for what a path allows, and for the checksum and kind of its content.
#[derive(Clone, Debug)]
pub struct Details {
    /// The path.
    pub path: String,
    /// Describe what a link points to.
    pub follow: bool,
    /// The checksum's algorithm (`sha1`), when it is wanted.
    pub checksum: Option<&'static str>,
    /// Ask the `file` program for the content's type.
    pub mime: bool,
    /// Ask `lsattr` for the flags.
    pub flags: bool,
}

/// The answer to [`Details`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detailed {
    /// What the task's user may do with it: read, write, execute.
    pub allowed: [bool; 3],
    /// The size of a block, and how many blocks it takes.
    pub blocks: Option<(u64, u64)>,
    /// The checksum in hex.
    pub checksum: Option<String>,
    /// `text/plain; charset=us-ascii`
    pub mime: Option<String>,
    /// What `lsattr -vd` said.
    pub flags: Option<String>,
}

/// The checksum in hex by one of coreutils' algorithms.
pub fn checksum(algorithm: &str, bytes: &[u8]) -> Option<String> {
    let sum = match algorithm {
        "md5" => hex(&md5::Md5::digest(bytes)),
        "sha1" => hex(&sha1::Sha1::digest(bytes)),
        "sha224" => hex(&sha2::Sha224::digest(bytes)),
        "sha256" => hex(&sha2::Sha256::digest(bytes)),
        "sha384" => hex(&sha2::Sha384::digest(bytes)),
        "sha512" => hex(&sha2::Sha512::digest(bytes)),
        _ => return None,
    };
    Some(sum)
}

impl Question for Details {
    type Answer = Detailed;

    fn ask(&self) -> Ask {
        let follow = if self.follow { "-L " } else { "" };
        let mut text = format!(
            "p={}\n[ -e \"$p\" ] || [ -L \"$p\" ] || exit 0\na=\n\
             for t in r w x; do if [ -$t \"$p\" ]; then a=$a$t; else a=$a-; fi; done\necho \"may $a\"\n\
             echo \"blocks $(stat {follow}-c '%o %b' \"$p\")\"\n",
            quote(&self.path)
        );
        if let Some(algorithm) = self.checksum {
            let test = if self.follow {
                ""
            } else {
                " && [ ! -L \"$p\" ]"
            };
            text.push_str(&format!(
                "if [ -f \"$p\" ] && [ -r \"$p\" ]{test}; then echo \"sum $({algorithm}sum <\"$p\")\"; fi\n"
            ));
        }
        if self.mime {
            text.push_str(
                "command -v file >/dev/null && echo \"mime $(file -b --mime-type --mime-encoding \"$p\" 2>/dev/null)\"\n",
            );
        }
        if self.flags {
            text.push_str(
                "command -v lsattr >/dev/null && echo \"flags $(lsattr -vd \"$p\" 2>/dev/null)\"\n",
            );
        }
        text.push(':');
        Ask::settled(text)
    }

    fn read(&self, output: &Output) -> Result<Detailed, ProbeError> {
        if !output.ok() {
            return Err(ProbeError::answer(
                &format!("look at {}", self.path),
                output,
            ));
        }
        let text = output.out();
        let part = |word: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(word))
                .filter(|part| !part.is_empty())
        };
        let may = part("may ").unwrap_or_default();
        Ok(Detailed {
            allowed: ['r', 'w', 'x'].map(|letter| may.contains(letter)),
            blocks: part("blocks ").and_then(|part| {
                let (size, count) = part.split_once(' ')?;
                Some((size.parse().ok()?, count.parse().ok()?))
            }),
            checksum: part("sum ")
                .and_then(|part| part.split(' ').next())
                .map(str::to_owned),
            mime: part("mime ").map(str::to_owned),
            flags: part("flags ").map(str::to_owned),
        })
    }

    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        let path = pending.real(&self.path, self.follow);
        Self {
            path,
            ..self.clone()
        }
        .ask()
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.details(
            &self.path,
            self.follow,
            |bytes| checksum(self.checksum?, bytes),
            now,
        )
    }
}
