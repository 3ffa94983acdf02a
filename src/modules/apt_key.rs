//! A key whose owner's packages apt takes from every archive.
//!
//! ```yaml
//! - apt_key:
//!     url: https://www.postgresql.org/media/keys/ACCC4CF8.asc
//!     id: B97B0AFCAA1A47F044F244A07FCC7D46ACCC4CF8
//! ```
//!
//! The command `apt-key` is gone from newer systems and not needed: a key is a file of
//! `/etc/apt/trusted.gpg.d`. A key for one archive alone is better: put it in `/etc/apt/keyrings` by
//! `copy` and name it in the archive's `signed-by`.

use super::download::fetched;
use super::drop_ins::names;
use super::placed::{Placed, Placing, act};
use super::presence::Presence;
use super::rpm_key::plain;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Bytes, Content, Look, ProbeError, PublicKey, expand};
use crate::modules::defaults::yes;
use crate::step::pinned;
use serde::Deserialize;
use std::sync::Arc;

/// `apt_key`
pub struct AptKey;

/// The parameters of `apt_key`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The key's id or fingerprint. Where the key is there already it is not fetched again.
    #[serde(default)]
    pub id: Option<String>,
    /// The key itself.
    #[serde(default)]
    pub data: Option<String>,
    /// A file on the host that holds the key.
    #[serde(default)]
    pub file: Option<String>,
    /// The address from which the host gets the key.
    #[serde(default)]
    pub url: Option<String>,
    /// The server of keys from which the host gets the key; it needs `id`.
    #[serde(default)]
    pub keyserver: Option<String>,
    /// The file of apt's in which the key is; called after the key in `/etc/apt/trusted.gpg.d` when it is
    /// left out, where any of apt's files does.
    #[serde(default)]
    pub keyring: Option<String>,
    /// Whether apt has the key.
    #[serde(default)]
    pub state: Presence,
    /// Whether the server's certificate is checked.
    #[serde(default = "yes")]
    pub validate_certs: bool,
}

const TRUSTED: &str = "/etc/apt/trusted.gpg.d";
const OLD: &str = "/etc/apt/trusted.gpg";
/// More than the keys of any vendor.
const LIMIT: u64 = 1 << 20;

/// A file of keys.
#[derive(Clone, Debug)]
struct Ring {
    path: String,
    bytes: Vec<u8>,
    keys: Vec<PublicKey>,
}

/// What apt has, and what is to be written.
pub struct State {
    rings: Vec<Ring>,
    /// The key that is meant, where it is known.
    key: Option<PublicKey>,
    /// Files as they shall be: `None` where one goes.
    files: Vec<(Placed, Option<Arc<[u8]>>)>,
}

impl Params {
    fn id(&self) -> Option<String> {
        self.id.as_deref().map(plain)
    }

    /// Whether a key is the one that is meant: the id may be a subkey's.
    fn means(&self, key: &PublicKey) -> bool {
        self.id().is_none_or(|id| {
            let subkey = key.subkeys.iter().any(|print| print.ends_with(&id));
            key.is(&id) || (id.len() >= 8 && subkey)
        })
    }

    async fn rings(&self, look: &Look) -> Result<Vec<Ring>, ProbeError> {
        let mut paths = match &self.keyring {
            Some(path) => vec![path.clone()],
            None => names(look, TRUSTED, "").await?,
        };
        if self.keyring.is_none() {
            paths.push(OLD.to_owned());
        }
        let mut rings = Vec::new();
        for path in paths {
            let content = Content {
                path: path.clone(),
                limit: LIMIT,
            };
            if let Bytes::Are(bytes) = look.fact(content).await? {
                // What is no key is none of ours: a key box of old systems.
                let keys = PublicKey::of(&bytes).unwrap_or_default();
                rings.push(Ring { path, bytes, keys });
            }
        }
        Ok(rings)
    }

