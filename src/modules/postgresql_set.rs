//! A server parameter, through `ALTER SYSTEM`.
//!
//! ```yaml
//! - postgresql_set:
//!     name: synchronous_standby_names
//!     value: FIRST 1 (b)
//!   become_user: postgres
//!   register: names
//! ```

use super::postgresql::login::{login_aliases, with_login};
use super::postgresql::{in_servers_words, setting};
use super::{Change, Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_setting::{PgSetting, Setting};
use crate::facts::sql::{ident, literal};
use crate::facts::{Look, ProbeError};
use crate::step::{Action, Effect, Pg, Step, Written};
use serde_json::{Value, json};

/// `postgresql_set`
pub struct PostgresqlSet;

with_login! {
    /// Parameters of `postgresql_set`.
    pub struct Params {
        /// The parameter's name.
        name: String,
        /// Its value; `default` takes away what `ALTER SYSTEM` set before.
        #[serde(default)]
        value: Option<String>,
        /// Set it to the value that is built in.
        #[serde(default)]
        reset: bool,
        /// The database to connect to.
        #[serde(default = "super::postgresql::login::postgres")]
        login_db: String,
    }
}

/// What the parameter shall be.
enum Wanted<'a> {
    /// Nothing set by `ALTER SYSTEM`.
    Unset,
    Value(&'a str),
}

impl Params {
    fn wanted<'a>(&'a self, is: &'a Setting) -> Result<Wanted<'a>, String> {
        match &self.value {
            Some(value) if value.eq_ignore_ascii_case("default") => Ok(Wanted::Unset),
            Some(value) => Ok(Wanted::Value(value)),
            None => is
                .boot_val
                .as_deref()
                .map(Wanted::Value)
                .ok_or_else(|| format!("{} has no built-in value: give `value`", is.name)),
        }
    }

    /// Waits after the reload until new sessions see it.
    fn step(&self, is: &Setting, sql: &str) -> Step {
        let reload = is.context != "postmaster";
        let command = if reload {
            "loaded() { psql -XAtq -c 'SELECT pg_conf_load_time()' </dev/null; }\n\
             before=$(loaded) || exit\n\
             psql -XAtq -v ON_ERROR_STOP=1 >/dev/null || exit\n\
             tries=0\n\
             while [ \"$(loaded)\" = \"$before\" ]; do\n\
             tries=$((tries + 1))\n\
             [ \"$tries\" -lt 100 ] || { echo 'the server did not reload its configuration in time' >&2; exit 1; }\n\
             sleep 0.1 2>/dev/null || sleep 1\n\
             done"
        } else {
            "psql -XAtq -v ON_ERROR_STOP=1 >/dev/null"
        };
        let reload = if reload {
            "\nSELECT pg_reload_conf();"
        } else {
            ""
        };
        let script = self
            .login()
            .run(&self.login_db, &format!("{sql};{reload}"), command);
        Step::new(format!("set {}", is.name), Action::Run(script))
    }

    /// What it leaves written down.
    fn makes(&self, wanted: &Wanted, is: &Setting) -> Effect {
        let written = match wanted {
            Wanted::Unset => None,
            Wanted::Value(value) => {
                let (setting, pretty) = setting::shown(is, value);
                let text = if setting::is_quoted_list(&is.name) {
                    pretty.clone()
                } else {
                    units_in_capitals(value)
                };
                Some(Written {
                    setting,
                    pretty,
                    text,
                })
            }
        };
        let server = self.login().server();
        Effect::Postgres(server, Pg::Setting(is.name.clone(), written))
    }
}

/// Whether `wanted` is what is in effect, or will be after the restart that it needs.
fn satisfied(wanted: &Wanted, is: &Setting) -> bool {
    match (wanted, &is.auto) {
        (Wanted::Unset, auto) => auto.is_none(),
        (Wanted::Value(value), None) => {
            setting::same(is, &is.setting, value) && !is.pending_restart
        }
        (Wanted::Value(value), Some(auto)) => {
            // A role's or a database's own value hides the server's from this session.
            let from_files = matches!(is.source.as_str(), "default" | "configuration file");
            let in_effect =
                is.context == "postmaster" || !from_files || setting::same(is, &is.setting, value);
            setting::same(is, auto, value) && in_effect
        }
    }
}

fn statement(wanted: &Wanted, is: &Setting) -> String {
    let name: Vec<String> = is.name.split('.').map(ident).collect();
    let name = name.join(".");
    match wanted {
        Wanted::Unset => format!("ALTER SYSTEM RESET {name}"),
        Wanted::Value(value) if setting::is_quoted_list(&is.name) && !value.is_empty() => {
            let elements: Vec<String> = setting::elements(value)
                .iter()
                .map(|element| literal(element))
                .collect();
            format!("ALTER SYSTEM SET {name} = {}", elements.join(", "))
        }
        Wanted::Value(value) => {
            format!(
                "ALTER SYSTEM SET {name} = {}",
                literal(&units_in_capitals(value))
            )
        }
    }
}

/// `64mb` as the server wants it: `64MB`.
fn units_in_capitals(value: &str) -> String {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &value[number.len()..];
    let plain = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    match suffix.to_ascii_lowercase().as_str() {
        "kb" if plain => format!("{number}kB"),
        unit @ ("b" | "mb" | "gb" | "tb") if plain => {
            format!("{number}{}", unit.to_ascii_uppercase())
        }
        _ => value.to_owned(),
    }
}

impl Module for PostgresqlSet {
    const NAME: &'static str = "postgresql_set";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] = login_aliases!("db" => "login_db");
    type Params = Params;
    type Ready = Params;
    type State = Option<Setting>;

    fn prepare(mut params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check_login()?;
        if params.value.is_some() && params.reset {
            return Err(Diag::error("value and reset exclude each other").help("give one of them"));
        }
        if params.value.is_none() && !params.reset {
            return Err(Diag::error("neither value nor reset is given").help("give one of them"));
        }
        match params.value.as_deref() {
            // What a boolean is as text. The server's own words are left to it.
            Some("True" | "true") => params.value = Some("on".to_owned()),
            Some("False" | "false") => params.value = Some("off".to_owned()),
            _ => {}
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Option<Setting>, ProbeError> {
        let database = params.login_db.clone();
        look.fact(PgSetting {
            login: params.login(),
            database,
            name: params.name.clone(),
        })
        .await
    }

    fn plan(params: &Params, state: &Option<Setting>) -> Result<Plan, String> {
        let is = state.as_ref().ok_or_else(|| {
            format!(
                "the server has no parameter {}: check its name and the server's version",
                params.name
            )
        })?;
        if is.context == "internal" {
            return Err(format!(
                "{} is fixed when the server is built or initialised",
                is.name
            ));
        }
        let wanted = params.wanted(is)?;
        if satisfied(&wanted, is) {
            return Ok(Plan::nothing());
        }
        let made = params.makes(&wanted, is);
        let step = params.step(is, &statement(&wanted, is)).making([made]);
        let (from, to) = match wanted {
            Wanted::Unset => (is.auto.clone(), None),
            Wanted::Value(value) => {
                let from = if is.context == "postmaster" {
                    is.auto.as_ref()
                } else {
                    None
                };
                (
                    Some(from.unwrap_or(&is.pretty).clone()),
                    Some(value.to_owned()),
                )
            }
        };
        let change = Change::attribute("postgresql", is.name.as_str(), from, to);
        Ok(Plan::Converge {
            changes: vec![change],
            steps: vec![step],
        })
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
        let result =
            in_servers_words(TaskResult::of(plan, ran), ran).with("name", params.name.as_str());
        let Some(was) = before else { return result };
        let is = after.and_then(Option::as_ref).unwrap_or(was);
        let restart = is.context == "postmaster"
            && match params.wanted(is) {
                Ok(Wanted::Value(value)) => !setting::same(is, &is.setting, value),
                Ok(Wanted::Unset) => is.pending_restart || plan.is_change(),
                Err(_) => false,
            };
        let pretty = match (&params.value, plan.is_change()) {
            (Some(value), true) => value.clone(),
            _ => is.pretty.clone(),
        };
        result
            .with("context", is.context.as_str())
            .with("prev_val_pretty", was.pretty.as_str())
            .with("value_pretty", pretty)
            .with("value", raw(is))
            .with("restart_required", restart)
    }
}

/// The value in effect, sizes in bytes as in Ansible.
fn raw(is: &Setting) -> Value {
    let number: Option<i64> = is.setting.parse().ok();
    match (is.unit.as_deref(), number) {
        (Some("kB"), Some(n)) if n > 0 => json!({ "value": n * 1024, "unit": "b" }),
        (Some("MB"), Some(n)) if n > 0 => json!({ "value": n * 1024 * 1024, "unit": "b" }),
        (unit, _) => json!({ "value": is.setting, "unit": unit }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(setting: &str, auto: Option<&str>) -> Setting {
        Setting {
            name: "synchronous_standby_names".into(),
            setting: setting.into(),
            pretty: setting.into(),
            unit: None,
            vartype: "string".into(),
            context: "sighup".into(),
            boot_val: Some(String::new()),
            source: "configuration file".into(),
            pending_restart: false,
            auto: auto.map(Into::into),
        }
    }

    fn params(value: &str) -> Params {
        serde_json::from_value(json!({"name": "synchronous_standby_names", "value": value}))
            .unwrap()
    }

    fn script(plan: &Plan) -> String {
        let Action::Run(script) = &plan.steps()[0].action else {
            panic!("a script")
        };
        String::from_utf8(script.stdin.clone()).unwrap()
    }

    #[test]
    fn a_value_that_differs_is_set_and_reloaded() {
        let plan = PostgresqlSet::plan(&params("FIRST 1 (b)"), &Some(names("", None))).unwrap();
        insta::assert_snapshot!(script(&plan), @r#"
        ALTER SYSTEM SET "synchronous_standby_names" = 'FIRST 1 (b)';
        SELECT pg_reload_conf();
        "#);
    }

    #[test]
    fn a_value_from_another_file_is_enough() {
        let state = Some(names("FIRST 1 (b)", None));
        assert!(
            !PostgresqlSet::plan(&params("FIRST 1 (b)"), &state)
                .unwrap()
                .is_change()
        );
    }

    #[test]
    fn a_written_value_that_is_not_in_effect_is_written_and_loaded_again() {
        let state = Some(names("", Some("FIRST 1 (b)")));
        assert!(
            PostgresqlSet::plan(&params("FIRST 1 (b)"), &state)
                .unwrap()
                .is_change()
        );
    }

    #[test]
    fn what_waits_for_a_restart_is_no_change_but_told() {
        let state = Some(Setting {
            name: "max_connections".into(),
            vartype: "integer".into(),
            context: "postmaster".into(),
            pending_restart: true,
            ..names("100", Some("200"))
        });
        let params: Params =
            serde_json::from_value(json!({"name": "max_connections", "value": "200"})).unwrap();
        let plan = PostgresqlSet::plan(&params, &state).unwrap();
        assert!(!plan.is_change());
        let result = PostgresqlSet::result(Course {
            ready: &params,
            before: &state,
            after: None,
            plan: &plan,
            ran: &[],
        });
        assert_eq!(result.values["restart_required"], true);
    }

    #[test]
    fn default_takes_away_what_was_written() {
        let plan = PostgresqlSet::plan(&params("default"), &Some(names("x", Some("x")))).unwrap();
        assert!(script(&plan).starts_with("ALTER SYSTEM RESET"));
        assert!(
            !PostgresqlSet::plan(&params("default"), &Some(names("x", None)))
                .unwrap()
                .is_change()
        );
    }
}
