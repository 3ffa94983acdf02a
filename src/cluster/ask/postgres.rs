//! What a PostgreSQL server is asked, in one statement.

use super::session::error_text;
use crate::cluster::status::Postgres;
use tokio_postgres::{Client, SimpleQueryMessage};

/// One JSON document with the fields of [`Postgres`].
///
/// The timeline of a standby comes from the names of the log's files: its control file lags behind.
const QUESTION: &str = "\
WITH me AS (SELECT pg_is_in_recovery() AS follows), \
receiver AS (SELECT * FROM pg_stat_wal_receiver LIMIT 1), \
current AS (SELECT CASE WHEN follows THEN NULL ELSE pg_current_wal_lsn() END AS lsn FROM me) \
SELECT json_build_object( \
'in_recovery', follows, \
'system_identifier', (SELECT system_identifier::text FROM pg_control_system()), \
'server_version', current_setting('server_version'), \
'timeline', CASE WHEN follows THEN coalesce((SELECT max(('x' || substr(name, 1, 8))::bit(32)::int) \
  FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{8}([0-9A-F]{16}([.]partial)?|[.]history)$'), 0) \
  ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END, \
'write_lsn', (SELECT lsn::text FROM current), \
'flush_lsn', CASE WHEN NOT follows THEN pg_current_wal_flush_lsn()::text END, \
'receive_lsn', pg_last_wal_receive_lsn()::text, \
'replay_lsn', pg_last_wal_replay_lsn()::text, \
'replay_age_seconds', CASE WHEN NOT follows THEN NULL \
  WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 \
  ELSE round(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::numeric, 3) END, \
'apply_delay_ms', (SELECT setting::bigint FROM pg_settings WHERE name = 'recovery_min_apply_delay'), \
'synchronous_standby_names', current_setting('synchronous_standby_names'), \
'read_only', current_setting('transaction_read_only') = 'on', \
'upstream', CASE WHEN follows THEN coalesce((SELECT sender_host FROM receiver), \
  substring(current_setting('primary_conninfo') from 'host=''?([^ '']+)')) END, \
'streaming', coalesce((SELECT status = 'streaming' FROM receiver), false), \
'waiting_commits', (SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'), \
'standbys', coalesce((SELECT json_agg(json_build_object( \
  'application_name', application_name, 'state', coalesce(state, ''), 'sync_state', coalesce(sync_state, ''), \
  'flush_lag_bytes', coalesce(pg_wal_lsn_diff((SELECT lsn FROM current), flush_lsn)::bigint, 0), \
  'replay_lag_bytes', coalesce(pg_wal_lsn_diff((SELECT lsn FROM current), replay_lsn)::bigint, 0), \
  'flush_lag_seconds', round(extract(epoch FROM flush_lag)::numeric, 3), \
  'replay_lag_seconds', round(extract(epoch FROM replay_lag)::numeric, 3)) ORDER BY application_name) \
  FROM pg_stat_replication), '[]'), \
'slots', coalesce((SELECT json_agg(json_build_object('name', slot_name, 'active', active, \
  'wal_status', wal_status, 'retained_bytes', CASE WHEN follows THEN NULL \
  ELSE pg_wal_lsn_diff((SELECT lsn FROM current), restart_lsn)::bigint END) ORDER BY slot_name) \
  FROM pg_replication_slots), '[]')) FROM me";

/// Asks the server of this session.
pub(in crate::cluster) async fn question(client: &Client) -> Result<Postgres, String> {
    let messages = client
        .simple_query(QUESTION)
        .await
        .map_err(|error| error_text(&error))?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let text = row.ok_or("the server answered nothing")?;
    serde_json::from_str(text).map_err(|error| format!("an answer in an unknown form: {error}"))
}
