//! Whether a Debian package is held back from upgrades.
//!
//! ```yaml
//! - dpkg_selections: { name: postgresql-17, selection: hold }
//! ```

use super::{Change, Controller, Module, Plan};
use crate::diag::Diag;
use crate::facts::{Installed, Look, ProbeError};
use crate::step::{Action, Script, Step, quote};
use serde::Deserialize;

/// `dpkg_selections`
pub struct DpkgSelections;

/// The parameters of `dpkg_selections`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The package.
    pub name: String,
    /// What is to become of it.
    pub selection: Selection,
}

/// What package managers are to do with an installed package. To take one away is `apt`'s.
#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Selection {
    /// Leave it as it is.
    Hold,
    /// Upgrade it as any other.
    Install,
}

impl Selection {
    /// dpkg's word.
    fn word(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Install => "install",
        }
    }
}

impl Module for DpkgSelections {
    const NAME: &'static str = "dpkg_selections";
    type Params = Params;
    type Ready = Params;
    /// Whether it is held; `None` where it is not installed.
    type State = Option<bool>;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Option<bool>, ProbeError> {
        let names = vec![params.name.clone()];
        let found = look.fact(Installed { names }).await?;
        let mut installed = found.iter().filter(|package| package.installed);
        Ok(installed.next().map(|package| package.held))
    }

    fn plan(params: &Params, state: &Option<bool>) -> Result<Plan, String> {
        let Params { name, selection } = params;
        let now = match state {
            Some(true) => Selection::Hold,
            Some(false) => Selection::Install,
            None => {
                return Err(format!(
                    "the package {name} is not installed, so there is nothing to select: install it by an earlier task"
                ));
            }
        };
        if now.word() == selection.word() {
            return Ok(Plan::nothing());
        }
        let (from, to) = (now.word().to_owned(), selection.word().to_owned());
        let what = format!("package {name}");
        let script = Script {
            lock: Some("apt"),
            ..Script::new(format!(
                "printf '%s {to}\\n' {} | dpkg --set-selections",
                quote(name)
            ))
        };
        Ok(Plan::Converge {
            steps: vec![Step::new(
                format!("select {to} for {what}"),
                Action::Run(script),
            )],
            changes: vec![Change::attribute(what, "selection", Some(from), Some(to))],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::planned;
    use serde_json::json;

    fn text(selection: &str, said: &str) -> Result<String, String> {
        let args = json!({ "name": "postgresql-17", "selection": selection });
        let plan = planned::<DpkgSelections>(args, &[("dpkg-query", said)])?;
        Ok(match plan.steps() {
            [step] => match &step.action {
                Action::Run(script) => script.text.clone(),
                other => panic!("{other:?}"),
            },
            _ => String::new(),
        })
    }

    #[test]
    fn a_package_is_held_and_let_go() {
        let (installed, held) = (
            "postgresql-17\tamd64\t17.6-1\tii \n",
            "postgresql-17\tamd64\t17.6-1\thi \n",
        );
        let set = |to| {
            Ok(format!(
                "printf '%s {to}\\n' postgresql-17 | dpkg --set-selections"
            ))
        };
        assert_eq!(text("hold", installed), set("hold"));
        assert_eq!(text("install", held), set("install"));
        assert_eq!(text("hold", held), Ok(String::new()));
        assert_eq!(text("install", installed), Ok(String::new()));
    }

    #[test]
    fn what_is_not_installed_is_refused_with_words() {
        for said in ["", "postgresql-17\tamd64\t17.6-1\trc \n"] {
            let refused = text("hold", said).unwrap_err();
            assert!(
                refused.contains("install it by an earlier task"),
                "{refused}"
            );
        }
    }
}
