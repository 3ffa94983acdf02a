//! Who holds which privileges on what.

use super::psql::{Login, row};
use super::sql::literal;
use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{Output, Within};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Who holds which privileges on these?
#[derive(Clone, Debug)]
pub struct PgPrivileges {
    /// With what to connect.
    pub login: Login,
    /// The database to connect to.
    pub database: String,
    /// On what kind of things.
    pub kind: On,
    /// The schema that they are in; of default privileges, `None` is everywhere.
    pub schema: Option<String>,
    /// Their names; functions with the types of their arguments.
    pub names: Names,
    /// The roles that are asked about.
    pub roles: Vec<String>,
    /// Of default privileges: who will make what they are on; nobody named is who asks.
    pub makers: Vec<String>,
}

/// What things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// All of the kind in the schema.
    All,
    /// These.
    Are(Vec<String>),
}

/// On what kind of things a privilege is.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// Tables, views and foreign tables.
    #[default]
    Table,
    /// Sequences.
    Sequence,
    /// Functions.
    Function,
    /// Procedures.
    Procedure,
    /// Databases.
    Database,
    /// Schemas.
    Schema,
    /// Languages.
    Language,
    /// Tablespaces.
    Tablespace,
    /// Roles: who is a member.
    Group,
    /// What will be made later.
    DefaultPrivs,
    /// Foreign-data wrappers.
    ForeignDataWrapper,
    /// Foreign servers.
    ForeignServer,
    /// Types.
    Type,
    /// Parameters of the server.
    Parameter,
}

impl On {
    /// As SQL says it, and as Ansible does but for the underscores.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Sequence => "sequence",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Database => "database",
            Self::Schema => "schema",
            Self::Language => "language",
            Self::Tablespace => "tablespace",
            Self::Group => "group",
            Self::DefaultPrivs => "default privileges",
            Self::ForeignDataWrapper => "foreign data wrapper",
            Self::ForeignServer => "foreign server",
            Self::Type => "type",
            Self::Parameter => "parameter",
        }
    }

    /// Whether it is in a schema.
    pub fn in_a_schema(self) -> bool {
        matches!(
            self,
            Self::Table
                | Self::Sequence
                | Self::Function
                | Self::Procedure
                | Self::Type
                | Self::DefaultPrivs
        )
    }

    fn shared(self) -> bool {
        matches!(
            self,
            Self::Database | Self::Tablespace | Self::Group | Self::Parameter
        )
    }
}

/// Who holds what, as far as it was asked.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Held {
    /// Who asks, after `session_role`.
    pub me: String,
    /// Who logged in.
    pub session: String,
    /// Those of the roles that are there.
    pub roles: Vec<String>,
    /// All privileges that there are on such a thing; of default privileges behind what they are on.
    pub all: Vec<String>,
    /// Whether the schema is there.
    pub schema: bool,
    /// The things that are there.
    pub objects: Vec<Holder>,
}

/// A thing, and who holds what on it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Holder {
    /// Its name, as it was asked for.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// What is held, by the owner's grant or the asking role's.
    pub held: Vec<Granted>,
}

/// A privilege that a role holds.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Granted {
    /// The role; `PUBLIC` is everybody.
    pub to: String,
    /// The privilege.
    pub privilege: String,
    /// Whether the role may grant it.
    pub grantable: bool,
}

impl Granted {
    /// Held by everybody.
    pub fn to_public(privilege: &str) -> Self {
        Self {
            to: "PUBLIC".to_owned(),
            privilege: privilege.to_owned(),
            grantable: false,
        }
    }
}

impl PgPrivileges {
    /// The kind under which what becomes of them is told.
    pub fn key(&self) -> String {
        let schema = self.schema.as_deref().unwrap_or_default();
        format!("privileges on {} {schema}", self.kind.word())
    }

    /// The database that they are of; empty where all share them.
    pub fn at(&self) -> &str {
        if self.kind.shared() {
            ""
        } else {
            &self.database
        }
    }

    /// Whether it asks about the thing of this kind and name.
    pub fn about(&self, kind: &str, name: &str) -> bool {
        self.kind.word() == kind
            && matches!(&self.names, Names::Are(names) if names.iter().any(|one| one == name))
    }

    /// What is so of this thing from now on.
    pub fn made(&self, holder: &Holder) -> Within {
        Within {
            database: self.at().to_owned(),
            kind: self.key(),
            name: holder.name.clone(),
            is: serde_json::to_value(holder).ok(),
        }
    }