    /// The key's bytes, by whatever way they are given.
    async fn bytes(&self, look: &Look) -> Result<Vec<u8>, ProbeError> {
        if let Some(data) = &self.data {
            return Ok(data.clone().into_bytes());
        }
        if let Some(url) = &self.url {
            return fetched(look, url, self.validate_certs).await;
        }
        if let Some(server) = &self.keyserver {
            let id = self.id().unwrap_or_default();
            return fetched(look, &lookup(server, &id), self.validate_certs).await;
        }
        let path = expand(look, self.file.as_deref().unwrap_or_default()).await?;
        let content = Content {
            path: path.clone(),
            limit: LIMIT,
        };
        match look.fact(content).await? {
            Bytes::Are(bytes) => Ok(bytes),
            _ => Err(ProbeError::Failed(format!(
                "{path} is no file that holds a key"
            ))),
        }
    }

    fn another(&self, keys: &[PublicKey]) -> ProbeError {
        let found: Vec<&str> = keys.iter().map(|key| key.fingerprint.as_str()).collect();
        ProbeError::Failed(format!(
            "the key is not {} but {}: apt does not get it",
            self.id().unwrap_or_default(),
            found.join(", ")
        ))
    }

    /// The file for the key, and what it holds then.
    fn file(
        &self,
        key: &PublicKey,
        bytes: &[u8],
        rings: &[Ring],
    ) -> Result<(String, Vec<u8>), String> {
        let armoured = PublicKey::armoured(bytes).is_some();
        let path = self.keyring.clone().unwrap_or_else(|| {
            let end = if armoured { "asc" } else { "gpg" };
            format!("{TRUSTED}/{}.{end}", &key.fingerprint)
        });
        let mut all = rings
            .iter()
            .find(|ring| ring.path == path)
            .map(|ring| ring.bytes.clone())
            .unwrap_or_default();
        match path.rsplit_once('.').map(|(_, end)| end) {
            Some("asc") if armoured => all.extend(bytes),
            Some("asc") => all.extend(PublicKey::armour(bytes).into_bytes()),
            Some("gpg") => all.extend(PublicKey::binary(bytes)?),
            _ => {
                return Err(format!(
                    "apt reads {path} not at all: a file of keys ends with .gpg or .asc"
                ));
            }
        }
        Ok((path, all))
    }
}

/// The address at which a server of keys hands one out.
fn lookup(server: &str, id: &str) -> String {
    let (scheme, rest) = server.split_once("://").unwrap_or(("https", server));
    let rest = rest.trim_end_matches('/');
    let base = match scheme {
        "hkp" if rest.contains(':') => format!("http://{rest}"),
        "hkp" => format!("http://{rest}:11371"),
        "hkps" => format!("https://{rest}"),
        other => format!("{other}://{rest}"),
    };
    format!("{base}/pks/lookup?op=get&options=mr&search=0x{id}")
}

