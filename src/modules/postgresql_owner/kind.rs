//! The kinds of things that somebody owns, and how the server is asked for the owner.

use crate::diag::Diag;
use crate::facts::sql::{ident, literal};
use crate::modules::postgresql::named::{in_schema, quoted};
use serde::Deserialize;

/// A kind of thing that somebody owns.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // They are PostgreSQL's words.
pub enum Kind {
    Aggregate,
    Collation,
    Conversion,
    Database,
    Domain,
    EventTrigger,
    ForeignDataWrapper,
    ForeignTable,
    Function,
    Language,
    LargeObject,
    Matview,
    Procedure,
    Publication,
    Routine,
    Schema,
    Sequence,
    Server,
    Statistics,
    Table,
    Tablespace,
    TextSearchConfiguration,
    TextSearchDictionary,
    Type,
    View,
}

impl Kind {
    /// As SQL says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Aggregate => "aggregate",
            Self::Collation => "collation",
            Self::Conversion => "conversion",
            Self::Database => "database",
            Self::Domain => "domain",
            Self::EventTrigger => "event trigger",
            Self::ForeignDataWrapper => "foreign data wrapper",
            Self::ForeignTable => "foreign table",
            Self::Function => "function",
            Self::Language => "language",
            Self::LargeObject => "large object",
            Self::Matview => "materialized view",
            Self::Procedure => "procedure",
            Self::Publication => "publication",
            Self::Routine => "routine",
            Self::Schema => "schema",
            Self::Sequence => "sequence",
            Self::Server => "server",
            Self::Statistics => "statistics",
            Self::Table => "table",
            Self::Tablespace => "tablespace",
            Self::TextSearchConfiguration => "text search configuration",
            Self::TextSearchDictionary => "text search dictionary",
            Self::Type => "type",
            Self::View => "view",
        }
    }

    fn called(self) -> bool {
        matches!(
            self,
            Self::Aggregate | Self::Function | Self::Procedure | Self::Routine
        )
    }

    /// Refuses a name that can't be one of this kind.
    pub fn check(self, name: &str) -> Result<(), Diag> {
        if self == Self::LargeObject && name.parse::<u32>().is_err() {
            return Err(Diag::error(format!("`{name}` is no large object"))
                .help("it is named by its number"));
        }
        let types = |c: char| c.is_alphanumeric() || " _,.[]\"()*".contains(c);
        let fits = match name.split_once('(') {
            Some((_, types_of)) => types_of.ends_with(')') && types_of.chars().all(types),
            None => self != Self::Aggregate,
        };
        if self.called() && !fits {
            return Err(
                Diag::error(format!("`{name}` does not say the types of its arguments"))
                    .help("name it as in `app.sum_up(int, text)`"),
            );
        }
        Ok(())
    }

    /// The name as SQL takes it.
    pub fn named(self, name: &str) -> String {
        match name.split_once('(') {
            Some((name, types)) if self.called() => format!("{}({types}", quoted(name)),
            _ if self == Self::LargeObject => name.to_owned(),
            _ if self.in_a_schema() => quoted(name),
            _ => ident(name),
        }
    }

    fn in_a_schema(self) -> bool {
        !matches!(
            self,
            Self::Database
                | Self::EventTrigger
                | Self::ForeignDataWrapper
                | Self::Language
                | Self::LargeObject
                | Self::Publication
                | Self::Schema
                | Self::Server
                | Self::Tablespace
        )
    }

    /// SQL that prints the owner's name as JSON, where the thing is there.
    pub fn asks(self, name: &str) -> String {
        let plain = |catalog: &str, column: &str, owner: &str| {
            (
                catalog.to_owned(),
                owner.to_owned(),
                format!("{column}::text = {}", literal(name)),
            )
        };
        let class = |kinds: &str| {
            let path = literal(&quoted(name));
            let found = format!("oid = to_regclass({path}) AND relkind IN ({kinds})");
            ("pg_class".to_owned(), "relowner".to_owned(), found)
        };
        let routine = |kinds: &str| {
            let (function, found) = if name.contains('(') && !name.ends_with("(*)") {
                ("to_regprocedure", self.named(name))
            } else {
                (
                    "to_regproc",
                    quoted(name.split('(').next().unwrap_or_default()),
                )
            };
            let found = format!(
                "oid = {function}({}) AND prokind IN ({kinds})",
                literal(&found)
            );
            ("pg_proc".to_owned(), "proowner".to_owned(), found)
        };
        // What has a schema and no function that would look for it.
        let sought = |catalog: &str, prefix: &str, visible: &str| {
            let (schema, bare) = in_schema(name);
            let place = match schema {
                Some(schema) => format!(
                    "{prefix}namespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {})",
                    literal(&schema)
                ),
                None => format!("{visible}(oid)"),
            };
            let found = format!("{prefix}name = {} AND {place}", literal(&bare));
            (catalog.to_owned(), format!("{prefix}owner"), found)
        };
        let (catalog, owner, found) = match self {
            Self::Table => class("'r', 'p'"),
            Self::View => class("'v'"),
            Self::Matview => class("'m'"),
            Self::Sequence => class("'S'"),
            Self::ForeignTable => class("'f'"),
            Self::Function => routine("'f', 'w'"),
            Self::Procedure => routine("'p'"),
            Self::Aggregate => routine("'a'"),
            Self::Routine => routine("'f', 'w', 'p', 'a'"),
            Self::Type | Self::Domain => {
                let found = format!("oid = to_regtype({})", literal(&quoted(name)));
                ("pg_type".to_owned(), "typowner".to_owned(), found)
            }
            Self::Collation => sought("pg_collation", "coll", "pg_collation_is_visible"),
            Self::Conversion => sought("pg_conversion", "con", "pg_conversion_is_visible"),
            Self::Statistics => sought("pg_statistic_ext", "stx", "pg_statistics_obj_is_visible"),
            Self::TextSearchConfiguration => {
                sought("pg_ts_config", "cfg", "pg_ts_config_is_visible")
            }
            Self::TextSearchDictionary => sought("pg_ts_dict", "dict", "pg_ts_dict_is_visible"),
            Self::Database => plain("pg_database", "datname", "datdba"),
            Self::EventTrigger => plain("pg_event_trigger", "evtname", "evtowner"),
            Self::ForeignDataWrapper => plain("pg_foreign_data_wrapper", "fdwname", "fdwowner"),
            Self::Language => plain("pg_language", "lanname", "lanowner"),
            Self::LargeObject => plain("pg_largeobject_metadata", "oid", "lomowner"),
            Self::Publication => plain("pg_publication", "pubname", "pubowner"),
            Self::Schema => plain("pg_namespace", "nspname", "nspowner"),
            Self::Server => plain("pg_foreign_server", "srvname", "srvowner"),
            Self::Tablespace => plain("pg_tablespace", "spcname", "spcowner"),
        };
        format!("SELECT to_json(pg_get_userbyid({owner})) FROM pg_catalog.{catalog} WHERE {found};")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_part_by_part() {
        assert_eq!(Kind::Table.named("app.orders"), r#""app"."orders""#);
        assert_eq!(Kind::Database.named("a.b"), r#""a.b""#);
        assert_eq!(
            Kind::Function.named("app.add(int, text)"),
            r#""app"."add"(int, text)"#
        );
        assert!(Kind::Function.check("add(int); drop table x").is_err());
        assert!(Kind::Aggregate.check("add").is_err());
        assert!(Kind::LargeObject.check("x").is_err());
    }
}