    /// SQL for the things: their names, their owners, what is held on them.
    fn things(&self) -> String {
        let schema = literal(self.schema.as_deref().unwrap_or_default());
        let listed = match &self.names {
            Names::All => None,
            Names::Are(names) => {
                let names: Vec<String> = names.iter().map(|name| literal(name)).collect();
                Some(format!(
                    "unnest(ARRAY[{}]::text[]) w(name)",
                    names.join(", ")
                ))
            }
        };
        let plain = |catalog: &str, name: &str, owner: &str, acl: &str, code: char| {
            let from = match &listed {
                Some(listed) => {
                    format!("{listed} JOIN pg_catalog.{catalog} o ON o.{name} = w.name")
                }
                None => format!("pg_catalog.{catalog} o"),
            };
            format!(
                "SELECT o.{name}::text AS name, o.{owner} AS owner, coalesce(o.{acl}, acldefault('{code}', o.{owner})) AS acl FROM {from} WHERE true"
            )
        };
        let inside = |mut sql: String, column: &str| {
            let _ = write!(
                sql,
                " AND o.{column} = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {schema})"
            );
            sql
        };
        match self.kind {
            On::Table => {
                inside(
                    plain("pg_class", "relname", "relowner", "relacl", 'r'),
                    "relnamespace",
                ) + " AND o.relkind IN ('r', 'v', 'm', 'p', 'f')"
            }
            On::Sequence => {
                inside(
                    plain("pg_class", "relname", "relowner", "relacl", 's'),
                    "relnamespace",
                ) + " AND o.relkind = 'S'"
            }
            On::Type => inside(
                plain("pg_type", "typname", "typowner", "typacl", 'T'),
                "typnamespace",
            ),
            On::Function | On::Procedure => {
                let kind = if self.kind == On::Procedure {
                    "= 'p'"
                } else {
                    "IN ('f', 'w')"
                };
                match listed {
                    None => inside(
                        "SELECT o.proname || '(' || oidvectortypes(o.proargtypes) || ')' AS name, o.proowner AS owner, \
                         coalesce(o.proacl, acldefault('f', o.proowner)) AS acl FROM pg_catalog.pg_proc o WHERE true"
                            .to_owned(),
                        "pronamespace",
                    ) + &format!(" AND o.prokind {kind}"),
                    Some(listed) => format!(
                        "SELECT w.name, o.proowner AS owner, coalesce(o.proacl, acldefault('f', o.proowner)) AS acl \
                         FROM {listed} JOIN pg_catalog.pg_proc o ON o.oid = to_regprocedure(quote_ident({schema}) || '.' \
                         || quote_ident(split_part(w.name, '(', 1)) || substr(w.name, strpos(w.name, '('))) WHERE o.prokind {kind}"
                    ),
                }
            }
            On::Database => plain("pg_database", "datname", "datdba", "datacl", 'd'),
            On::Schema => plain("pg_namespace", "nspname", "nspowner", "nspacl", 'n'),
            On::Language => plain("pg_language", "lanname", "lanowner", "lanacl", 'l'),
            On::Tablespace => plain("pg_tablespace", "spcname", "spcowner", "spcacl", 't'),
            On::ForeignDataWrapper => plain(
                "pg_foreign_data_wrapper",
                "fdwname",
                "fdwowner",
                "fdwacl",
                'F',
            ),
            On::ForeignServer => plain("pg_foreign_server", "srvname", "srvowner", "srvacl", 'S'),
            On::Parameter => format!(
                "SELECT w.name, 10::oid AS owner, coalesce(o.paracl, acldefault('p', 10)) AS acl \
                 FROM {} LEFT JOIN pg_catalog.pg_parameter_acl o ON o.parname = lower(w.name)",
                listed.unwrap_or_default()
            ),
            On::Group => format!(
                "SELECT o.rolname::text AS name, o.oid AS owner, NULL::aclitem[] AS acl \
                 FROM {} JOIN pg_catalog.pg_roles o ON o.rolname = w.name",
                listed.unwrap_or_default()
            ),
            On::DefaultPrivs => self.defaults(&listed.unwrap_or_default()),
        }
    }

