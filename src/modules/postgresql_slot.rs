//! A replication slot.
//!
//! ```yaml
//! - postgresql_slot:
//!     name: pg_b
//!   become_user: postgres
//! ```

use super::postgresql::login::{login_aliases, with_login};
use super::postgresql::{in_servers_words, loose_step};
use super::presence::Presence;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_slot::{PgSlot, Slot};
use crate::facts::sql::literal;
use crate::facts::{Look, ProbeError};
use crate::step::{Effect, Pg};
use serde::Deserialize;

/// `postgresql_slot`
pub struct PostgresqlSlot;

/// The kind of a slot.
#[derive(Clone, Copy, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// For a standby.
    #[default]
    Physical,
    /// For logical decoding.
    Logical,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Physical => "physical",
            Self::Logical => "logical",
        }
    }
}

with_login! {
    /// Parameters of `postgresql_slot`.
    pub struct Params {
        /// The slot's name.
        name: String,
        /// `physical` or `logical`.
        #[serde(default)]
        slot_type: Kind,
        /// `present` or `absent`.
        #[serde(default)]
        state: Presence,
        /// Keep WAL from now on, not only from the first connection (physical slots).
        #[serde(default)]
        immediately_reserve: bool,
        /// The plugin that decodes (logical slots).
        #[serde(default = "test_decoding")]
        output_plugin: String,
        /// The database to connect to; a logical slot belongs to it.
        #[serde(default = "super::postgresql::login::postgres")]
        login_db: String,
    }
}

fn test_decoding() -> String {
    "test_decoding".to_owned()
}

impl Params {
    fn makes(&self) -> Pg {
        match self.state {
            Presence::Present => Pg::Slot(self.name.clone(), self.slot_type.name()),
            Presence::Absent => Pg::SlotGone(self.name.clone()),
        }
    }

    fn statement(&self) -> String {
        let name = literal(&self.name);
        match (self.state, self.slot_type) {
            (Presence::Absent, _) => format!("SELECT pg_drop_replication_slot({name})"),
            (Presence::Present, Kind::Physical) => format!(
                "SELECT pg_create_physical_replication_slot({name}, {})",
                self.immediately_reserve
            ),
            (Presence::Present, Kind::Logical) => format!(
                "SELECT pg_create_logical_replication_slot({name}, {})",
                literal(&self.output_plugin)
            ),
        }
    }
}

impl Module for PostgresqlSlot {
    const NAME: &'static str = "postgresql_slot";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] =
        login_aliases!("slot_name" => "name", "db" => "login_db");
    type Params = Params;
    type Ready = Params;
    type State = Option<Slot>;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check_login()?;
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if params.name.is_empty() || params.name.len() > 63 || !params.name.chars().all(allowed) {
            return Err(
                Diag::error(format!("`{}` can't be a slot's name", params.name)).help(
                    "PostgreSQL allows lower case letters, digits and underscores, 63 at most",
                ),
            );
        }
        if params.immediately_reserve && matches!(params.slot_type, Kind::Logical) {
            return Err(Diag::error(
                "immediately_reserve and slot_type: logical exclude each other",
            )
            .help(
                "leave immediately_reserve out: a logical slot always keeps WAL from the start",
            ));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Option<Slot>, ProbeError> {
        let database = params.login_db.clone();
        look.fact(PgSlot {
            login: params.login(),
            database,
            name: params.name.clone(),
        })
        .await
    }

    fn plan(params: &Params, state: &Option<Slot>) -> Result<Plan, String> {
        let what = format!("{} slot {}", params.slot_type.name(), params.name);
        let sign = match (params.state, state) {
            (Presence::Absent, None) => return Ok(Plan::nothing()),
            (Presence::Absent, Some(_)) => Sign::Remove,
            (Presence::Present, None) => Sign::Add,
            (Presence::Present, Some(slot)) if slot.kind == params.slot_type.name() => {
                return Ok(Plan::nothing());
            }
            (Presence::Present, Some(slot)) => {
                return Err(format!(
                    "slot {} is there, but {}: drop it first (state: absent), or say slot_type: {}",
                    params.name, slot.kind, slot.kind
                ));
            }
        };
        let doing = if sign == Sign::Add { "create" } else { "drop" };
        // A logical slot can't be created in a transaction that has written.
        let step = loose_step(
            &params.login(),
            &params.login_db,
            format!("{doing} {what}"),
            &[params.statement()],
        )
        .making([Effect::Postgres(params.login().server(), params.makes())]);
        Ok(Plan::Converge {
            changes: vec![Change::new(sign, what)],
            steps: vec![step],
        })
    }

    fn result(
        Course {
            ready: params,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let queries = if plan.is_change() {
            vec![params.statement()]
        } else {
            vec![]
        };
        in_servers_words(TaskResult::of(plan, ran), ran)
            .with("name", params.name.as_str())
            .with("queries", queries)
    }
}
