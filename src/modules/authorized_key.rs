//! SSH keys that may log in as a user.
//!
//! ```yaml
//! - authorized_key: { user: lab, key: "{{ lookup('file', 'id_ed25519.pub') }}" }
//! ```

use super::attributes::{Wanted, parted};
use super::edited::{Edited, lines};
use super::folders;
use super::mode::Mode;
use super::placed::{Placing, act};
use super::presence::Presence;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{File, FileAt, Look, Number, ProbeError, User, UserNamed, found};
use crate::modules::defaults::yes;
use serde::Deserialize;

/// `authorized_key`
pub struct AuthorizedKey;

/// The parameters of `authorized_key`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
pub struct Params {
    /// The user who may be logged in to.
    pub user: String,
    /// The public keys, one a line.
    pub key: String,
    /// Whether they may log in.
    #[serde(default)]
    pub state: Presence,
    /// Another file than the user's `~/.ssh/authorized_keys`.
    #[serde(default)]
    pub path: Option<String>,
    /// Make the folder, and mend its owner and permissions.
    #[serde(default = "yes")]
    pub manage_dir: bool,
    /// Options before the keys, such as `no-pty,from="10.0.0.0/8"`.
    #[serde(default)]
    pub key_options: Option<String>,
    /// No other key may log in.
    #[serde(default)]
    pub exclusive: bool,
    /// Another comment than the key's own.
    #[serde(default)]
    pub comment: Option<String>,
    /// Has no effect: a link is written through, where nobody else could have laid it or it leads to
    /// what is theirs.
    #[serde(default)]
    #[allow(dead_code)] // Only named, so that it is taken.
    pub follow: bool,
    /// Has no effect: keys are never fetched.
    #[serde(default = "yes")]
    #[allow(dead_code)] // Only named, so that it is taken.
    pub validate_certs: bool,
}

/// A line of the file.
#[allow(clippy::struct_field_names)] // The field's own names: options, type, key, comment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    options: String,
    kind: String,
    key: String,
    comment: String,
}

const KINDS: [&str; 4] = ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"];

impl Key {
    /// Reads `[options] kind key [comment]`; options may hold blanks in quotes.
    fn read(line: &str) -> Option<Self> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let starts = |text: &str| KINDS.iter().any(|kind| text.starts_with(kind));
        let (options, rest) = if starts(line) {
            ("", line)
        } else {
            let mut quoted = false;
            let mut last = ' ';
            let end = line.char_indices().find(|(_, c)| {
                quoted ^= *c == '"' && last != '\\';
                last = *c;
                c.is_whitespace() && !quoted
            })?;
            (&line[..end.0], line[end.0..].trim_start())
        };
        let mut words = rest.splitn(3, char::is_whitespace);
        let kind = words.next().filter(|kind| starts(kind))?;
        let key = words.next().filter(|key| !key.is_empty())?;
        Some(Self {
            options: options.into(),
            kind: kind.into(),
            key: key.into(),
            comment: words.next().unwrap_or_default().trim().into(),
        })
    }

    fn line(&self) -> String {
        let words = [&self.options, &self.kind, &self.key, &self.comment];
        let words: Vec<&str> = words
            .iter()
            .map(|word| word.as_str())
            .filter(|word| !word.is_empty())
            .collect();
        format!("{}\n", words.join(" "))
    }
}

impl Params {
    fn keys(&self) -> Vec<Key> {
        let own = |mut key: Key| {
            if let Some(options) = &self.key_options {
                key.options.clone_from(options);
            }
            if let Some(comment) = &self.comment {
                key.comment.clone_from(comment);
            }
            key
        };
        self.key.lines().filter_map(Key::read).map(own).collect()
    }

    fn edit(&self, text: &str) -> String {
        let wanted = self.keys();
        let same = |line: &str| {
            let there = Key::read(line)?;
            wanted
                .iter()
                .find(|key| key.key == there.key && key.kind == there.kind)
        };
        let mut seen: Vec<&Key> = Vec::new();
        let mut left = Vec::new();
        for line in lines(text) {
            match (self.state, same(&line)) {
                (Presence::Absent, Some(_)) => {}
                // A second line of the same key goes.
                (Presence::Present, Some(key)) if seen.contains(&key) => {}
                (Presence::Present, Some(key)) => {
                    let kept = Key::read(&line).is_some_and(|there| {
                        there.options == key.options
                            && (self.comment.is_none() || there.comment == key.comment)
                    });
                    left.push(if kept { line } else { key.line() });
                    seen.push(key);
                }
                (Presence::Present, None) if self.exclusive => {}
                (_, None) => left.push(line),
            }
        }
        if self.state == Presence::Present {
            if let Some(last) = left.last_mut().filter(|line| !line.ends_with('\n')) {
                last.push('\n');
            }
            left.extend(
                wanted
                    .iter()
                    .filter(|key| !seen.contains(key))
                    .map(Key::line),
            );
        }
        left.concat()
    }
}

/// The user and the file.
pub struct State {
    user: User,
    file: Edited,
    /// The folder of a file that is not there yet, where that is to be made or mended.
    folder: Option<(String, Option<File>)>,
}