    /// Of what will be made: `TABLES`, or `TABLES of MAKER`.
    fn defaults(&self, listed: &str) -> String {
        let makers = if self.makers.is_empty() {
            "SELECT ''::text AS name, oid FROM pg_catalog.pg_roles WHERE rolname = current_user"
                .to_owned()
        } else {
            let makers: Vec<String> = self.makers.iter().map(|name| literal(name)).collect();
            format!(
                "SELECT ' of ' || rolname AS name, oid FROM pg_catalog.pg_roles WHERE rolname IN ({})",
                makers.join(", ")
            )
        };
        let code = "CASE w.name WHEN 'TABLES' THEN 'r' WHEN 'SEQUENCES' THEN 'S' WHEN 'FUNCTIONS' THEN 'f' \
                    WHEN 'TYPES' THEN 'T' WHEN 'SCHEMAS' THEN 'n' END";
        let (namespace, bare) = match &self.schema {
            Some(schema) => (
                format!(
                    "(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {})",
                    literal(schema)
                ),
                "NULL::aclitem[]".to_owned(),
            ),
            // What nobody changed is what the server starts from.
            None => (
                "0".to_owned(),
                format!(
                    "acldefault((CASE {code} WHEN 'S' THEN 's' ELSE {code} END)::\"char\", m.oid)"
                ),
            ),
        };
        format!(
            "SELECT w.name || m.name AS name, m.oid AS owner, coalesce(o.defaclacl, {bare}) AS acl \
             FROM {listed} CROSS JOIN ({makers}) m LEFT JOIN pg_catalog.pg_default_acl o \
             ON o.defaclrole = m.oid AND o.defaclobjtype = ({code})::\"char\" AND o.defaclnamespace = {namespace}"
        )
    }

    fn code(&self) -> &'static str {
        match self.kind {
            On::Table => "r",
            On::Sequence => "s",
            On::Function | On::Procedure => "f",
            On::Database => "d",
            On::Schema => "n",
            On::Language => "l",
            On::Tablespace => "t",
            On::ForeignDataWrapper => "F",
            On::ForeignServer => "S",
            On::Type => "T",
            On::Parameter => "p",
            On::Group | On::DefaultPrivs => "",
        }
    }
}

impl Question for PgPrivileges {
    type Answer = Option<Held>;

    fn ask(&self) -> Ask {
        let roles: Vec<String> = self.roles.iter().map(|role| literal(role)).collect();
        let all = match self.code() {
            "" => "(SELECT json_agg(DISTINCT k.name || ' ' || a.privilege_type) FROM (VALUES ('TABLES', 'r'), \
                   ('SEQUENCES', 's'), ('FUNCTIONS', 'f'), ('TYPES', 'T'), ('SCHEMAS', 'n')) k(name, code), \
                   aclexplode(acldefault(k.code::\"char\", 10)) a)"
                .to_owned(),
            code => format!(
                "(SELECT coalesce(json_agg(DISTINCT privilege_type), '[]') FROM aclexplode(acldefault('{code}', 10)))"
            ),
        };
        let holders = if self.kind == On::Group {
            "SELECT json_agg(json_build_object('to', r.rolname, 'privilege', 'MEMBER', 'grantable', m.admin)) \
             FROM (SELECT member, bool_or(admin_option) AS admin FROM pg_catalog.pg_auth_members \
             WHERE roleid = t.owner GROUP BY member) m JOIN pg_catalog.pg_roles r ON r.oid = m.member"
        } else {
            "SELECT json_agg(json_build_object('to', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END, \
             'privilege', a.privilege_type, 'grantable', a.is_grantable)) FROM aclexplode(t.acl) a \
             WHERE a.grantor = t.owner OR pg_get_userbyid(a.grantor) = current_user"
        };
        let schema = match &self.schema {
            Some(schema) => format!(
                "EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {})",
                literal(schema)
            ),
            None => "true".to_owned(),
        };
        let sql = format!(
            "SELECT json_build_object('me', current_user, 'session', session_user, \
             'roles', (SELECT coalesce(json_agg(rolname ORDER BY rolname), '[]') FROM pg_catalog.pg_roles \
             WHERE rolname = ANY (ARRAY[{}]::text[])), 'all', {all}, 'schema', {schema}, \
             'objects', (SELECT coalesce(json_agg(json_build_object('name', t.name, 'owner', pg_get_userbyid(t.owner), \
             'held', coalesce(({holders}), '[]')) ORDER BY t.name), '[]') FROM ({}) t));",
            roles.join(", "),
            self.things(),
        );
        Ask::psql(self.login.script(&self.database, &sql))
    }

    fn read(&self, output: &Output) -> Result<Option<Held>, ProbeError> {
        row(&self.key(), output)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.privileges(self, now)
    }
}
