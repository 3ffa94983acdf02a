//! What is in the tables: on the primary, and the same on every standby.

use crate::cluster::Reach;
use crate::cluster::spec::ClusterSpec;
use crate::cluster::status::ClusterStatus;
use crate::drill::primary::{Session, sessions};
use futures::future::join_all;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a standby may take to replay what the primary has.
const REPLAY: Duration = Duration::from_secs(60);
/// How often it is asked for that.
const PAUSE: Duration = Duration::from_millis(300);
/// A standby that stays further behind on purpose is not compared.
const DELAY_MS: i64 = 30_000;

/// The application's own tables, without those of drills.
const TABLES: &str = "select format('%I.%I', n.nspname, c.relname) from pg_class c \
join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' \
and n.nspname !~ '^(pg_|information_schema$|drill_)' and has_table_privilege(c.oid, 'select') order by 1";

/// A table to how many rows it has and to the sum of their hashes, which no order changes.
type Sums = BTreeMap<String, String>;

pub(super) async fn facts(
    spec: &ClusterSpec,
    status: &ClusterStatus,
    reach: &dyn Reach,
) -> BTreeMap<String, String> {
    let login = &spec.entry.login;
    let (mut primary, mut standbys) = (None, Vec::new());
    for (node, session) in sessions(spec, reach, login).await {
        let Ok(session) = session else {
            continue;
        };
        let delayed = status
            .node(&node)
            .and_then(|node| node.seen.answer())
            .is_some_and(|says| says.apply_delay_ms > DELAY_MS);
        match session.follows().await {
            Ok(false) => primary = Some(session),
            Ok(true) if !delayed => standbys.push(session),
            _ => {}
        }
    }
    let mut facts = BTreeMap::new();
    let name = |table: &str| format!("table {}: {table}", login.database);
    let Some(primary) = primary else {
        facts.insert(name("all"), "no primary could be read".to_owned());
        return facts;
    };
    let (sums, written) = match whole(&primary).await {
        Ok(read) => read,
        Err(why) => {
            facts.insert(name("all"), why);
            return facts;
        }
    };
    let copies = standbys.iter().map(|standby| async {
        let copy = async {
            replayed(standby, &written).await?;
            summed(standby, sums.keys()).await
        };
        (standby.node.as_str(), copy.await)
    });
    for (node, copy) in join_all(copies).await {
        let differs = match copy {
            Ok(copy) => differing(&sums, &copy),
            Err(why) => why,
        };
        facts.insert(format!("tables of {node}"), differs);
    }
    facts.extend(sums.into_iter().map(|(table, sum)| (name(&table), sum)));
    facts
}

/// All tables of a node, and how far its log was when they were read.
async fn whole(session: &Session) -> Result<(Sums, String), String> {
    let tables = session.rows(TABLES).await?;
    let tables: Vec<String> = tables
        .iter()
        .filter_map(|row| row.get(0).map(str::to_owned))
        .collect();
    let sums = summed(session, tables.iter()).await?;
    let written = session.rows("select pg_current_wal_lsn()").await?;
    let written = written.first().and_then(|row| row.get(0));
    Ok((sums, written.unwrap_or_default().to_owned()))
}

async fn summed(session: &Session, tables: impl Iterator<Item = &String>) -> Result<Sums, String> {
    let mut sums = Sums::new();
    for table in tables {
        let question = format!(
            "select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from {table} t"
        );
        let rows = session.rows(&question).await?;
        let cell = |column| rows.first().and_then(|row| row.get(column));
        let (count, sum) = (cell(0).unwrap_or_default(), cell(1).unwrap_or_default());
        sums.insert(table.clone(), format!("{count} rows, sum {sum}"));
    }
    Ok(sums)
}

async fn replayed(session: &Session, written: &str) -> Result<(), String> {
    let begun = Instant::now();
    let question = format!("select pg_last_wal_replay_lsn() >= '{written}'::pg_lsn");
    while begun.elapsed() < REPLAY {
        let rows = session.rows(&question).await?;
        if rows.first().and_then(|row| row.get(0)) == Some("t") {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
    Err(format!(
        "not replayed up to {written} within {} s",
        REPLAY.as_secs()
    ))
}

fn differing(sums: &Sums, copy: &Sums) -> String {
    let differs = sums
        .iter()
        .filter(|(table, sum)| copy.get(*table) != Some(sum));
    let names: Vec<&str> = differs.map(|(table, _)| table.as_str()).collect();
    if names.is_empty() {
        "as on the primary".to_owned()
    } else {
        format!("others than on the primary: {}", names.join(", "))
    }
}
