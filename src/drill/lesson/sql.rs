//! What is asked of the servers. No text here has quotes in it: it stands in shell text that stands
//! in a command that a reader should be able to read.

/// Who streams from the primary, and who of them is waited for.
pub const SENDERS: &str = "select application_name, state, sync_state, sent_lsn, replay_lsn from pg_stat_replication order by 1";

/// For whom commits wait.
pub const NAMES: &str = "show synchronous_standby_names";

/// How much later a standby shows what it has.
pub const DELAY: &str = "show recovery_min_apply_delay";

/// Two tables, of which one points to the other.
pub const TABLES: &str = "create table if not exists lesson_orders (id bigint generated always as identity primary key, session int not null, at timestamptz not null default now()); \
     create table if not exists lesson_payments (order_id bigint primary key references lesson_orders, amount numeric not null)";

/// How many rows a node shows.
pub const COUNT: &str = "select (select count(*) from lesson_orders) as orders, (select count(*) from lesson_payments) as payments";

/// What the rows are.
pub const CHECKSUM: &str = "select count(*) as rows, sum(hashtext(o::text)) as orders, sum(hashtext(p::text)) as payments from lesson_orders o join lesson_payments p on p.order_id = o.id";

/// What a session writes, in one transaction.
pub fn insert(session: u8) -> String {
    format!(
        "with o as (insert into lesson_orders (session) select {session} from generate_series(1, 25) returning id) insert into lesson_payments select id, 9.99 from o"
    )
}
