//! What the host's databases of names hold: accounts, hosts, services.
//!
//! ```yaml
//! - getent: { database: passwd, key: postgres }
//! - debug: { msg: "{{ ansible_facts.getent_passwd.postgres[4] }}" }
//! ```
//!
//! What was found becomes the fact `getent_DATABASE`: the fields behind the first, by the first.

use super::defaults::yes;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Ask, Foreseen, Look, ProbeError, Question, TOOLS};
use crate::step::{Effect, Output, quote};
use serde::Deserialize;
use serde_json::{Map, Value};

/// `getent`
pub struct Getent;

/// The parameters of `getent`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The database: `passwd`, `group`, `hosts`, `services`.
    pub database: String,
    /// Whom or what to look for; without it all that the database holds.
    #[serde(default)]
    pub key: Option<String>,
    /// The source to ask in the place of those that the host is configured for: `files`.
    #[serde(default)]
    pub service: Option<String>,
    /// What stands between two fields; `:` for accounts and groups, else any blanks.
    #[serde(default)]
    pub split: Option<String>,
    /// Whether it is a failure that the key is not there.
    #[serde(default = "yes")]
    pub fail_key: bool,
}

/// What getent said.
#[derive(Clone, Debug)]
pub struct State {
    status: i32,
    text: String,
}

impl Question for Params {
    type Answer = State;

    fn ask(&self) -> Ask {
        let word = |word: &Option<String>, before: &str| {
            let word = word
                .as_ref()
                .map(|word| format!("{before} {}", quote(word)));
            word.unwrap_or_default()
        };
        Ask::live(format!(
            "{TOOLS}\ncommand -v getent >/dev/null || {{ echo 'getent is not there: it comes with the C library (libc-bin)' >&2; exit 127; }}\n\
             getent {}{}{}",
            quote(&self.database),
            word(&self.key, ""),
            word(&self.service, " -s")
        ))
    }

    fn read(&self, output: &Output) -> Result<State, ProbeError> {
        match output.status {
            0..=3 => Ok(State {
                status: output.status,
                text: output.out(),
            }),
            _ => Err(ProbeError::answer("getent", output)),
        }
    }

    fn foresee(
        &self,
        now: Result<State, ProbeError>,
        pending: &Foreseen,
    ) -> Result<State, ProbeError> {
        let key = self.key.as_ref();
        let named = |name: &String| key.is_none_or(|key| key == name);
        let decides = |effect: &Effect| match (self.database.as_str(), effect) {
            ("passwd" | "shadow", Effect::User(name, _))
            | ("group" | "gshadow", Effect::Group(name, _)) => named(name),
            ("group" | "gshadow", Effect::User(..)) => true,
            ("hosts" | "ahosts", Effect::Path(path, _)) => path == "/etc/hosts",
            _ => false,
        };
        let why = format!("it changes what {} holds", self.database);
        pending.decided_by(&why, decides).map_or(now, Err)
    }
}

impl Params {
    fn fields<'a>(&self, line: &'a str) -> Vec<&'a str> {
        let colon = ["passwd", "shadow", "group", "gshadow"].contains(&self.database.as_str());
        match self.split.as_deref().or(colon.then_some(":")) {
            Some(between) if !between.is_empty() => line.split(between).collect(),
            _ => line.split_whitespace().collect(),
        }
    }

    /// The first field of each line -> the others; a list of these where several lines begin so.
    fn found(&self, text: &str) -> Map<String, Value> {
        let mut seen: Map<String, Value> = Map::new();
        let mut lines: Vec<(String, Vec<Value>)> = Vec::new();
        for line in text.lines() {
            let mut fields = self.fields(line).into_iter().map(Value::from);
            let Some(Value::String(first)) = fields.next() else {
                continue;
            };
            let rest = Value::Array(fields.collect());
            match lines.iter_mut().find(|(name, _)| *name == first) {
                Some((_, all)) => all.push(rest),
                None => lines.push((first, vec![rest])),
            }
        }
        for (name, mut all) in lines {
            let value = if all.len() == 1 {
                all.swap_remove(0)
            } else {
                Value::Array(all)
            };
            seen.insert(name, value);
        }
        seen
    }
}

impl Module for Getent {
    const NAME: &'static str = "getent";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        look.fact(params.clone()).await
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let why = match state.status {
            0 => return Ok(Plan::nothing()),
            2 if !params.fail_key => return Ok(Plan::nothing()),
            2 => "One or more supplied key could not be found in the database.",
            3 => "Enumeration not supported on this database.",
            _ => "Missing arguments, or database unknown.",
        };
        Err(why.to_owned())
    }

    fn result(
        Course {
            ready: params,
            before,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let mut found = params.found(&before.text);
        if let (2, Some(key)) = (before.status, &params.key) {
            found.insert(key.clone(), Value::Null);
        }
        let mut result = TaskResult::default();
        let fact = format!("getent_{}", params.database);
        result.facts.insert(fact, Value::Object(found));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, foretold, planned, settled};
    use crate::step::Account;
    use serde_json::json;

    #[test]
    fn accounts_are_split_at_colons_and_the_rest_at_blanks() {
        for shell in Shell::all() {
            if format!("{shell:?}").contains("busybox") {
                continue;
            }
            let args = json!({ "database": "passwd", "key": "root" });
            let facts = settled::<Getent>(&shell, "/".as_ref(), args).facts;
            let root = &facts["getent_passwd"]["root"];
            assert_eq!(
                (&root[1], &root[4]),
                (&json!("0"), &json!("/root")),
                "{shell:?}"
            );
            let args = json!({ "database": "services", "key": "nosuchservice", "fail_key": false });
            let facts = settled::<Getent>(&shell, "/".as_ref(), args).facts;
            assert_eq!(facts["getent_services"]["nosuchservice"], Value::Null);
        }
    }

    #[test]
    fn a_key_that_is_not_there_is_a_failure() {
        let look = Shell::dash().look();
        let args = json!({ "database": "passwd", "key": "nobody-at-all" });
        let params: Params = serde_json::from_value(args).unwrap();
        let state = futures::executor::block_on(Getent::probe(&params, &look)).unwrap();
        let told = Getent::plan(&params, &state).unwrap_err();
        assert!(told.contains("could not be found"), "{told}");
    }

    #[test]
    fn lines_that_begin_alike_are_a_list() {
        let params: Params = serde_json::from_value(json!({ "database": "hosts" })).unwrap();
        let found = params.found("::1 a b\n127.0.0.1 x\n::1 c\n");
        assert_eq!(
            Value::Object(found),
            json!({ "::1": [["a", "b"], ["c"]], "127.0.0.1": ["x"] })
        );
        assert!(planned::<Getent>(json!({ "database": "hosts" }), &[("getent", "")]).is_ok());
    }

    #[test]
    fn an_account_that_is_pending_is_not_known() {
        let mut pending = Foreseen::default();
        pending.add(
            "Make",
            "root",
            [Effect::User("lab".into(), Some(Account::default()))],
        );
        let mut told = |key: &str| {
            let args = json!({ "database": "passwd", "key": key });
            foretold::<Getent>(args, &[("getent", "x:y")], &mut pending).is_ok()
        };
        assert!(told("root") && !told("lab"));
    }
}
