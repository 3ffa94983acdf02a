//! `role_attr_flags`: the attributes of a role in Ansible's words.

use crate::diag::Diag;
use crate::facts::pg_role::Role;

/// The attribute that lets a role log in.
pub const LOGIN: &str = "LOGIN";

/// The attributes that every supported server knows.
const KNOWN: &[&str] = &[
    "SUPERUSER",
    "CREATEROLE",
    "CREATEDB",
    "INHERIT",
    LOGIN,
    "REPLICATION",
    "BYPASSRLS",
];

/// An attribute that is wanted, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its name.
    pub column: &'static str,
    /// Whether it is wanted.
    pub on: bool,
}

impl Flag {
    /// As SQL says it: `NOSUPERUSER`.
    pub fn keyword(self) -> String {
        format!("{}{}", if self.on { "" } else { "NO" }, self.column)
    }

    /// Whether the role has it.
    pub fn is_on(self, role: &Role) -> bool {
        match self.column {
            "SUPERUSER" => role.superuser,
            "CREATEROLE" => role.createrole,
            "CREATEDB" => role.createdb,
            "INHERIT" => role.inherit,
            "REPLICATION" => role.replication,
            "BYPASSRLS" => role.bypassrls,
            _ => role.login,
        }
    }
}

/// The flags in `text`, such as `CREATEDB,NOSUPERUSER`.
pub fn parse(text: &str) -> Result<Vec<Flag>, Diag> {
    let mut flags: Vec<Flag> = Vec::new();
    for word in text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
    {
        let upper = word.to_uppercase();
        let found = KNOWN.iter().find_map(|column| {
            if upper == *column {
                Some(Flag { column, on: true })
            } else {
                (upper.strip_prefix("NO") == Some(column)).then_some(Flag { column, on: false })
            }
        });
        let Some(flag) = found else {
            return Err(Diag::error(format!(
                "role_attr_flags: `{word}` is no attribute of a role"
            ))
            .suggest(&upper, KNOWN.iter().copied())
            .help(format!(
                "known are {}, each also with NO before it",
                KNOWN.join(", ")
            )));
        };
        if flags
            .iter()
            .any(|other| other.column == flag.column && other.on != flag.on)
        {
            return Err(Diag::error(format!(
                "role_attr_flags says both {0} and NO{0}",
                flag.column
            ))
            .help("take one of them away"));
        }
        flags.push(flag);
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_and_typing_errors_told() {
        let flags = parse("createdb, NOLOGIN").unwrap();
        assert_eq!(
            flags.iter().map(|flag| flag.keyword()).collect::<Vec<_>>(),
            ["CREATEDB", "NOLOGIN"]
        );
        insta::assert_snapshot!(
            parse("CREATDB").unwrap_err(),
            @"role_attr_flags: `CREATDB` is no attribute of a role; did you mean `CREATEDB`?; known are SUPERUSER, CREATEROLE, CREATEDB, INHERIT, LOGIN, REPLICATION, BYPASSRLS, each also with NO before it"
        );
        assert!(parse("LOGIN,NOLOGIN").is_err());
    }
}
