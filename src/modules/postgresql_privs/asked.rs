//! How the parameters of `postgresql_privs` are read.

use super::{Params, Ready};
use crate::diag::Diag;
use crate::facts::pg_privileges::{Held, Names, On, PgPrivileges};

/// What Ansible takes for privileges.
const KNOWN: &[&str] = &[
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
    "CREATE",
    "CONNECT",
    "TEMPORARY",
    "TEMP",
    "EXECUTE",
    "USAGE",
    "ALL",
    "SET",
    "ALTER_SYSTEM",
    "MAINTAIN",
];

/// What default privileges are on, and which privileges there are on it.
const LATER: &[(&str, &[&str])] = &[
    (
        "TABLES",
        &[
            "ALL",
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "TRUNCATE",
            "REFERENCES",
            "TRIGGER",
            "MAINTAIN",
        ],
    ),
    ("SEQUENCES", &["ALL", "SELECT", "UPDATE", "USAGE"]),
    ("FUNCTIONS", &["ALL", "EXECUTE"]),
    ("TYPES", &["ALL", "USAGE"]),
    ("SCHEMAS", &["ALL", "CREATE", "USAGE"]),
];

/// Words that stand for a role.
const IMPLICIT: &[&str] = &["PUBLIC", "CURRENT_USER", "SESSION_USER", "CURRENT_ROLE"];

/// The word, where the role is none of a name but one that the server knows by itself.
pub(super) fn implicit(role: &str) -> Option<&'static str> {
    let upper = role.to_uppercase();
    IMPLICIT.iter().find(|word| **word == upper).copied()
}

fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(|one| one.trim().to_owned())
        .filter(|one| !one.is_empty())
        .collect()
}

impl Ready {
    pub(super) fn read(params: Params) -> Result<Self, Diag> {
        let kind = params.r#type;
        let privileges = privileges(&params)?;
        let roles = list(&params.roles);
        if roles.is_empty() {
            return Err(Diag::error("`roles` names no role"));
        }
        let named: Vec<String> = roles
            .into_iter()
            .filter(|role| implicit(role).is_none())
            .collect();
        let makers = match (&params.target_roles, kind) {
            (Some(makers), On::DefaultPrivs) => list(makers),
            _ => Vec::new(),
        };
        let question = PgPrivileges {
            login: params.login(),
            database: params.login_db.clone(),
            kind,
            schema: schema(&params)?,
            names: names(&params, &privileges)?,
            roles: named.into_iter().chain(makers.iter().cloned()).collect(),
            makers,
        };
        Ok(Self {
            params,
            privileges,
            question,
        })
    }

    /// The roles that privileges are about, as they were named.
    pub(super) fn roles(&self) -> Vec<String> {
        list(&self.params.roles)
    }

    /// Those that are not there.
    pub(super) fn missing(&self, held: &Held) -> Vec<String> {
        let there = |role: &String| implicit(role).is_some() || held.roles.contains(role);
        self.roles()
            .into_iter()
            .filter(|role| !there(role))
            .collect()
    }
}

fn privileges(params: &Params) -> Result<Vec<String>, Diag> {
    let Some(given) = params.privs.as_deref().filter(|given| !given.is_empty()) else {
        if params.r#type == On::Group {
            return Ok(Vec::new());
        }
        return Err(Diag::error(format!(
            "`privs` is missing: which privileges on {}",
            params.r#type.word()
        )));
    };
    if params.r#type == On::Group {
        return Err(Diag::error(
            "`privs` says nothing of a group: a role is its member or is not",
        ));
    }
    let mut privileges = Vec::new();
    for word in list(&given.to_uppercase()) {
        if !KNOWN.contains(&word.as_str()) {
            return Err(Diag::error(format!("`{word}` is no privilege"))
                .suggest(&word, KNOWN.iter().copied())
                .help(format!("known are {}", KNOWN.join(", "))));
        }
        let word = if word == "TEMP" {
            "TEMPORARY".to_owned()
        } else {
            word.replace('_', " ")
        };
        if !privileges.contains(&word) {
            privileges.push(word);
        }
    }
    Ok(privileges)
}

fn schema(params: &Params) -> Result<Option<String>, Diag> {
    let kind = params.r#type;
    let given = params.schema.as_deref().filter(|given| !given.is_empty());
    if !kind.in_a_schema() {
        return match given {
            Some(_) => Err(Diag::error(format!(
                "a {} is in no schema: take `schema` out",
                kind.word()
            ))),
            None => Ok(None),
        };
    }
    let of_schemas = params
        .objs
        .as_deref()
        .is_some_and(|objs| objs.eq_ignore_ascii_case("schemas"));
    match given {
        Some("not-specified") if kind != On::DefaultPrivs => Err(Diag::error(
            "`schema: not-specified` is for default privileges: say which schema it is",
        )),
        _ if kind == On::DefaultPrivs && of_schemas => Ok(None),
        Some("not-specified") => Ok(None),
        given => Ok(Some(given.unwrap_or("public").to_owned())),
    }
}

fn names(params: &Params, privileges: &[String]) -> Result<Names, Diag> {
    let kind = params.r#type;
    let objs = params.objs.as_deref().filter(|objs| !objs.is_empty());
    let objs = match (objs, kind) {
        (Some(objs), _) => objs,
        (None, On::Database) => &params.login_db,
        (None, _) => {
            return Err(Diag::error(format!(
                "`objs` is missing: which {}",
                kind.word()
            )));
        }
    };
    match (objs, kind) {
        ("ALL_IN_SCHEMA", On::Table | On::Sequence | On::Function | On::Procedure) => {
            Ok(Names::All)
        }
        ("ALL_IN_SCHEMA", _) => Err(Diag::error(
            "`objs: ALL_IN_SCHEMA` is for tables, sequences, functions and procedures",
        )),
        (objs, On::DefaultPrivs) => later(objs, privileges).map(Names::Are),
        (objs, On::Function | On::Procedure) => {
            let names: Vec<String> = list(objs).iter().map(|one| one.replace(':', ",")).collect();
            let types = |c: char| c.is_alphanumeric() || " _,.[]\"()".contains(c);
            let fits = |name: &&String| match name.split_once('(') {
                Some((_, rest)) => rest.ends_with(')') && rest.chars().all(types),
                None => false,
            };
            match names.iter().find(|name| !fits(name)) {
                Some(name) => Err(Diag::error(format!(
                    "`{name}` does not say the types of its arguments"
                ))
                .help("a function is named with them, colons between: `add(int:int)`, `now()`")),
                None => Ok(Names::Are(names)),
            }
        }
        (objs, _) => Ok(Names::Are(list(objs))),
    }
}

/// What default privileges are on.
fn later(objs: &str, privileges: &[String]) -> Result<Vec<String>, Diag> {
    let names = match objs {
        "ALL_DEFAULT" => "TABLES,SEQUENCES,FUNCTIONS,TYPES".to_owned(),
        objs => objs.to_uppercase(),
    };
    let names = list(&names);
    for name in &names {
        let Some((_, known)) = LATER.iter().find(|(later, _)| later == name) else {
            let words: Vec<&str> = LATER.iter().map(|(later, _)| *later).collect();
            return Err(
                Diag::error(format!("default privileges are on no `{name}`"))
                    .help(format!("they are on {}", words.join(", "))),
            );
        };
        if let Some(wrong) = privileges.iter().find(|one| !known.contains(&one.as_str())) {
            return Err(
                Diag::error(format!("there is no default privilege {wrong} on {name}"))
                    .help(format!("there are {}", known.join(", "))),
            );
        }
    }
    Ok(names)
}
