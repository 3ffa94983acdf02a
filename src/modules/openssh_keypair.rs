//! A pair of SSH keys on the host.
//!
//! ```yaml
//! - openssh_keypair: { path: /root/.ssh/id_ed25519, type: ed25519, comment: backup }
//! ```
//!
//! The private half never leaves the host. `ssh-keygen` makes it, so the host has OpenSSH's client.

use super::attributes::file_params;
use super::placed::{Placed, Placing, act};
use super::presence::Presence;
use super::ssh_key::NewKey;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Bytes, Content, File, FileAt, Kind, Look, ProbeError, Says, expand, found};
use crate::modules::unsupported::Unsupported;
use crate::secret::Secret;
use crate::step::{Access, Action, Effect, Holds, Place, Step, pinned, quote};
use serde::Deserialize;

/// `openssh_keypair`
pub struct OpensshKeypair;

/// The kind of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// RSA.
    #[default]
    Rsa,
    /// DSA, which newer systems don't make any more.
    Dsa,
    /// ECDSA.
    Ecdsa,
    /// Ed25519.
    Ed25519,
}

impl Type {
    fn word(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Dsa => "dsa",
            Self::Ecdsa => "ecdsa",
            Self::Ed25519 => "ed25519",
        }
    }

    fn size(self) -> u32 {
        match self {
            Self::Rsa => 4096,
            Self::Dsa => 1024,
            Self::Ecdsa | Self::Ed25519 => 256,
        }
    }
}

/// When a pair that is there is made anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Regenerate {
    /// Never.
    Never,
    /// Never: the task fails where it is another kind of key.
    Fail,
    /// Where it is another kind of key.
    #[default]
    PartialIdempotence,
    /// The same, and where it can't be read.
    FullIdempotence,
    /// Each time.
    Always,
}

file_params! {
    /// The parameters of `openssh_keypair`.
    pub struct Params {
        /// The private half; the public one stands beside it with `.pub`.
        pub path: String,
        /// Whether it is there.
        #[serde(default)]
        pub state: Presence,
        /// The kind of key.
        #[serde(default, rename = "type")]
        pub kind: Type,
        /// Its bits; 4096 for RSA.
        #[serde(default)]
        pub size: Option<u32>,
        /// The comment of the public half.
        #[serde(default)]
        pub comment: Option<String>,
        /// Make it anew each time.
        #[serde(default)]
        pub force: bool,
        /// When a pair that is there is made anew.
        #[serde(default)]
        pub regenerate: Regenerate,
        /// The passphrase of a pair that is made; that of one that is there is not tried.
        #[serde(default)]
        pub passphrase: Option<Secret>,
        /// Has no effect: OpenSSH's own, `auto` or `ssh`.
        #[serde(default)]
        pub private_key_format: Option<Format>,
        /// Has no effect: it is always `ssh-keygen`.
        #[serde(default)]
        pub backend: Option<String>,
        /// Not supported.
        #[serde(default)]
        pub remote_src: Unsupported,
    }
}

/// How the private half is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// OpenSSH's.
    Auto,
    /// OpenSSH's.
    Ssh,
}

/// What is so.
pub struct State {
    path: String,
    private: Option<File>,
    public: Placed,
    /// The public half's line.
    line: Option<String>,
    /// What `ssh-keygen -l` says: `256 SHA256:... comment (ED25519)`.
    about: Option<About>,
}

/// What `ssh-keygen` says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct About {
    size: u32,
    fingerprint: String,
    kind: String,
}

impl About {
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let size = words.next()?.parse().ok()?;
        let fingerprint = words.next()?.to_owned();
        let kind = words.next_back()?.trim_matches(['(', ')']).to_lowercase();
        Some(Self {
            size,
            fingerprint,
            kind,
        })
    }
}

impl State {
    fn comment(&self) -> &str {
        let line = self.line.as_deref().unwrap_or_default();
        line.splitn(3, ' ').nth(2).unwrap_or_default().trim_end()
    }
}

impl Params {
    fn size(&self) -> u32 {
        match self.kind {
            Type::Ed25519 => 256,
            kind => self.size.unwrap_or(kind.size()),
        }
    }

    /// Whether it is made anew, or why the task fails.
    fn anew(&self, state: &State) -> Result<bool, String> {
        if self.force || self.regenerate == Regenerate::Always || state.private.is_none() {
            return Ok(true);
        }
        let path = &state.path;
        let Some(about) = &state.about else {
            return match self.regenerate {
                Regenerate::FullIdempotence => Ok(true),
                _ => Err(format!(
                    "{path} is no key that can be read; `regenerate: full_idempotence` or `force: true` replaces it"
                )),
            };
        };
        if self.regenerate == Regenerate::Never
            || (about.kind == self.kind.word() && about.size == self.size())
        {
            return Ok(false);
        }
        if self.regenerate == Regenerate::Fail {
            return Err(format!(
                "{path} is a key of another kind ({} {}); `force: true` replaces it",
                about.kind, about.size
            ));
        }
        Ok(true)
    }

