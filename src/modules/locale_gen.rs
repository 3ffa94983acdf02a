//! Which locales the host has.
//!
//! ```yaml
//! - locale_gen: { name: [ de_AT.UTF-8, en_US.UTF-8 ] }
//! ```
//!
//! The way of Debian and its kin: `/etc/locale.gen` says which are made, `locale-gen` of the package
//! locales makes them.

use super::edited::{Edited, lines};
use super::placed::Placing;
use super::presence::Presence;
use super::tool::{says, work};
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Bytes, Content, Look, ProbeError, Says};
use serde::Deserialize;

/// `locale_gen`
pub struct LocaleGen;

/// The parameters of `locale_gen`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The locales: `de_AT.UTF-8`.
    pub name: Vec<String>,
    /// Whether they are there.
    #[serde(default)]
    pub state: Presence,
}

/// Where the C library says which locales it can make.
const SUPPORTED: [&str; 2] = [
    "/usr/share/i18n/SUPPORTED",
    "/usr/local/share/i18n/SUPPORTED",
];
/// By which a step tells which locales there are.
const LOCALES: &str = "locales";

/// What is so.
pub struct State {
    /// `/etc/locale.gen`
    file: Edited,
    /// What `locale -a` says.
    there: String,
    /// What can be made: lines of a locale and its encoding.
    supported: String,
}

/// `locale -a` writes encodings in its own way.
fn plain(locale: &str) -> String {
    let (name, encoding) = locale.split_once('.').unwrap_or((locale, ""));
    let (encoding, variant) = encoding.split_once('@').unwrap_or((encoding, ""));
    let encoding: String = encoding
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    format!("{name}.{}@{variant}", encoding.to_lowercase())
}

impl State {
    fn has(&self, locale: &str) -> bool {
        let wanted = plain(locale);
        self.there.lines().any(|line| plain(line.trim()) == wanted)
    }

    /// The encoding with which a locale is made.
    fn encoding(&self, locale: &str) -> Option<&str> {
        self.supported.lines().find_map(|line| named(line, locale))
    }
}

/// The encoding in a line that names the locale, in use or not.
fn named<'a>(line: &'a str, locale: &str) -> Option<&'a str> {
    let line = line.trim().trim_start_matches('#').trim();
    let (name, encoding) = line.split_once(' ')?;
    (name == locale && !encoding.trim().contains(' ')).then(|| encoding.trim())
}

impl Params {
    /// The file as it is declared.
    fn edit(&self, state: &State) -> Result<String, String> {
        let text = state.file.text.as_deref().unwrap_or_default();
        let mut all = lines(text);
        for locale in &self.name {
            let mark = if self.state == Presence::Present {
                ""
            } else {
                "# "
            };
            let mut found = false;
            for line in &mut all {
                if let Some(encoding) = named(line, locale) {
                    found = true;
                    *line = format!("{mark}{locale} {encoding}\n");
                }
            }
            if !found && self.state == Presence::Present {
                let encoding = state.encoding(locale).ok_or_else(|| {
                    format!(
                        "the host can't make the locale {locale}: it is not in {}",
                        SUPPORTED[0]
                    )
                })?;
                if let Some(last) = all.last_mut().filter(|last| !last.ends_with('\n')) {
                    last.push('\n');
                }
                all.push(format!("{locale} {encoding}\n"));
            }
        }
        Ok(all.concat())
    }
}

