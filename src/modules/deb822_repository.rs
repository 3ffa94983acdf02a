//! An archive of Debian packages, as a file of `/etc/apt/sources.list.d`.
//!
//! ```yaml
//! - deb822_repository:
//!     name: pgdg
//!     uris: https://apt.postgresql.org/pub/repos/apt
//!     suites: "{{ ansible_facts.distribution_release }}-pgdg"
//!     components: main
//!     signed_by: /usr/share/postgresql-common/pgdg/apt.postgresql.org.asc
//! ```

use super::attributes::Wanted;
use super::mode::Mode;
use super::placed::{Placed, Placing, act};
use super::presence::Presence;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::step::pinned;
use serde::Deserialize;
use std::fmt::Write;

/// `deb822_repository`
pub struct Deb822Repository;

/// The parameters of `deb822_repository`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Its name, which becomes the file's.
    pub name: String,
    /// Whether it is there.
    #[serde(default)]
    pub state: Presence,
    /// `deb`, `deb-src`.
    #[serde(default = "deb")]
    pub types: Vec<String>,
    /// Where it is.
    #[serde(default)]
    pub uris: Option<Vec<String>>,
    /// Its suites: `trixie`.
    #[serde(default)]
    pub suites: Option<Vec<String>>,
    /// Its components: `main`.
    #[serde(default)]
    pub components: Option<Vec<String>>,
    /// The keyring's file on the host, a fingerprint, or the key itself. Keys are not fetched.
    #[serde(default)]
    pub signed_by: Option<String>,
    /// Only these architectures.
    #[serde(default)]
    pub architectures: Option<Vec<String>>,
    /// Only these languages.
    #[serde(default)]
    pub languages: Option<Vec<String>>,
    /// Only these kinds of index.
    #[serde(default)]
    pub targets: Option<Vec<String>>,
    /// Whether apt uses it.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Whether it is trusted without a signature.
    #[serde(default)]
    pub trusted: Option<bool>,
    /// Whether it may be unsigned.
    #[serde(default)]
    pub allow_insecure: Option<bool>,
    /// Whether weak signatures do.
    #[serde(default)]
    pub allow_weak: Option<bool>,
    /// Whether it may become unsigned.
    #[serde(default)]
    pub allow_downgrade_to_insecure: Option<bool>,
    /// Whether indexes are fetched by their hashes.
    #[serde(default)]
    pub by_hash: Option<bool>,
    /// Whether dates are looked at.
    #[serde(default)]
    pub check_date: Option<bool>,
    /// Whether the date of expiry is looked at.
    #[serde(default)]
    pub check_valid_until: Option<bool>,
    /// How many seconds it may come from the future.
    #[serde(default)]
    pub date_max_future: Option<i64>,
    /// Where its `InRelease` is.
    #[serde(default)]
    pub inrelease_path: Option<String>,
    /// Whether differences of indexes are fetched.
    #[serde(default)]
    pub pdiffs: Option<bool>,
    /// The file's permissions.
    #[serde(default = "mode")]
    pub mode: Mode,
}

fn deb() -> Vec<String> {
    vec!["deb".into()]
}

fn mode() -> Mode {
    Mode::Bits(0o644)
}

impl Params {
    /// The name in lower case, with nothing in it but letters, digits and `-`.
    fn slug(&self) -> String {
        let mut slug = String::new();
        for c in self.name.to_lowercase().chars() {
            if c == '_' || c.is_whitespace() {
                if !slug.ends_with('-') {
                    slug.push('-');
                }
            } else if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' {
                slug.push(c);
            }
        }
        slug
    }

    fn path(&self) -> String {
        format!("/etc/apt/sources.list.d/{}.sources", self.slug())
    }

    /// The fields in Ansible's order, which is that of its parameters' names.
    fn text(&self) -> String {
        let list = |values: &Option<Vec<String>>| values.as_ref().map(|values| values.join(" "));
        let word = |value: Option<bool>| value.map(|yes| if yes { "yes" } else { "no" }.to_owned());
        let fields = [
            (
                "Allow-Downgrade-To-Insecure",
                word(self.allow_downgrade_to_insecure),
            ),
            ("Allow-Insecure", word(self.allow_insecure)),
            ("Allow-Weak", word(self.allow_weak)),
            ("Architectures", list(&self.architectures)),
            ("By-Hash", word(self.by_hash)),
            ("Check-Date", word(self.check_date)),
            ("Check-Valid-Until", word(self.check_valid_until)),
            ("Components", list(&self.components)),
            (
                "Date-Max-Future",
                self.date_max_future.map(|seconds| seconds.to_string()),
            ),
            ("Enabled", word(self.enabled)),
            ("Inrelease-Path", self.inrelease_path.clone()),
            ("Languages", list(&self.languages)),
            ("X-Repolib-Name", Some(self.name.clone())),
            ("Pdiffs", word(self.pdiffs)),
            ("Signed-By", self.signed_by.as_deref().map(signed_by)),
            ("Suites", list(&self.suites)),
            ("Targets", list(&self.targets)),
            ("Trusted", word(self.trusted)),
            ("Types", Some(self.types.join(" "))),
            ("URIs", list(&self.uris)),
        ];
        fields
            .into_iter()
            .fold(String::new(), |mut text, (name, value)| {
                if let Some(value) = value {
                    let blank = if value.starts_with('\n') { "" } else { " " };
                    let _ = writeln!(text, "{name}:{blank}{value}");
                }
                text
            })
    }
}

