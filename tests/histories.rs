//! Histories of real servers: calm ones are right, and what PostgreSQL itself can lose or show is found.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod postgres;

use postgres::here::{Here, login};
use postgres::{PASSWORD, Server};
use std::path::Path;
use std::time::{Duration, Instant};
use trueup::cluster::spec::{
    ClusterSpec, EntrySpec, NodeSpec, PgpoolSpec, Policy, Role, ServerSpec, Topology,
};
use trueup::drill::histories::{Histories, Settings, file, judged};
use trueup::drill::{Clock, Entry};
use trueup::history::{
    Act, Class, Door, History, Judged, Judgement, Level, Opening, Operation, Outcome, Rules,
    Transaction, judge, told,
};
use trueup::step::Tls;

/// A certificate for this machine, and its key.
fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn spec(ca: &str, nodes: &[&Server], writes: &[&Server], reads: &[&Server]) -> ClusterSpec {
    let servers = |servers: &[&Server]| {
        let servers = servers.iter().map(|server| ServerSpec {
            name: format!("pg-{}", server.port),
            address: "127.0.0.1".into(),
            port: server.port,
        });
        servers.collect()
    };
    let login = login("postgres", PASSWORD);
    let nodes = nodes.iter().map(|server| NodeSpec {
        name: format!("pg-{}", server.port),
        role: Role::Asynchronous,
        address: "127.0.0.1".into(),
        port: server.port,
    });
    ClusterSpec {
        nodes: nodes.collect(),
        login: login.clone(),
        tls: Some(Tls {
            ca: ca.to_owned(),
            ..Tls::default()
        }),
        entry: EntrySpec {
            writes: servers(writes),
            reads: servers(reads),
            login: login.clone(),
        },
        topology: Topology::Pgpool(PgpoolSpec {
            pools: vec![],
            login,
            policy: Policy::Degrade,
        }),
        arguments: "-i here".into(),
    }
}