impl Module for AptKey {
    const NAME: &'static str = "apt_key";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let ways = [&params.data, &params.file, &params.url, &params.keyserver];
        let given = ways.into_iter().flatten().count();
        if given > 1 {
            return Err(Diag::error(
                "`data`, `file`, `url` and `keyserver` exclude each other",
            ));
        }
        if params.state == Presence::Present && given == 0 {
            return Err(Diag::error(
                "the key is missing: give `url`, `data`, `file` or `keyserver`",
            ));
        }
        match params.id() {
            Some(id)
                if !id.chars().all(|c| c.is_ascii_hexdigit())
                    || (id.len() != 8 && id.len() < 16) =>
            {
                Err(Diag::error(format!("`id: {id}` is no id of a key"))
                    .help("that is 8, 16 or better 40 hex digits"))
            }
            None if params.state == Presence::Absent && given == 0 => {
                Err(Diag::error("`id` is missing: which key goes"))
            }
            None if params.keyserver.is_some() => Err(Diag::error(
                "`keyserver` needs `id`: which key it hands out",
            )),
            _ => Ok(params),
        }
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let rings = params.rings(look).await?;
        let there = rings
            .iter()
            .flat_map(|ring| &ring.keys)
            .find(|key| params.means(key))
            .cloned();
        let mut state = State {
            rings,
            key: there.clone().filter(|_| params.id.is_some()),
            files: Vec::new(),
        };
        let present = params.state == Presence::Present;
        if present && state.key.is_some() {
            return Ok(state);
        }
        let id = match there.filter(|_| params.id.is_some()) {
            Some(key) => key.fingerprint,
            // What apt does not have needs not go.
            None if !present && params.id.is_some() => return Ok(state),
            None => {
                let bytes = params.bytes(look).await?;
                let keys = PublicKey::of(&bytes).map_err(ProbeError::Failed)?;
                let Some(key) = keys.iter().find(|key| params.means(key)) else {
                    return Err(params.another(&keys));
                };
                state.key = Some(key.clone());
                let known = |key: &PublicKey| {
                    let mut all = state.rings.iter().flat_map(|ring| &ring.keys);
                    all.any(|known| known.fingerprint == key.fingerprint)
                };
                if present && !keys.iter().all(known) {
                    let (path, content) = params
                        .file(key, &bytes, &state.rings)
                        .map_err(ProbeError::Failed)?;
                    let placed = Placed::look(look, &path, true, &content).await?;
                    state.files.push((placed, Some(content.into())));
                }
                if present {
                    return Ok(state);
                }
                key.fingerprint.clone()
            }
        };
        let with: Vec<Ring> = state
            .rings
            .iter()
            .filter(|ring| ring.keys.iter().any(|key| key.is(&id)))
            .cloned()
            .collect();
        for ring in with {
            let binary = PublicKey::binary(&ring.bytes).map_err(ProbeError::Failed)?;
            let rest = PublicKey::without(&binary, &id);
            let content = match (rest.is_empty(), PublicKey::armoured(&ring.bytes)) {
                (true, _) => None,
                (false, Some(_)) => Some(PublicKey::armour(&rest).into_bytes()),
                (false, None) => Some(rest),
            };
            let now = content.clone().unwrap_or_default();
            let placed = Placed::look(look, &ring.path, true, &now).await?;
            state.files.push((placed, content.map(Into::into)));
        }
        Ok(state)
    }

    fn plan(_: &Params, state: &State) -> Result<Plan, String> {
        let (mut changes, mut steps) = (Vec::new(), Vec::new());
        let key = state
            .key
            .as_ref()
            .map(|key| key.fingerprint.clone())
            .unwrap_or_default();
        for (placed, content) in &state.files {
            match (content, &placed.file) {
                (Some(content), _) => {
                    let (edits, put) = placed.plan(content, &Placing::default())?;
                    let note = edits.first().map(|edit| edit.note(format!("key {key}")));
                    changes.extend(edits);
                    changes.extend(note);
                    steps.extend(put);
                }
                (None, Some(file)) => {
                    changes.push(Change::new(Sign::Remove, &placed.path));
                    let lines = pinned::remove(&placed.path, file.seen());
                    steps.push(act(format!("remove {}", placed.path), &lines));
                }
                (None, None) => {}
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
        let ids = |state: &State| {
            let keys = state.rings.iter().flat_map(|ring| &ring.keys);
            let prints = keys.flat_map(|key| std::iter::once(&key.fingerprint).chain(&key.subkeys));
            prints
                .map(|print| end(print, 16).to_owned())
                .collect::<Vec<_>>()
        };
        let id = params
            .id()
            .or(before.key.as_ref().map(|key| key.fingerprint.clone()))
            .unwrap_or_default();
        let result = TaskResult::of(plan, ran)
            .with("id", params.id.clone().unwrap_or_else(|| id.clone()))
            .with("short_id", end(&id, 8))
            .with("fp", end(&id, 16))
            .with("key_id", id.clone())
            .with("before", ids(before));
        match after.filter(|_| plan.is_change()) {
            Some(after) => result.with("after", ids(after)),
            None => result,
        }
    }
}

/// The end of an id.
fn end(id: &str, most: usize) -> &str {
    &id[id.len().saturating_sub(most)..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::SAMPLE_KEY;
    use crate::modules::trial::{left, planned, ready};
    use crate::step::Action;
    use serde_json::{Value, json};

    const PRINT: &str = "E6247A8254367623BDDA652022268D11CBE30431";
    const TREE: &str = "1\n81a4 0 0 root root 0 1 2 3 77 5 1\n/etc/apt/trusted.gpg.d/a.asc\0";
    const FILE: &str = "81a4 0 0 root root 0 1 2 3 77 5 1\n";

    /// What is done where apt has no key, or has this one in armour.
    fn done(args: Value, has: bool) -> Vec<String> {
        let (key, file) = (
            format!("bytes\n{SAMPLE_KEY}"),
            format!("{FILE}bytes\n{SAMPLE_KEY}"),
        );
        let (tree, said, file) = if has {
            (TREE, key.as_str(), file.as_str())
        } else {
            ("", "absent\n", "")
        };
        let answers = [
            ("find /etc/apt/trusted.gpg.d", tree),
            ("trusted.gpg\n", "absent\n"),
            ("echo \"large", said),
            ("stat", file),
        ];
        let plan = planned::<AptKey>(args.clone(), &answers).unwrap();
        assert!(!left::<AptKey>(args, &answers).unwrap().is_change());
        let told = |action: &Action| match action {
            Action::Put(upload) => format!(
                "{} {}",
                upload.path,
                PublicKey::of(&upload.content).unwrap().len()
            ),
            Action::Run(script) => script.text.lines().last().unwrap_or_default().to_owned(),
            other => panic!("{other:?}"),
        };
        plan.steps().iter().map(|step| told(&step.action)).collect()
    }

    #[test]
    fn a_key_becomes_a_file_that_apt_reads() {
        let path = format!("/etc/apt/trusted.gpg.d/{PRINT}.asc 1");
        assert_eq!(done(json!({ "data": SAMPLE_KEY }), false), [path]);
        let named = json!({ "data": SAMPLE_KEY, "keyring": "/etc/apt/trusted.gpg.d/x.gpg" });
        assert_eq!(done(named, false), ["/etc/apt/trusted.gpg.d/x.gpg 1"]);
    }

    #[test]
    fn a_key_that_is_there_is_not_fetched() {
        let none: [&str; 0] = [];
        assert_eq!(
            done(json!({ "url": "https://x/key", "id": &PRINT[24..] }), true),
            none
        );
        assert_eq!(done(json!({ "data": SAMPLE_KEY }), true), none);
    }

    #[test]
    fn a_key_goes_with_its_file() {
        let args = json!({ "id": PRINT, "state": "absent" });
        assert_eq!(
            done(args.clone(), true),
            ["remove /etc/apt/trusted.gpg.d/a.asc 5:77"]
        );
        assert!(done(args, false).is_empty());
    }

    #[test]
    fn another_key_than_the_named_one_is_refused() {
        let args = json!({ "data": SAMPLE_KEY, "id": "0xACCC4CF8" });
        let answers = [("find", ""), ("echo \"large", "absent\n")];
        let why = planned::<AptKey>(args, &answers).unwrap_err();
        assert!(why.contains("ACCC4CF8") && why.contains(PRINT), "{why}");
        let refused = |args| ready::<AptKey>("/".as_ref(), args).is_err();
        assert!(refused(json!({ "keyserver": "x" })) && refused(json!({ "state": "absent" })));
        assert!(
            refused(json!({ "data": "a", "url": "b" }))
                && refused(json!({ "id": "xyz", "url": "b" }))
        );
    }

    #[test]
    fn servers_of_keys_are_asked_over_http() {
        let ends = "/pks/lookup?op=get&options=mr&search=0xAB";
        for (server, base) in [
            ("keyserver.ubuntu.com", "https://keyserver.ubuntu.com"),
            (
                "hkp://keyserver.ubuntu.com:80",
                "http://keyserver.ubuntu.com:80",
            ),
            ("hkp://a", "http://a:11371"),
            ("hkps://a/", "https://a"),
        ] {
            assert_eq!(lookup(server, "AB"), format!("{base}{ends}"));
        }
    }

    #[test]
    fn a_key_is_taken_out_of_a_file_of_several() {
        let one = PublicKey::binary(SAMPLE_KEY.as_bytes()).unwrap();
        assert!(PublicKey::without(&one, PRINT).is_empty());
        assert_eq!(PublicKey::without(&one, "00000000"), one);
        let again = PublicKey::armour(&one);
        assert_eq!(
            PublicKey::of(again.as_bytes()).unwrap()[0].fingerprint,
            PRINT
        );
    }
}
