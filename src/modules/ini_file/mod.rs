//! Keeps an option of an INI file.
//!
//! ```yaml
//! - ini_file: { path: /etc/pgbouncer/pgbouncer.ini, section: pgbouncer, option: pool_mode, value: session }
//! ```
//!
//! All other lines, comments too, stay as they are.

mod edit;

use super::attributes::file_params;
use super::edited::{Edited, make_folder};
use super::placed::Placing;
use super::presence::Presence;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;
use edit::Edit;
use serde::Deserialize;

/// `ini_file`
pub struct IniFile;

/// An option by which one of several sections of one name is known.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Its name.
    pub option: String,
    /// Its value.
    #[serde(default)]
    pub value: Option<String>,
    /// Its values.
    #[serde(default)]
    pub values: Vec<String>,
}

file_params! {
    /// The parameters of `ini_file`.
    pub struct Params {
        /// The file; a link is edited where it leads to.
        pub path: String,
        /// The section; without it the lines before the first one are meant.
        #[serde(default)]
        pub section: Option<String>,
        /// Of several sections of this name the one that holds these.
        #[serde(default)]
        pub section_has_values: Vec<Holding>,
        /// The option; without it the section is meant as a whole.
        #[serde(default)]
        pub option: Option<String>,
        /// Its value.
        #[serde(default)]
        pub value: Option<String>,
        /// Its values, where it stands several times.
        #[serde(default)]
        pub values: Vec<String>,
        /// Whether it shall be there.
        #[serde(default)]
        pub state: Presence,
        /// These values and no others.
        #[serde(default = "yes")]
        pub exclusive: bool,
        /// No blanks around the `=`.
        #[serde(default)]
        pub no_extra_spaces: bool,
        /// Let a line be that differs by the blanks around the `=` alone.
        #[serde(default)]
        pub ignore_spaces: bool,
        /// The option may stand there without a value and a `=`.
        #[serde(default)]
        pub allow_no_value: bool,
        /// Put the option in the place of a comment that holds it.
        #[serde(default = "yes")]
        pub modify_inactive_option: bool,
        /// Make the file where it is not there.
        #[serde(default = "yes")]
        pub create: bool,
        /// A link is edited where it leads to, whatever this says.
        #[serde(default)]
        pub follow: bool,
        /// Keep what was there under another name.
        #[serde(default)]
        pub backup: bool,
    }
}

impl Module for IniFile {
    const NAME: &'static str = "ini_file";
    const COLLECTION: &'static str = "community.general";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("dest", "path")];
    const ABOUT: Option<&'static str> = Some("path");
    type Params = Params;
    type Ready = Params;
    type State = Edited;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let two = |value: &Option<String>, values: &[String]| value.is_some() && !values.is_empty();
        let mut holding = params.section_has_values.iter();
        if two(&params.value, &params.values) || holding.any(|one| two(&one.value, &one.values)) {
            return Err(Diag::error("`value` and `values` exclude each other"));
        }
        let none = params.value.is_none() && params.values.is_empty();
        if params.state == Presence::Present && none && !params.allow_no_value {
            return Err(Diag::error("an option that shall be there needs a `value`").help(
                "`allow_no_value: true` is for options that have none, `state: absent` takes one away",
            ));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Edited, ProbeError> {
        params.no_context(look).await?;
        let edited = Edited::look(look, &params.path).await?;
        edited.there(params.create)?;
        Ok(edited)
    }

    fn plan(params: &Params, state: &Edited) -> Result<Plan, String> {
        let (text, _) = Edit::of(params).done(state.text.as_deref().unwrap_or_default());
        if state.text.is_none() && text.is_empty() {
            return Ok(Plan::nothing());
        }
        let placing = Placing {
            wanted: params.wanted(),
            backup: params.backup,
            validate: None,
        };
        let (changes, mut steps) = state.plan(&text, &placing)?;
        if state.text.is_none() {
            steps.splice(0..0, make_folder(&state.placed.path));
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
        let (_, said) = Edit::of(params).done(before.text.as_deref().unwrap_or_default());
        before.result(after, plan, ran, said)
    }
}

#[cfg(test)]
mod tests;
