//! A key by which rpm knows whose packages it may take.
//!
//! ```yaml
//! - rpm_key:
//!     key: https://apt.postgresql.org/pub/repos/yum/keys/PGDG-RPM-GPG-KEY-RHEL
//!     fingerprint: D4BF 08AE 67A0 B4C7 A1DB CCD2 40BC A2B4 08B4 0D20
//! ```
//!
//! What is imported is what was read and compared, not what the file holds a moment later. A key whose
//! fingerprint is given and that rpm has already is not fetched again from an address.

use super::download::fetched;
use super::presence::Presence;
use super::{Change, Controller, Module, Plan, Sign};
use crate::diag::Diag;
use crate::facts::{Bytes, Content, ImportedKey, Look, ProbeError, PublicKey, RpmKeys, expand};
use crate::modules::defaults::yes;
use crate::step::{Action, Script, Step, quote};
use serde::Deserialize;

/// `rpm_key`
pub struct RpmKey;

/// More than the keys of any vendor.
const LIMIT: u64 = 1024 * 1024;

/// rpm takes a key from a file only, and not from a pipe.
const IMPORT: &str =
    "t=$(mktemp) || exit\ncat >\"$t\" && rpm --import \"$t\"\ns=$?; rm -f \"$t\"; exit $s";

/// The parameters of `rpm_key`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The key: a file on the host, an address from which the host gets it, the key itself in
    /// armour, or with `state: absent` its id.
    pub key: String,
    /// Whether rpm has it.
    #[serde(default)]
    pub state: Presence,
    /// The fingerprints that the key and its subkeys must have.
    #[serde(default)]
    pub fingerprint: Vec<String>,
    /// Whether the server's certificate is checked.
    #[serde(default = "yes")]
    pub validate_certs: bool,
}

/// The task, read.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    /// The key's id, where that is all that is given.
    id: Option<String>,
}

/// What rpm has, and what it shall have.
#[derive(Clone, Debug)]
pub struct State {
    imported: Vec<ImportedKey>,
    /// The text of the key, and the keys in it.
    text: String,
    keys: Vec<PublicKey>,
}

/// An id or a fingerprint in capital letters, without blanks and without `0x`.
pub fn plain(id: &str) -> String {
    let id: String = id.split_whitespace().collect();
    let id = id.to_uppercase();
    id.strip_prefix("0X").map_or(id.clone(), str::to_owned)
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit())
}

impl Params {
    fn is_address(&self) -> bool {
        !self.key.contains("-----BEGIN")
            && self.key.contains("://")
            && !self.key.starts_with("file://")
    }

    /// The keys with the given fingerprints, where rpm has all of them.
    fn had(&self, imported: &[ImportedKey]) -> Option<Vec<PublicKey>> {
        let with = |print: &String| {
            let keys = imported.iter().map(|known| &known.key);
            let mut of_key = keys.filter(|key| key.has(print));
            of_key.next().cloned()
        };
        let keys: Option<Vec<PublicKey>> = self.fingerprint.iter().map(with).collect();
        keys.filter(|keys| !keys.is_empty())
    }

    async fn text(&self, look: &Look) -> Result<String, ProbeError> {
        if self.key.contains("-----BEGIN") {
            return Ok(self.key.clone());
        }
        if self.is_address() {
            let bytes = fetched(look, &self.key, self.validate_certs).await?;
            return String::from_utf8(bytes).map_err(|_| {
                ProbeError::Failed("this is no key in armour, and rpm takes no other".to_owned())
            });
        }
        let path = expand(look, self.key.strip_prefix("file://").unwrap_or(&self.key)).await?;
        let told = |why: &str| ProbeError::Failed(format!("{path} {why}"));
        let content = Content {
            path: path.clone(),
            limit: LIMIT,
        };
        match look.fact(content).await? {
            Bytes::Absent => Err(told("is not there")),
            Bytes::NoFile => Err(told("is no file")),
            Bytes::TooLarge(size) => Err(told(&format!("has {size} bytes: that is no key"))),
            Bytes::Are(bytes) => String::from_utf8(bytes)
                .map_err(|_| told("holds no key in armour, and rpm takes no other")),
        }
    }
}

