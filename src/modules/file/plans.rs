//! What is to do for each `state` of `file`.

use super::{Params, State};
use crate::facts::{File as Found, Kind};
use crate::modules::attributes::Wanted;
use crate::modules::folders;
use crate::modules::placed::run;
use crate::modules::{Change, Detail, Plan, Sign};
use crate::step::{Step, quote};
use std::fmt::Write;

fn converge(changes: Vec<Change>, what: String, script: String) -> Plan {
    let steps = if script.is_empty() {
        Vec::new()
    } else {
        vec![run(what, script)]
    };
    Plan::Converge { changes, steps }
}

pub(super) fn attributes_only(path: &str, found: &Found, wanted: &Wanted<'_>) -> Plan {
    converge(
        wanted.changes(path, found),
        format!("set attributes of {path}"),
        wanted.script(path, found),
    )
}

pub(super) fn absent(state: &State) -> Plan {
    let path = &state.path;
    match &state.here {
        None => Plan::nothing(),
        Some(found) => {
            let is_folder = found.kind == Kind::Directory;
            let what = if is_folder {
                format!("{path}/")
            } else {
                path.clone()
            };
            let flag = if is_folder { "-rf" } else { "-f" };
            converge(
                vec![Change::new(Sign::Remove, what)],
                format!("remove {path}"),
                format!("rm {flag} {}", quote(path)),
            )
        }
    }
}

pub(super) fn directory(params: &Params, state: &State) -> Result<Plan, String> {
    let wanted = params.wanted();
    let path = &state.path;
    let Some(found) = &state.meant else {
        let (changes, script) = folders::make(&state.missing, &wanted);
        return Ok(converge(changes, format!("make {path}/"), script));
    };
    if found.kind != Kind::Directory {
        return Err(format!(
            "{path} is a {}, where a directory is wanted: move it away first",
            found.kind.word()
        ));
    }
    if !params.recurse {
        return Ok(attributes_only(state.meant_path(), found, &wanted));
    }
    let mut changes = Vec::new();
    let mut script = String::new();
    for (path, found) in &state.inside {
        changes.extend(wanted.changes(path, found));
        script.push_str(&wanted.script(path, found));
    }
    Ok(converge(
        changes,
        format!("set attributes under {path}/"),
        script,
    ))
}

pub(super) fn link(params: &Params, state: &State) -> Result<Plan, String> {
    let path = &state.path;
    let wanted = params.wanted();
    let old = match &state.here {
        Some(found) if found.kind == Kind::Link => found.target.clone(),
        Some(found) if !params.force => {
            return Err(format!(
                "{path} is a {}, where a link is wanted; `force: true` replaces it",
                found.kind.word()
            ));
        }
        _ => None,
    };
    let Some(src) = params.src.as_ref().or(old.as_ref()) else {
        return Err(format!("`state: link` needs `src`, what {path} leads to"));
    };
    if old.as_ref() == Some(src) {
        return Ok(match &state.meant {
            // A link that leads nowhere has nothing whose attributes could be set.
            Some(found) if found.kind != Kind::Link || !params.follow => {
                attributes_only(state.meant_path(), found, &wanted)
            }
            _ => Plan::nothing(),
        });
    }
    let sign = if state.here.is_some() {
        Sign::Modify
    } else {
        Sign::Add
    };
    let detail = Detail::Attribute {
        name: "link".into(),
        from: old.clone(),
        to: Some(src.clone()),
    };
    let mut text = String::new();
    if state
        .here
        .as_ref()
        .is_some_and(|found| found.kind == Kind::Directory)
    {
        let _ = writeln!(text, "rmdir {} || exit", quote(path));
    }
    let _ = writeln!(text, "ln -sfn {} {} || exit", quote(src), quote(path));
    if !params.follow {
        text.push_str(&link_owner(path, &wanted));
    }
    let changes = vec![Change {
        sign,
        what: path.clone(),
        detail,
    }];
    Ok(converge(changes, format!("link {path}"), text))
}

fn link_owner(path: &str, wanted: &Wanted<'_>) -> String {
    match (wanted.owner, wanted.group) {
        (None, None) => String::new(),
        (owner, group) => {
            let group = group.map(|group| format!(":{group}")).unwrap_or_default();
            format!(
                "chown -h {} {} || exit\n",
                quote(&format!("{}{group}", owner.unwrap_or_default())),
                quote(path)
            )
        }
    }
}

pub(super) fn hard(params: &Params, state: &State) -> Result<Plan, String> {
    let path = &state.path;
    let (Some(src), Some(source)) = (&params.src, &state.source) else {
        return Err("`state: hard` needs `src`, what the link leads to".into());
    };
    match &state.here {
        Some(found) if (found.inode, found.dev) == (source.inode, source.dev) => {
            return Ok(attributes_only(path, found, &params.wanted()));
        }
        Some(found) if found.kind == Kind::Directory || !params.force => {
            return Err(format!(
                "{path} is another {} already; `force: true` replaces a file",
                found.kind.word()
            ));
        }
        _ => {}
    }
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let full = if src.starts_with('/') {
        src.clone()
    } else {
        format!("{folder}/{src}")
    };
    let sign = if state.here.is_some() {
        Sign::Modify
    } else {
        Sign::Add
    };
    let detail = Detail::Attribute {
        name: "hard link".into(),
        from: None,
        to: Some(src.clone()),
    };
    let script = format!("ln -f {} {}", quote(&full), quote(path));
    Ok(converge(
        vec![Change {
            sign,
            what: path.clone(),
            detail,
        }],
        format!("link {path}"),
        script,
    ))
}

pub(super) fn touch(params: &Params, state: &State) -> Result<Plan, String> {
    let path = state.meant_path();
    let wanted = params.wanted();
    let keeps = params.modification_time == "preserve" && params.access_time == "preserve";
    let mut script = String::new();
    let mut changes = Vec::new();
    if state.here.is_none() {
        let _ = writeln!(script, ": >>{} || exit", quote(path));
        changes.push(Change::new(Sign::Add, path));
        changes.extend(wanted.additions(path, false));
    } else if keeps {
        return Ok(match &state.meant {
            Some(found) => attributes_only(path, found, &wanted),
            None => Plan::nothing(),
        });
    } else {
        changes.push(Change::new(Sign::Run, format!("touch {path}")));
    }
    for (flag, time) in [
        ("-m", &params.modification_time),
        ("-a", &params.access_time),
    ] {
        let at = match time.as_str() {
            "preserve" => continue,
            "now" => String::new(),
            time if time.chars().all(|c| c.is_ascii_digit() || c == '.') => format!("-t {time} "),
            time => {
                return Err(format!(
                    "`{time}` is no time: `now`, `preserve` or like 202411231400.00 is wanted"
                ));
            }
        };
        let _ = writeln!(script, "touch {flag} {at}{} || exit", quote(path));
    }
    match &state.meant {
        Some(found) => {
            changes.extend(wanted.changes(path, found));
            script.push_str(&wanted.script(path, found));
        }
        None => script.push_str(&wanted.new_script(path, false)),
    }
    let steps: Vec<Step> = vec![run(format!("touch {path}"), script)];
    Ok(Plan::Act { changes, steps })
}