impl State {
    /// Whose the file becomes. By name, as people read it, unless it has the right number already: two
    /// users may share one.
    fn names(&self) -> (String, String) {
        let there = self.file.placed.file.as_ref();
        let name = |name: &str, number: &Number, now: Option<u32>| match number.known() {
            Ok(number) if now == Some(number) => number.to_string(),
            _ => name.to_owned(),
        };
        let user = &self.user;
        (
            name(&user.name, &user.uid, there.map(|file| file.uid)),
            name(&user.group, &user.gid, there.map(|file| file.gid)),
        )
    }
}

impl Module for AuthorizedKey {
    const NAME: &'static str = "authorized_key";
    const COLLECTION: &'static str = "ansible.posix";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if params.key.starts_with("http://") || params.key.starts_with("https://") {
            return Err(Diag::error("keys are not fetched by `authorized_key`")
                .help("use {{ lookup('file', ...) }}, or put the key into a variable"));
        }
        let bad = params.key.lines().find(|line| {
            !line.trim().is_empty() && !line.trim().starts_with('#') && Key::read(line).is_none()
        });
        match bad {
            Some(_) => Err(Diag::error("`key` is no public SSH key")
                .help("one a line, as ssh-keygen writes them into *.pub")),
            None if params.keys().is_empty() && !params.exclusive => {
                Err(Diag::error("`key` holds no key"))
            }
            None => Ok(params),
        }
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let user = look
            .fact(UserNamed {
                name: params.user.clone(),
                password: false,
            })
            .await?;
        let user = user
            .ok_or_else(|| ProbeError::Failed(format!("the host has no user {}", params.user)))?;
        let path = match &params.path {
            Some(path) => path.replace("%h", &user.home).replace("%u", &user.name),
            None => format!("{}/.ssh/authorized_keys", user.home.trim_end_matches('/')),
        };
        let file = Edited::look(look, &path).await?;
        let folder = match parted(&file.placed.path) {
            (folder, _) if params.manage_dir && file.text.is_none() => {
                let at = FileAt {
                    path: folder.to_owned(),
                    follow: false,
                    hash: false,
                };
                let (there, path) = found(look, at).await?;
                Some((path, there))
            }
            _ => None,
        };
        Ok(State { user, file, folder })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let new = params.edit(state.file.text.as_deref().unwrap_or_default());
        if state.file.text.is_none() && new.is_empty() {
            return Ok(Plan::nothing());
        }
        let (owner, group) = state.names();
        let mode = Mode::Bits(0o600);
        let wanted = Wanted {
            mode: state.file.text.is_none().then_some(&mode),
            owner: Some(&owner),
            group: Some(&group),
        };
        let (mut changes, mut steps) = state.file.plan(
            &new,
            &Placing {
                wanted,
                ..Placing::default()
            },
        )?;
        if let Some((folder, there)) = &state.folder {
            let mode = Mode::Bits(0o700);
            let wanted = Wanted {
                mode: Some(&mode),
                ..wanted
            };
            let lines = match there {
                Some(there) => {
                    changes.splice(..0, wanted.changes(folder, there));
                    wanted.lines(folder, there)
                }
                None => {
                    let (more, lines) = folders::make(std::slice::from_ref(folder), &wanted);
                    changes.splice(..0, more);
                    lines
                }
            };
            if !lines.is_empty() {
                steps.insert(0, act(format!("make {folder}/"), &lines));
            }
        }
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            ready: params,
            before,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        TaskResult::of(plan, ran)
            .with("user", params.user.clone())
            .with("key", params.key.clone())
            .with("keyfile", before.file.placed.path.clone())
            .with("exclusive", params.exclusive)
            .with("key_options", params.key_options.clone())
            .with("state", params.state.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, me, ready, settled};
    use serde_json::{Value, json};

    const A: &str = "ssh-ed25519 AAAAa alice@home";

    fn edit(text: &str, mut args: Value) -> String {
        args["user"] = "root".into();
        ready::<AuthorizedKey>("/".as_ref(), args)
            .unwrap()
            .edit(text)
    }

    #[test]
    fn keys_are_known_by_themselves_and_not_by_their_comments() {
        assert_eq!(edit("", json!({ "key": A })), format!("{A}\n"));
        assert_eq!(
            edit("ssh-ed25519 AAAAa other\n", json!({ "key": A })),
            "ssh-ed25519 AAAAa other\n"
        );
        let options = json!({ "key": A, "key_options": "no-pty,command=\"echo hi\"" });
        let with = format!("no-pty,command=\"echo hi\" {A}\n");
        assert_eq!(edit(&format!("{A}\n"), options.clone()), with);
        assert_eq!(edit(&with, options), with);
    }

    #[test]
    fn others_stay_unless_it_is_exclusive() {
        let text = "# mine\nssh-rsa BBBB bob\n";
        assert_eq!(edit(text, json!({ "key": A })), format!("{text}{A}\n"));
        assert_eq!(
            edit(text, json!({ "key": A, "exclusive": true })),
            format!("{A}\n")
        );
        assert_eq!(
            edit(
                &format!("{text}{A}\n"),
                json!({ "key": A, "state": "absent" })
            ),
            text
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert!(
            ready::<AuthorizedKey>("/".as_ref(), json!({ "user": "root", "key": "nonsense" }))
                .is_err()
        );
    }

    #[test]
    fn the_file_is_made_once_with_its_folder() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let args = json!({ "user": me(), "key": A, "path": folder.path().join("ssh/keys") });
            assert!(live::<AuthorizedKey>(&shell, folder.path(), args.clone()).changed);
            settled::<AuthorizedKey>(&shell, folder.path(), args);
        }
    }
}