impl Module for RpmKey {
    const NAME: &'static str = "rpm_key";
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(mut params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        for fingerprint in &mut params.fingerprint {
            *fingerprint = plain(fingerprint);
            if !is_hex(fingerprint) || ![40, 64].contains(&fingerprint.len()) {
                return Err(Diag::error(format!(
                    "`{fingerprint}` is no fingerprint: that is 40 hex digits"
                )));
            }
        }
        let id = plain(&params.key);
        let id = (is_hex(&id) && [8, 16, 40, 64].contains(&id.len())).then_some(id);
        if id.is_some() && params.state == Presence::Present {
            return Err(Diag::error(format!(
                "`{}` is the id of a key: rpm can't import it",
                params.key
            ))
            .help("give its file, its address or the key itself"));
        }
        Ok(Ready { params, id })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        if ready.id.is_some() {
            return Ok(State {
                imported: look.fact(RpmKeys).await?,
                text: String::new(),
                keys: Vec::new(),
            });
        }
        if ready.params.is_address() && !ready.params.fingerprint.is_empty() {
            let imported = look.fact(RpmKeys).await?;
            if let Some(keys) = ready.params.had(&imported) {
                return Ok(State {
                    imported,
                    text: String::new(),
                    keys,
                });
            }
        }
        let (imported, text) = futures::try_join!(look.fact(RpmKeys), ready.params.text(look))?;
        let shown = ready.params.key.lines().next().unwrap_or_default();
        let keys = PublicKey::read(&text)
            .map_err(|why| ProbeError::Failed(format!("`key: {shown}`: {why}")))?;
        Ok(State {
            imported,
            text,
            keys,
        })
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        let of = |key: &PublicKey| match &ready.id {
            Some(id) => key.is(id),
            None => state
                .keys
                .iter()
                .any(|wanted| wanted.fingerprint == key.fingerprint),
        };
        if ready.params.state == Presence::Absent {
            let gone: Vec<&ImportedKey> =
                state.imported.iter().filter(|key| of(&key.key)).collect();
            if gone.is_empty() {
                return Ok(Plan::nothing());
            }
            let packages = gone.iter().map(|key| format!(" {}", quote(&key.package)));
            let text = format!(
                "rpm --erase --allmatches --{}",
                packages.collect::<String>()
            );
            return Ok(Plan::Converge {
                changes: gone
                    .iter()
                    .map(|key| change(Sign::Remove, &key.key))
                    .collect(),
                steps: vec![step("remove the key", Script::new(text))],
            });
        }
        let of_file = |print: &String| state.keys.iter().any(|key| key.has(print));
        if let Some(print) = ready
            .params
            .fingerprint
            .iter()
            .find(|print| !of_file(print))
        {
            let found: Vec<&str> = state
                .keys
                .iter()
                .map(|key| key.fingerprint.as_str())
                .collect();
            return Err(format!(
                "the key has not the fingerprint {print} but {}: it is not imported",
                found.join(", ")
            ));
        }
        let has = |key: &PublicKey| {
            state
                .imported
                .iter()
                .any(|known| known.key.fingerprint == key.fingerprint)
        };
        let new: Vec<&PublicKey> = state.keys.iter().filter(|key| !has(key)).collect();
        if new.is_empty() {
            return Ok(Plan::nothing());
        }
        let script = Script::new(IMPORT).stdin(state.text.as_bytes());
        Ok(Plan::Converge {
            changes: new.iter().map(|key| change(Sign::Add, key)).collect(),
            steps: vec![step("import the key", script)],
        })
    }
}

fn change(sign: Sign, key: &PublicKey) -> Change {
    Change::new(sign, format!("rpm key {}", key.fingerprint))
}

