//! Whether the command that must accept a new file does so already now, where it can be asked without the
//! file: with the content on its standard input.

use super::{Ask, Foreseen, Freshness, ProbeError, Question};
use crate::step::{Output, Script, Upload, quote};
use std::sync::Arc;

/// What only reads the file that it is given. Others may open logs, write beside it, or take what comes
/// over a pipe for nothing: a plan does not try it.
const ONLY_READ: [&str; 19] = [
    "bash -n %s",
    "dash -n %s",
    "dnsmasq --test -C %s",
    "haproxy -c -f %s",
    "haproxy -c -q -f %s",
    "haproxy -q -c -f %s",
    "jq . %s",
    "named-checkconf %s",
    "nft -c -f %s",
    "nft -cf %s",
    "promtool check config %s",
    "promtool check rules %s",
    "sh -n %s",
    "sshd -t -f %s",
    "sshd -tf %s",
    "visudo -c -f %s",
    "visudo -cf %s",
    "visudo -cqf %s",
    "xmllint --noout %s",
];

/// Asks it.
#[derive(Clone, Debug)]
pub struct Validated {
    program: String,
    /// The command with its standard input as the file.
    command: String,
    content: Arc<[u8]>,
}

/// What it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Its status.
    pub status: i32,
    /// The first line that it printed.
    pub said: String,
}

impl Validated {
    /// The question, where the file's command is one that only reads.
    pub fn of(upload: &Upload) -> Option<Self> {
        let words: Vec<&str> = upload.validate.as_ref()?.split_whitespace().collect();
        let (program, rest) = words.split_first()?;
        let name = ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", ""]
            .into_iter()
            .find_map(|folder| program.strip_prefix(folder))?;
        let whole = format!("{name} {}", rest.join(" "));
        let only_reads = ONLY_READ.contains(&whole.as_str());
        only_reads.then(|| Self {
            program: (*program).to_owned(),
            command: words.join(" ").replace("%s", "/dev/stdin"),
            content: Arc::clone(&upload.content),
        })
    }
}

impl Question for Validated {
    /// `None` where there is no such program.
    type Answer = Option<Verdict>;

    fn ask(&self) -> Ask {
        let text = format!(
            "command -v {} >/dev/null 2>&1 || exit 0\nsaid=$(LC_ALL=C {} 2>&1)\necho \"$? $said\"",
            quote(&self.program),
            self.command
        );
        Ask::Shell {
            script: Script::new(text).stdin(self.content.to_vec()),
            freshness: Freshness::Live,
            slow: true,
        }
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        let told = output.out();
        let Some((status, said)) = told.split_once(' ') else {
            return Ok(None);
        };
        let status = status
            .parse()
            .map_err(|_| ProbeError::answer("validate a file", output))?;
        Ok(Some(Verdict {
            status,
            said: said.lines().next().unwrap_or_default().trim().to_owned(),
        }))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        // It is asked as it is now, where it stays that.
        let folders = ["/usr/sbin", "/usr/bin"].map(|at| format!("{at}/{}", self.program));
        let mut names = folders
            .iter()
            .map(String::as_str)
            .chain([self.program.as_str()]);
        match names.find_map(|name| pending.decides(name)) {
            Some(until) => Err(ProbeError::Unknown {
                until,
                why: format!("it brings {}", self.program),
            }),
            None => now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(command: &str, content: &str) -> Option<Validated> {
        Validated::of(&Upload {
            path: "/x".to_owned(),
            content: content.as_bytes().into(),
            mode: None,
            owner: None,
            group: None,
            backup: false,
            validate: Some(command.to_owned()),
        })
    }

    #[test]
    fn only_what_only_reads_is_asked() {
        for command in ["visudo -cf %s", "/usr/sbin/visudo  -cf %s", "/bin/sh -n %s"] {
            assert!(question(command, "").is_some(), "{command}");
        }
        for command in [
            "nginx -t -c %s",
            "visudo -x %s",
            "visudo -cf %s; touch /x",
            "visudo -cf '%s'",
            "visudo -cf /etc/sudoers",
            "/opt/visudo -cf %s",
            "sh %s",
            "%s",
        ] {
            assert!(question(command, "").is_none(), "{command}");
        }
    }
}