/// A key in armour stands in lines of its own; an empty one is a dot.
fn signed_by(value: &str) -> String {
    if !value.trim().contains('\n') {
        return value.trim().to_owned();
    }
    value.trim().lines().fold(String::new(), |mut text, line| {
        let line = line.trim();
        let _ = write!(text, "\n    {}", if line.is_empty() { "." } else { line });
        text
    })
}

impl Module for Deb822Repository {
    const NAME: &'static str = "deb822_repository";
    type Params = Params;
    type Ready = Params;
    type State = Placed;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if params
            .signed_by
            .as_deref()
            .is_some_and(|key| key.contains("://"))
        {
            return Err(Diag::error("keys are not fetched by `deb822_repository`").help(
                "put the key on the host first, by `copy` or a package, and name its file; or give the key itself",
            ));
        }
        if params.state == Presence::Present {
            for (name, given) in [
                ("uris", params.uris.is_some()),
                ("suites", params.suites.is_some()),
            ] {
                if !given {
                    return Err(Diag::error(format!("`{name}` is missing")));
                }
            }
        }
        if params
            .types
            .iter()
            .any(|kind| kind != "deb" && kind != "deb-src")
        {
            return Err(Diag::error("`types` can only be `deb` and `deb-src`"));
        }
        if params.slug().is_empty() {
            return Err(Diag::error("`name` needs at least one letter or digit"));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Placed, ProbeError> {
        Placed::look(look, &params.path(), false, params.text().as_bytes()).await
    }

    fn plan(params: &Params, state: &Placed) -> Result<Plan, String> {
        let path = params.path();
        if params.state == Presence::Absent {
            return Ok(match &state.file {
                None => Plan::nothing(),
                Some(file) => Plan::Converge {
                    changes: vec![Change::new(Sign::Remove, &path)],
                    steps: vec![act(
                        format!("remove {path}"),
                        &pinned::remove(&path, file.seen()),
                    )],
                },
            });
        }
        let wanted = Wanted {
            mode: Some(&params.mode),
            ..Wanted::default()
        };
        let content = params.text().into_bytes().into();
        let (changes, steps) = state.plan(
            &content,
            &Placing {
                wanted,
                ..Placing::default()
            },
        )?;
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
        let repo = (params.state == Presence::Present).then(|| params.text());
        let key = params
            .signed_by
            .as_ref()
            .filter(|key| key.starts_with('/'))
            .cloned();
        TaskResult::of(plan, ran)
            .with("repo", repo)
            .with("dest", params.path())
            .with("key_filename", key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{planned, ready};
    use crate::step::Action;
    use serde_json::json;

    #[test]
    fn the_file_is_the_one_that_ansible_writes() {
        let args = json!({
            "name": "PG dg", "uris": ["http://x/apt"], "suites": ["trixie-pgdg"], "components": ["main"],
            "signed_by": "-----BEGIN\n\nabc\n-----END", "enabled": true,
        });
        let ready = ready::<Deb822Repository>("/".as_ref(), args).unwrap();
        assert_eq!(ready.path(), "/etc/apt/sources.list.d/pg-dg.sources");
        insta::assert_snapshot!(ready.text(), @r"
        Components: main
        Enabled: yes
        X-Repolib-Name: PG dg
        Signed-By:
            -----BEGIN
            .
            abc
            -----END
        Suites: trixie-pgdg
        Types: deb
        URIs: http://x/apt
        ");
    }

    #[test]
    fn it_is_made_and_taken_away() {
        let args = json!({ "name": "a", "uris": ["http://x"], "suites": ["s"] });
        assert!(
            planned::<Deb822Repository>(args, &[("a.sources", "")])
                .unwrap()
                .is_change()
        );
        let gone = json!({ "name": "a", "state": "absent" });
        assert!(
            !planned::<Deb822Repository>(gone, &[("a.sources", "")])
                .unwrap()
                .is_change()
        );
    }

    #[test]
    fn only_the_file_that_was_looked_at_is_removed() {
        let stands = "81a4 0 0 root root 0 1 2 3 77 5 1\nbytes\nX-Repolib-Name: a\nTypes: deb\n";
        let gone = json!({ "name": "a", "state": "absent" });
        let plan = planned::<Deb822Repository>(gone, &[("a.sources", stands)]).unwrap();
        let Action::Run(script) = &plan.steps()[0].action else {
            panic!("{plan:?}");
        };
        let last = script.text.lines().last();
        assert_eq!(last, Some("remove /etc/apt/sources.list.d/a.sources 5:77"));
    }

    #[test]
    fn a_key_that_would_have_to_be_fetched_is_refused() {
        let args = json!({ "name": "a", "uris": ["x"], "suites": ["s"], "signed_by": "https://x/key.asc" });
        assert!(ready::<Deb822Repository>("/".as_ref(), args).is_err());
    }
}