fn step(what: &str, script: Script) -> Step {
    Step::new(
        what.to_owned(),
        Action::Run(Script {
            lock: Some("dnf"),
            unkillable: true,
            ..script
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::SAMPLE_KEY;
    use crate::modules::trial::{planned, ready};
    use serde_json::json;

    const PRINT: &str = "E6247A8254367623BDDA652022268D11CBE30431";
    const NONE: (&str, &str) = ("rpm -q gpg-pubkey", "package gpg-pubkey is not installed\n");

    fn has() -> String {
        format!("gpg-pubkey-cbe30431-6b0c2bce\n{SAMPLE_KEY}\n")
    }

    #[test]
    fn what_was_compared_is_what_is_imported() {
        let file = format!("bytes\n{SAMPLE_KEY}");
        let args = json!({ "key": "/srv/key.asc", "fingerprint": ["e624 7A82 5436 7623 BDDA  6520 2226 8D11 CBE3 0431"] });
        let answers = [NONE, ("p=/srv/key.asc", file.as_str())];
        let plan = planned::<RpmKey>(args.clone(), &answers).unwrap();
        assert_eq!(
            plan.changes(),
            [Change::new(Sign::Add, format!("rpm key {PRINT}"))]
        );
        let Action::Run(script) = &plan.steps()[0].action else {
            panic!()
        };
        assert_eq!(script.stdin, SAMPLE_KEY.as_bytes());
        assert_eq!(script.lock, Some("dnf"));
        let has = has();
        let answers = [("rpm -q gpg-pubkey", has.as_str()), answers[1]];
        assert!(!planned::<RpmKey>(args, &answers).unwrap().is_change());
    }

    #[test]
    fn a_key_that_rpm_has_is_not_fetched_again() {
        let args = json!({ "key": "https://example.org/key.asc", "fingerprint": [PRINT] });
        let has = has();
        let answers = [("rpm -q gpg-pubkey", has.as_str())];
        assert!(
            !planned::<RpmKey>(args.clone(), &answers)
                .unwrap()
                .is_change()
        );
        // Else it has to be, and nothing here answers that.
        assert!(planned::<RpmKey>(args, &[NONE]).is_err());
        let unnamed = json!({ "key": "https://example.org/key.asc" });
        assert!(planned::<RpmKey>(unnamed, &answers).is_err());
    }

    #[test]
    fn a_key_with_another_fingerprint_is_refused() {
        let other = "0".repeat(40);
        let args = json!({ "key": SAMPLE_KEY, "fingerprint": [PRINT, other] });
        let told = planned::<RpmKey>(args, &[NONE]).unwrap_err();
        assert_eq!(
            told,
            format!("the key has not the fingerprint {other} but {PRINT}: it is not imported")
        );
        let subkey = "D9127758E833051FDDAAC12692256BD0CB9FFE5F";
        let args = json!({ "key": SAMPLE_KEY, "fingerprint": [subkey] });
        assert!(planned::<RpmKey>(args, &[NONE]).unwrap().is_change());
    }

    #[test]
    fn a_key_goes_by_its_id_or_by_itself() {
        let has = has();
        let answers = [("rpm -q gpg-pubkey", has.as_str())];
        for key in ["0xcbe30431", "22268D11CBE30431", PRINT, SAMPLE_KEY] {
            let args = json!({ "key": key, "state": "absent" });
            let plan = planned::<RpmKey>(args.clone(), &answers).unwrap();
            let Action::Run(script) = &plan.steps()[0].action else {
                panic!()
            };
            assert_eq!(
                script.text,
                "rpm --erase --allmatches -- gpg-pubkey-cbe30431-6b0c2bce"
            );
            assert!(!planned::<RpmKey>(args, &[NONE]).unwrap().is_change());
        }
        let other = json!({ "key": "DEADB33F", "state": "absent" });
        assert!(!planned::<RpmKey>(other, &answers).unwrap().is_change());
    }

    #[test]
    fn what_can_not_be_imported_is_told() {
        let told = |key: &str| {
            planned::<RpmKey>(
                json!({ "key": key }),
                &[NONE, ("p=/a", "bytes\nx"), ("p=/b", "absent\n")],
            )
        };
        assert!(told("DEADB33F").unwrap_err().contains("is the id of a key"));
        assert!(told("/a").unwrap_err().contains("`key: /a`: there is no"));
        assert!(told("/b").unwrap_err().contains("/b is not there"));
        let short = json!({ "key": "/a", "fingerprint": ["DEADB33F"] });
        assert!(ready::<RpmKey>("/".as_ref(), short).is_err());
    }
}
