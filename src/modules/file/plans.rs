//! What is to do for each `state` of `file`.

use super::{Params, State};
use crate::facts::{File as Found, Kind};
use crate::modules::attributes::Wanted;
use crate::modules::folders;
use crate::modules::placed::act;
use crate::modules::{Change, Detail, Plan, Sign};
use crate::step::pinned::{self, Lines};
use crate::step::{Effect, Place};

fn converge(changes: Vec<Change>, what: String, lines: &Lines) -> Plan {
    let steps = if lines.is_empty() {
        Vec::new()
    } else {
        vec![act(what, lines)]
    };
    Plan::Converge { changes, steps }
}

pub(super) fn attributes_only(path: &str, found: &Found, wanted: &Wanted<'_>) -> Plan {
    converge(
        wanted.changes(path, found),
        format!("set attributes of {path}"),
        &wanted.lines(path, found),
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
            converge(
                vec![Change::new(Sign::Remove, what)],
                format!("remove {path}"),
                &pinned::remove(path, found.seen()),
            )
        }
    }
}

pub(super) fn directory(params: &Params, state: &State) -> Result<Plan, String> {
    let wanted = params.wanted();
    let path = &state.path;
    let Some(found) = &state.meant else {
        let (changes, lines) = folders::make(&state.missing, &wanted);
        return Ok(converge(changes, format!("make {path}/"), &lines));
    };
    if found.kind != Kind::Directory {
        return Err(format!(
            "{path} is a {}, where a directory is wanted: move it away first",
            found.kind.word()
        ));
    }
    if !params.recurse {
        return Ok(attributes_only(&state.meant_path, found, &wanted));
    }
    let changes = state
        .inside
        .iter()
        .flat_map(|(path, found)| wanted.changes(path, found))
        .collect();
    let inside = state.inside.iter().map(|(path, found)| (&**path, found));
    Ok(converge(
        changes,
        format!("set attributes under {path}/"),
        &wanted.lines_of(inside),
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
                attributes_only(&state.meant_path, found, &wanted)
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
    let whom = if params.follow {
        String::new()
    } else {
        wanted.new_words(false).0
    };
    let changes = vec![Change {
        sign,
        what: path.clone(),
        detail,
    }];
    let mut lines = pinned::make_link(path, src, &whom);
    lines.makes.splice(0..0, lost(state));
    Ok(converge(changes, format!("link {path}"), &lines))
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
    let mut lines = pinned::make_hard_link(path, &full, source.seen());
    lines.makes.splice(0..0, lost(state));
    Ok(converge(
        vec![Change {
            sign,
            what: path.clone(),
            detail,
        }],
        format!("link {path}"),
        &lines,
    ))
}

/// What a link in the place of something else does first.
fn lost(state: &State) -> Option<Effect> {
    let found = state.here.as_ref()?;
    (found.kind != Kind::Link).then(|| Effect::Path(state.path.clone(), Place::Nothing))
}

pub(super) fn touch(params: &Params, state: &State) -> Result<Plan, String> {
    let path = &state.meant_path;
    let wanted = params.wanted();
    let mut times = Vec::new();
    for (flag, time) in [
        ("-m", &params.modification_time),
        ("-a", &params.access_time),
    ] {
        match time.as_str() {
            "preserve" => {}
            "now" => times.push(flag.to_owned()),
            time if time.chars().all(|c| c.is_ascii_digit() || c == '.') => {
                times.push(format!("{flag} -t {time}"));
            }
            time => {
                return Err(format!(
                    "`{time}` is no time: `now`, `preserve` or like 202411231400.00 is wanted"
                ));
            }
        }
    }
    let mut changes = Vec::new();
    let lines = match &state.meant {
        Some(found) if times.is_empty() => return Ok(attributes_only(path, found, &wanted)),
        Some(found) => {
            changes.push(Change::new(Sign::Run, format!("touch {path}")));
            changes.extend(wanted.changes(path, found));
            let touched = pinned::touched(path, found.seen(), &times);
            touched + wanted.lines(path, found)
        }
        None => {
            changes.push(Change::new(Sign::Add, path));
            changes.extend(wanted.additions(path, false));
            let (whom, mode) = wanted.new_words(false);
            pinned::make_empty(path, &whom, &mode, &times)
        }
    };
    let steps = vec![act(format!("touch {path}"), &lines)];
    Ok(Plan::Act { changes, steps })
}