impl Module for LocaleGen {
    const NAME: &'static str = "locale_gen";
    const COLLECTION: &'static str = "community.general";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "_.@-".contains(c);
        match params
            .name
            .iter()
            .find(|name| name.is_empty() || !name.chars().all(fits))
        {
            Some(name) => Err(Diag::error(format!("`{name}` is no name of a locale"))
                .help("it is written as de_AT.UTF-8")),
            None => Ok(params),
        }
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let asked = Says {
            of: LOCALES.to_owned(),
            program: "locale-gen",
            package: "locales",
            script: "locale -a 2>/dev/null".to_owned(),
        };
        let supported = async |path: &str| {
            let content = Content {
                path: path.to_owned(),
                limit: 1 << 20,
            };
            Ok::<String, ProbeError>(match look.fact(content).await? {
                Bytes::Are(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                _ => String::new(),
            })
        };
        let there = look.fact(asked).await?;
        let (file, usual, local) = futures::try_join!(
            Edited::look(look, "/etc/locale.gen"),
            supported(SUPPORTED[0]),
            supported(SUPPORTED[1]),
        )?;
        let state = State {
            file,
            there,
            supported: usual + &local,
        };
        let unknown = |name: &&String| !state.has(name) && state.encoding(name).is_none();
        match params.name.iter().find(unknown) {
            Some(name) if params.state == Presence::Present => Err(ProbeError::Failed(format!(
                "the host can't make the locale {name}: it is not in {}",
                SUPPORTED[0]
            ))),
            _ => Ok(state),
        }
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let wanted = params.state == Presence::Present;
        let other: Vec<&String> = params
            .name
            .iter()
            .filter(|name| state.has(name) != wanted)
            .collect();
        if other.is_empty() {
            return Ok(Plan::nothing());
        }
        let sign = if wanted { Sign::Add } else { Sign::Remove };
        let mut changes: Vec<Change> = other
            .iter()
            .map(|name| Change::new(sign, format!("locale {name}")))
            .collect();
        let text = params.edit(state)?;
        let mut steps = Vec::new();
        if state.file.text.as_deref() != Some(&text) {
            let (edits, put) = state.file.plan(&text, &Placing::default())?;
            changes.extend(edits);
            steps.extend(put);
        }
        let kept = state
            .there
            .lines()
            .filter(|line| wanted || !other.iter().any(|name| plain(name) == plain(line)));
        let new = other.iter().map(|name| name.as_str()).filter(|_| wanted);
        let then: Vec<&str> = kept.chain(new).collect();
        steps.push(
            work("make the locales", "locale-gen >/dev/null")
                .making(says(LOCALES, then.join("\n"))),
        );
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            ready: params,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        TaskResult::of(plan, ran)
            .with("name", params.name.clone())
            .with("mechanism", "glibc")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned};
    use crate::step::Action;
    use serde_json::{Value, json};

    const GEN: &str = "81a4 0 0 root root 0 1 2 3 77 5 1\nbytes\n# de_AT.UTF-8 UTF-8\n# de_DE ISO-8859-1\nen_US.UTF-8 UTF-8\n";
    const FILE: &str = "bytes\n# de_AT.UTF-8 UTF-8\n# de_DE ISO-8859-1\nen_US.UTF-8 UTF-8\n";

    fn answers(there: &str) -> [(&'static str, &str); 5] {
        [
            ("locale -a", there),
            (
                "i18n/SUPPORTED",
                "bytes\nde_AT.UTF-8 UTF-8\nen_US.UTF-8 UTF-8\nen_GB.UTF-8 UTF-8\n",
            ),
            ("echo \"large", FILE),
            ("stat", GEN),
            ("locale.gen", ""),
        ]
    }

    fn put(args: Value, there: &str) -> Result<String, String> {
        let plan = planned::<LocaleGen>(args.clone(), &answers(there))?;
        assert!(!left::<LocaleGen>(args, &answers(there))?.is_change());
        Ok(match plan.steps().first().map(|step| &step.action) {
            Some(Action::Put(upload)) => String::from_utf8_lossy(&upload.content).into_owned(),
            Some(_) => "locale-gen".to_owned(),
            None => String::new(),
        })
    }

    #[test]
    fn a_locale_is_let_out_of_its_comment_or_added() {
        let there = "C\nPOSIX\nen_US.utf8\n";
        let put = |args| put(args, there);
        assert_eq!(
            put(json!({ "name": ["de_AT.UTF-8"] })).unwrap(),
            "de_AT.UTF-8 UTF-8\n# de_DE ISO-8859-1\nen_US.UTF-8 UTF-8\n"
        );
        assert!(
            put(json!({ "name": ["en_GB.UTF-8"] }))
                .unwrap()
                .ends_with("en_GB.UTF-8 UTF-8\n")
        );
        assert_eq!(put(json!({ "name": ["en_US.UTF-8"] })).unwrap(), "");
        assert!(
            put(json!({ "name": ["en_US.UTF-8"], "state": "absent" }))
                .unwrap()
                .ends_with("# en_US.UTF-8 UTF-8\n")
        );
        let why = put(json!({ "name": ["xx_XX.UTF-8"] })).unwrap_err();
        assert!(why.contains("can't make"), "{why}");
    }

    #[test]
    fn encodings_are_compared_without_their_signs() {
        assert_eq!(plain("de_AT.UTF-8"), plain("de_AT.utf8"));
        assert_eq!(
            plain("de_DE.ISO-8859-15@euro"),
            plain("de_DE.iso885915@euro")
        );
        assert_ne!(plain("de_DE.UTF-8"), plain("de_AT.UTF-8"));
    }
}
