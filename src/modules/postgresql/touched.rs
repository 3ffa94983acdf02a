//! What SQL makes of the roles, databases, parameters and slots of a server, as far as its first
//! words tell.

use crate::step::{Pg, RoleMade};

/// Statements that only read, by their first word.
const READ: &[&str] = &["SELECT", "SHOW", "EXPLAIN", "VALUES", "TABLE"];
/// Those that are about data.
const DATA: &[&str] = &[
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "COPY",
    "TRUNCATE",
    "ANALYZE",
    "VACUUM",
    "REINDEX",
    "CLUSTER",
    "CHECKPOINT",
    "SET",
    "RESET",
    "LOCK",
    "REFRESH",
];
/// What is made, altered and removed within a database, by the word behind CREATE, ALTER and DROP.
const WITHIN: &[&str] = &[
    "TABLE",
    "INDEX",
    "UNIQUE",
    "VIEW",
    "MATERIALIZED",
    "SCHEMA",
    "EXTENSION",
    "FUNCTION",
    "PROCEDURE",
    "SEQUENCE",
    "TYPE",
    "DOMAIN",
    "TRIGGER",
    "POLICY",
    "PUBLICATION",
];

/// Whether a statement begins as one that only reads.
pub fn reads(statement: &str) -> bool {
    let first = statement.split_whitespace().next().unwrap_or_default();
    READ.iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// What becomes of the server by a statement that is sent to this database.
pub fn makes(statement: &str, database: &str) -> Vec<Pg> {
    let within = || vec![Pg::Stirred(database.to_owned())];
    let words: Vec<String> = statement
        .replace(',', " , ")
        .split_whitespace()
        .map(str::to_ascii_uppercase)
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [first, ..] if READ.contains(first) || DATA.contains(first) => Vec::new(),
        ["CREATE", "OR", "REPLACE", what, ..] | ["CREATE" | "ALTER" | "DROP", what, ..]
            if WITHIN.contains(what) =>
        {
            within()
        }
        ["GRANT" | "REVOKE", rest @ ..] if rest.contains(&"ON") => within(),
        ["GRANT", ..] => granted(statement).unwrap_or_else(unknown),
        _ => unknown(),
    }
}

fn unknown() -> Vec<Pg> {
    vec![Pg::Unknown(
        "what SQL does there is not known beforehand".to_owned(),
    )]
}

/// `GRANT a, b TO c, d`, where the names need no quotes.
fn granted(statement: &str) -> Option<Vec<Pg>> {
    let plain = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = plain.to_ascii_lowercase();
    let (groups, members) = plain.strip_prefix("grant ")?.split_once(" to ")?;
    let names = |list: &str| -> Option<Vec<String>> {
        let simple = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = |name: &str| {
            let name = name.trim();
            (!name.is_empty() && name.chars().all(simple)).then(|| name.to_owned())
        };
        list.split(',').map(name).collect()
    };
    let groups = names(groups)?;
    let role = |member: String| {
        let joins = groups.clone();
        Pg::Role(
            member,
            RoleMade {
                joins,
                ..RoleMade::default()
            },
        )
    };
    Some(names(members)?.into_iter().map(role).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_within_a_database_touches_no_other() {
        for harmless in [
            "select 1",
            "insert into t values (1)",
            "CREATE TABLE t ()",
            "create or replace function f() returns int language sql as 'select 1'",
            "grant execute on function pg_ls_dir(text, boolean, boolean) to rewind",
            "drop extension pg_stat_statements",
        ] {
            let within = Pg::Stirred("shop".into());
            let made = makes(harmless, "shop");
            assert!(made.iter().all(|pg| *pg == within), "{harmless}");
        }
        assert_eq!(makes("select 1", "shop"), []);
        for unknown in [
            "create role app",
            "alter system set work_mem = '1MB'",
            "do $$ begin end $$",
            "grant \"A\" to b",
            "grant a to b with admin option",
            "create subscription s connection '' publication p",
            "-- why\nselect 1",
            "",
        ] {
            assert!(
                matches!(makes(unknown, "shop")[..], [Pg::Unknown(_)]),
                "{unknown}"
            );
        }
    }

    #[test]
    fn who_is_made_a_member_is_known() {
        let Pg::Role(name, made) =
            &makes("GRANT pg_monitor, readers\nTO pgpool,Monitor", "shop")[1]
        else {
            panic!("a role")
        };
        assert_eq!((name.as_str(), made.joins.len()), ("monitor", 2));
    }
}