/// Waits until so many lines more are recorded.
async fn goes_on(folder: &Path, lines: usize) {
    let count = || {
        let text = std::fs::read_to_string(file(folder)).unwrap_or_default();
        text.lines().count()
    };
    let (begun, before) = (Instant::now(), count());
    while count() < before + lines {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing goes on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Lets sessions meet while something is done.
async fn played(
    spec: &ClusterSpec,
    level: Level,
    run: &str,
    meanwhile: impl AsyncFnOnce(&Path),
) -> Judgement {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::start();
    let settings = Settings {
        run: run.to_owned(),
        level,
        sessions: 8,
        seed: 7,
    };
    let entry = Entry::of(spec).unwrap();
    let histories = Histories::start(entry, settings, folder.path(), clock).await;
    let histories = histories.unwrap();
    meanwhile(folder.path()).await;
    histories.stop().await.unwrap();
    judged(folder.path(), spec, &Here, &clock).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calm_server_shows_nothing_that_its_level_forbids() {
    let (certificate, key) = certificate();
    let server = Server::primary().certified(&certificate, &key);
    let spec = spec(&certificate, &[&server], &[&server], &[&server]);
    let mut undone = 0;
    for level in [
        Level::ReadCommitted,
        Level::RepeatableRead,
        Level::Serializable,
    ] {
        let run = level.name().replace(' ', "_");
        let judgement = played(&spec, level, &run, async |folder| {
            goes_on(folder, 1000).await;
        })
        .await;
        assert_eq!(judgement.faults(), 0, "{}", told(&judgement));
        assert!(judgement.committed > 300, "{}", told(&judgement));
        assert_eq!(judgement.read_door.stale, 0, "{}", told(&judgement));
        undone += judgement.aborted;
    }
    // On a quick server few cancels come in time at one level; serializable alone undoes some.
    assert!(undone > 0, "nothing was ever cancelled or undone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_standby_that_lagged_never_had_is_found_lost() {
    let (certificate, key) = certificate();
    let mut primary = Server::primary().certified(&certificate, &key);
    let standby = Server::standby(&primary, "b", "b", "");
    let ends = [primary.port, standby.port];
    let spec = spec(
        &certificate,
        &[&primary, &standby],
        &[&primary, &standby],
        &[&standby],
    );
    let judgement = played(&spec, Level::RepeatableRead, "lost", async |folder| {
        goes_on(folder, 300).await;
        // Nobody waits for it, and it hears nothing any more.
        standby.set("primary_conninfo", "");
        standby.until("select count(*) from pg_stat_wal_receiver", "0");
        goes_on(folder, 300).await;
        primary.stop();
        standby.promote();
        goes_on(folder, 300).await;
    })
    .await;
    let found = |class| judgement.count(class, Judged::Fault);
    assert!(found(Class::LostWrite) > 0, "{ends:?} {}", told(&judgement));
    // Which of both it comes to is chance: whether a key that lost a write was written again.
    let beside = found(Class::SeenThenGone) + found(Class::IncompatibleOrders);
    assert!(beside > 0, "{}", told(&judgement));
    assert!(judgement.read_door.stale > 0, "{}", told(&judgement));
}

/// How long the fork may take to be there.
const LIMIT: Duration = Duration::from_secs(20);

/// A commit that waits for a standby is there on the others before the primary shows it; a later one that
/// does not wait is shown at once. So readers of both see them in opposite orders.
#[test]
fn a_long_fork_between_a_primary_and_its_standby_is_found() {
    let primary = Server::primary();
    let standby = Server::standby(&primary, "b", "b", "");
    primary.sql("create table registers (key text primary key, value int)");
    primary.set("synchronous_standby_names", "nobody");
    primary.until("show synchronous_standby_names", "nobody");
    let begun = Instant::now();
    let now = || begun.elapsed().as_secs_f64();
    let both = "select coalesce((select value from registers where key = 'x'), 0) || ',' || \
                coalesce((select value from registers where key = 'y'), 0)";
    let look = |server: &Server, number, door, standby| {
        let from = now();
        let said = server.sql(both);
        let (x, y) = said.split_once(',').unwrap();
        let read = |key: &str, value: &str| Operation {
            standby,
            ..Operation::from(Act::Register {
                key: key.to_owned(),
                value: (value != "0").then(|| value.parse().unwrap()),
            })
        };
        transaction(
            number,
            door,
            (from, now()),
            vec![read("x", x), read("y", y)],
        )
    };
    let write = |number, key: &str, settings: &str| {
        let from = now();
        primary.sql(&format!(
            "{settings}; insert into registers values ('{key}', 1)"
        ));
        let act = Act::Write {
            key: key.to_owned(),
            value: 1,
            over: Some(None),
        };
        transaction(number, Door::Write, (from, now()), vec![act.into()])
    };
    let mut transactions = std::thread::scope(|scope| {
        let waits = scope.spawn(|| write(1, "x", "set synchronous_commit = on"));
        while standby.sql(both) != "1,0" {
            assert!(begun.elapsed() < LIMIT, "the standby never had it");
        }
        let there = look(&standby, 2, Door::Read, true);
        let local = write(3, "y", "set synchronous_commit = local");
        let here = look(&primary, 4, Door::Write, false);
        primary.set("synchronous_standby_names", "");
        vec![waits.join().unwrap(), there, local, here]
    });
    transactions.push(look(&primary, 5, Door::Final, false));
    let history = History {
        opening: Opening {
            run: "fork".into(),
            seed: 0,
            level: Level::RepeatableRead,
            sessions: 4,
            accounts: [].into(),
        },
        transactions,
        cut: false,
    };
    let judgement = judge(&history, Rules::default());
    let found = |judged| judgement.count(Class::LongFork, judged);
    assert_eq!(
        (found(Judged::Allowed), judgement.faults()),
        (1, 0),
        "{}",
        told(&judgement)
    );
    let strict = judge(&history, Rules { strict: true });
    assert_eq!(
        strict.count(Class::LongFork, Judged::Fault),
        1,
        "{}",
        told(&strict)
    );
}

fn transaction(
    number: u64,
    door: Door,
    (begun, ended): (f64, f64),
    operations: Vec<Operation>,
) -> Transaction {
    Transaction {
        number,
        session: u32::try_from(number).unwrap(),
        door,
        level: None,
        begun,
        ended: Some(ended),
        asked: None,
        outcome: Outcome::Committed,
        operations,
    }
}
