//! A group of users.
//!
//! ```yaml
//! - group: { name: pgadmins, gid: 2000 }
//! ```

use super::presence::Presence;
use super::unsupported::Unsupported;
use super::{Change, Controller, Course, Detail, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{AccountNumbers, Group as Found, GroupNamed, Look, Numbers, ProbeError};
use crate::step::{self, Action, Effect, Script, Step, quote};
use serde::Deserialize;

/// `group`
pub struct Group;

/// The parameters of `group`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// Its name.
    pub name: String,
    /// Whether it is there.
    #[serde(default)]
    pub state: Presence,
    /// Its number.
    #[serde(default)]
    pub gid: Option<u32>,
    /// Make it with a number of the system's range.
    #[serde(default)]
    pub system: bool,
    /// Take it away even where it is a user's primary group.
    #[serde(default)]
    pub force: bool,
    /// Allow a number that another group has.
    #[serde(default)]
    pub non_unique: bool,
    /// Not supported.
    #[serde(default)]
    pub local: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub gid_min: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub gid_max: Unsupported,
}

/// A step that changes users or groups. Two at once would fight for the lock of the files.
pub(super) fn accounts(what: impl Into<String>, script: Script) -> Step {
    let script = Script {
        lock: Some("accounts"),
        reopens_shells: true,
        ..script
    };
    Step::new(what, Action::Run(script))
}

/// What the host has.
pub struct State {
    found: Option<Found>,
    /// Where the group is to be made with a number that the host picks.
    numbers: Numbers,
}

impl Module for Group {
    const NAME: &'static str = "group";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let name = params.name.clone();
        let found = look.fact(GroupNamed { name }).await?;
        if let (Some(group), Some(_)) = (&found, params.gid) {
            group.gid.known()?;
        }
        let picked = found.is_none() && params.state == Presence::Present && params.gid.is_none();
        let numbers = if picked {
            look.fact(AccountNumbers).await?
        } else {
            Numbers::default()
        };
        Ok(State { found, numbers })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let State { found, numbers } = state;
        let name = quote(&params.name);
        let what = format!("group {}", params.name);
        let number = |gid: Option<u32>, from: Option<u32>| Detail::Attribute {
            name: "gid".into(),
            from: from.map(|gid| gid.to_string()),
            to: gid.map(|gid| gid.to_string()),
        };
        let unique = if params.non_unique { "-o " } else { "" };
        let now = found.as_ref().and_then(|group| group.gid.known().ok());
        let (change, verb, text) = match (params.state, found, params.gid) {
            (Presence::Absent, Some(_), _) => {
                let force = if params.force { "-f " } else { "" };
                (
                    Change::new(Sign::Remove, &what),
                    "remove",
                    format!("groupdel {force}{name}"),
                )
            }
            (Presence::Present, None, gid) => {
                let detail = if gid.is_some() {
                    number(gid, None)
                } else {
                    Detail::None
                };
                let system = if params.system { "-r " } else { "" };
                let gid = gid
                    .map(|gid| format!("{unique}-g {gid} "))
                    .unwrap_or_default();
                let text = format!(
                    "if command -v groupadd >/dev/null; then groupadd {system}{gid}{name}; else addgroup {}{}{name}; fi",
                    if params.system { "-S " } else { "" },
                    params
                        .gid
                        .map(|gid| format!("-g {gid} "))
                        .unwrap_or_default(),
                );
                (
                    Change {
                        sign: Sign::Add,
                        what: what.clone(),
                        detail,
                    },
                    "make",
                    text,
                )
            }
            (Presence::Present, Some(_), Some(gid)) if now != Some(gid) => {
                let detail = number(Some(gid), now);
                let change = Change {
                    sign: Sign::Modify,
                    what: what.clone(),
                    detail,
                };
                (
                    change,
                    "change",
                    format!("groupmod {unique}-g {gid} {name}"),
                )
            }
            (Presence::Absent, None, _) | (Presence::Present, Some(_), _) => {
                return Ok(Plan::nothing());
            }
        };
        let gid = params.gid.or_else(|| numbers.group(params.system, None));
        let group = (params.state == Presence::Present).then_some(step::Group { gid });
        let is = |group| Effect::Group(params.name.clone(), group);
        // What was its own is left with the number.
        let left = now.filter(|_| params.state == Presence::Absent);
        let left = left.map(|gid| is(Some(step::Group { gid: Some(gid) })));
        let makes = left.into_iter().chain([is(group)]);
        let step = accounts(format!("{verb} {what}"), Script::new(text));
        Ok(Plan::Converge {
            changes: vec![change],
            steps: vec![step.making(makes)],
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
        let result = TaskResult::of(plan, ran)
            .with("name", params.name.clone())
            .with("state", params.state.word())
            .with("system", params.system);
        let found = after.and_then(|after| after.found.as_ref());
        match found.or(before.found.as_ref()) {
            Some(group) => result.with_known("gid", group.gid.known()),
            None => result.with("gid", params.gid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, planned, settled};
    use serde_json::json;

    fn text(args: serde_json::Value, said: &str) -> String {
        match planned::<Group>(args, &[("group", said)]).unwrap().steps() {
            [] => String::new(),
            [
                Step {
                    action: Action::Run(script),
                    ..
                },
            ] => {
                assert!(script.reopens_shells);
                script.text.clone()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_group_is_made_changed_and_taken_away() {
        assert!(
            text(json!({ "name": "g", "gid": 2000, "system": true }), "")
                .contains("groupadd -r -g 2000 g")
        );
        assert_eq!(
            text(json!({ "name": "g", "gid": 2000 }), "g:x:1000:\n"),
            "groupmod -g 2000 g"
        );
        assert_eq!(text(json!({ "name": "g" }), "g:x:1000:\n"), "");
        assert_eq!(
            text(json!({ "name": "g", "state": "absent" }), "g:x:1000:\n"),
            "groupdel g"
        );
    }

    #[test]
    fn root_s_group_is_found_by_every_shell() {
        for shell in Shell::all() {
            let result = settled::<Group>(&shell, "/".as_ref(), json!({ "name": "root" }));
            assert_eq!(result.values["gid"], 0, "{shell:?}");
        }
    }
}