    fn make(&self, state: &State) -> Step {
        let path = &state.path;
        let comment = self.comment.as_deref().unwrap_or_default();
        let (whom, mode) = self.wanted().new_words(false);
        let key = NewKey {
            path,
            kind: self.kind.word(),
            bits: (self.kind != Type::Ed25519).then(|| self.size()),
            comment: quote(comment),
            passphrase: self.passphrase.as_ref(),
            whom: &whom,
            mode: &mode,
            before: "",
        };
        let access = |usual| Access {
            mode: Some(usual),
            ..Access::default()
        };
        let new = || Holds::Unknown(format!("ssh-keygen makes {path} then"));
        let given = Access::of_words(&whom, &mode);
        let makes = [(path.clone(), 0o600), (format!("{path}.pub"), 0o644)];
        let makes = makes.map(|(path, usual)| {
            Effect::Path(path, Place::File(new(), given.over(&access(usual))))
        });
        let about = format!(
            "{} SHA256:(a new key) ({})",
            self.size(),
            self.kind.word().to_uppercase()
        );
        let step = Step::new(format!("make the key {path}"), Action::Run(key.script()));
        step.making(makes)
            .making([Effect::Says(format!("key {path}"), Some(about))])
    }
}

impl Module for OpensshKeypair {
    const NAME: &'static str = "openssh_keypair";
    const COLLECTION: &'static str = "community.crypto";
    const ABOUT: Option<&'static str> = Some("path");
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let size = params.size();
        let why = match params.kind {
            Type::Rsa if size < 1024 => "a key of RSA has at least 1024 bits",
            Type::Dsa if size != 1024 => "a key of DSA has 1024 bits",
            Type::Ecdsa if ![256, 384, 521].contains(&size) => {
                "a key of ECDSA has 256, 384 or 521 bits"
            }
            _ if params
                .comment
                .as_deref()
                .is_some_and(|comment| comment.contains('\n')) =>
            {
                "`comment` is one line"
            }
            _ => return Ok(params),
        };
        Err(Diag::error(why))
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        params.no_context(look).await?;
        let path = expand(look, &params.path).await?;
        let at = |path: String| FileAt {
            path,
            follow: false,
            hash: false,
        };
        let ((private, path), (public, beside)) = futures::try_join!(
            found(look, at(path.clone())),
            found(look, at(format!("{path}.pub"))),
        )?;
        let is_folder = |file: &Option<File>| {
            file.as_ref()
                .is_some_and(|file| file.kind == Kind::Directory)
        };
        if is_folder(&private) || is_folder(&public) {
            return Err(ProbeError::Failed(format!(
                "{path} is a directory where a key is wanted"
            )));
        }
        let mut state = State {
            path,
            private,
            public: Placed {
                path: beside,
                file: public,
                text: None,
            },
            line: None,
            about: None,
        };
        if state.private.is_none() || params.state == Presence::Absent {
            return Ok(state);
        }
        let asked = Says {
            of: format!("key {}", state.path),
            program: "ssh-keygen",
            package: "openssh-client",
            script: format!(
                "ssh-keygen -l -f {} 2>/dev/null </dev/null; :",
                quote(&state.path)
            ),
        };
        let content = Content {
            path: state.public.path.clone(),
            limit: 64 << 10,
        };
        let said = look.fact(asked).await?;
        state.about = About::read(&said);
        state.line = match look.fact(content).await {
            Ok(Bytes::Are(bytes)) => Some(String::from_utf8_lossy(&bytes).trim_end().to_owned()),
            // A pair that is pending: what is in it is not known, and nothing more is asked of it.
            Ok(_) | Err(ProbeError::Unknown { .. }) => None,
            Err(other) => return Err(other),
        };
        Ok(state)
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let path = &state.path;
        let halves = [
            (path, state.private.as_ref()),
            (&state.public.path, state.public.file.as_ref()),
        ];
        if params.state == Presence::Absent {
            let (mut changes, mut steps) = (Vec::new(), Vec::new());
            for (path, file) in halves {
                if let Some(file) = file {
                    changes.push(Change::new(Sign::Remove, path));
                    steps.push(act(
                        format!("remove {path}"),
                        &pinned::remove(path, file.seen()),
                    ));
                }
            }
            return Ok(Plan::Converge { changes, steps });
        }
        if params.anew(state)? {
            let sign = if state.private.is_some() {
                Sign::Modify
            } else {
                Sign::Add
            };
            let mut changes = vec![Change::new(sign, format!("SSH key {path}"))];
            let steps = vec![params.make(state)];
            changes.extend(params.wanted().additions(path, false));
            let again = params.force || params.regenerate == Regenerate::Always;
            return Ok(if again {
                Plan::Act { changes, steps }
            } else {
                Plan::Converge { changes, steps }
            });
        }
        let (mut changes, mut steps) = (Vec::new(), Vec::new());
        if let (Some(line), Some(comment)) = (&state.line, &params.comment)
            && state.comment() != comment
        {
            let mut words = line.splitn(3, ' ');
            let (kind, key) = (
                words.next().unwrap_or_default(),
                words.next().unwrap_or_default(),
            );
            let new = format!("{kind} {key} {comment}\n").into_bytes().into();
            let (edits, put) = state.public.plan(&new, &Placing::default())?;
            changes.extend(edits);
            steps.extend(put);
        }
        for (path, file) in halves {
            let Some(file) = file else {
                continue;
            };
            let lines = params.wanted().lines(path, file);
            if !lines.is_empty() {
                changes.extend(params.wanted().changes(path, file));
                steps.push(act(format!("set attributes of {path}"), &lines));
            }
        }
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        let state = after.unwrap_or(before);
        let result = TaskResult::of(plan, ran)
            .with("filename", state.path.clone())
            .with("type", params.kind.word())
            .with(
                "size",
                state
                    .about
                    .as_ref()
                    .map_or(params.size(), |about| about.size),
            );
        match (&state.line, &state.about) {
            (Some(line), Some(about)) => {
                let mut words = line.splitn(3, ' ');
                let bare: Vec<&str> = words.by_ref().take(2).collect();
                result
                    .with("public_key", bare.join(" "))
                    .with("comment", state.comment())
                    .with("fingerprint", about.fingerprint.clone())
            }
            _ if params.state == Presence::Absent => result,
            _ => result.partial(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, planned, ready, settled};
    use serde_json::{Value, json};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_pair_is_made_once_and_its_comment_can_change() {
        for shell in Shell::all() {
            if format!("{shell:?}").contains("busybox") {
                continue;
            }
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("id_ed25519");
            let args =
                |comment: &str| json!({ "path": path, "type": "ed25519", "comment": comment });
            let made = live::<OpensshKeypair>(&shell, home.path(), args("one two"));
            assert!(made.changed, "{shell:?}: {made:?}");
            let again = settled::<OpensshKeypair>(&shell, home.path(), args("one two"));
            assert_eq!(
                (&again.values["size"], &again.values["comment"]),
                (&json!(256), &json!("one two"))
            );
            assert!(
                again.values["fingerprint"]
                    .as_str()
                    .unwrap()
                    .starts_with("SHA256:")
            );
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let other = live::<OpensshKeypair>(&shell, home.path(), args("three"));
            assert_eq!(other.values["fingerprint"], again.values["fingerprint"]);
            assert_eq!(other.values["comment"], "three");
            let gone = json!({ "path": path, "state": "absent" });
            assert!(live::<OpensshKeypair>(&shell, home.path(), gone.clone()).changed);
            settled::<OpensshKeypair>(&shell, home.path(), gone);
        }
    }

    const FILE: &str = "8180 0 0 root root 0 1 2 3 77 5 1\n";

    fn plan(args: Value, about: &str) -> Result<bool, String> {
        let answers = [
            ("ssh-keygen -l", about),
            ("echo \"large", "bytes\nssh-rsa AAAA c\n"),
            ("stat", FILE),
        ];
        planned::<OpensshKeypair>(args, &answers).map(|plan| plan.is_change())
    }

    #[test]
    fn another_kind_of_key_is_replaced_or_refused() {
        let args =
            |regenerate: &str| json!({ "path": "/k", "type": "rsa", "regenerate": regenerate });
        let (same, other) = ("4096 SHA256:x c (RSA)\n", "256 SHA256:x c (ED25519)\n");
        assert_eq!(plan(args("partial_idempotence"), same), Ok(false));
        assert_eq!(plan(args("partial_idempotence"), other), Ok(true));
        assert_eq!(plan(args("never"), other), Ok(false));
        assert!(
            plan(args("fail"), other)
                .unwrap_err()
                .contains("another kind")
        );
        assert!(
            plan(args("partial_idempotence"), "")
                .unwrap_err()
                .contains("no key")
        );
        assert_eq!(plan(args("full_idempotence"), ""), Ok(true));
        assert_eq!(plan(args("always"), same), Ok(true));
    }

    #[test]
    fn sizes_that_no_key_has_are_refused() {
        let refused = |args| ready::<OpensshKeypair>("/".as_ref(), args).is_err();
        assert!(refused(json!({ "path": "/k", "size": 512 })));
        assert!(refused(
            json!({ "path": "/k", "type": "ecdsa", "size": 300 })
        ));
        assert!(!refused(
            json!({ "path": "/k", "type": "ed25519", "size": 4096 })
        ));
    }
}
