//! The end of every drill: mend, stop the clients, look for every row, collect, judge.

use super::Ended;
use super::clients::rows;
use super::measured::{Measured, Seen};
use super::stage::Stage;
use super::verdict::verdict;
use crate::cluster::ClusterStatus;
use crate::cluster::status::Store;
use crate::drill::report::{Fingerprint, Ledger, Load, Report, VERSION, Verdict};
use crate::drill::scenario::Kind;
use crate::drill::{Told, fingerprint, histories, log, said, series};
use crate::history::{Judged, Judgement};
use std::collections::BTreeMap;

/// How long a slice of the report is.
const SLICE: f64 = 0.5;
/// From how long on a time without success is a gap.
const GAP: f64 = 1.0;
/// How much of the logs before the fault is looked at.
const LEAD: f64 = 2.0;

/// Brings a drill to its end, however far it came.
pub(super) async fn finish(mut stage: Stage, load: Measured, story: Result<(), Ended>) -> Report {
    match story {
        Ok(()) => {}
        Err(Ended::Failed(words)) => stage.failures.push(words),
        Err(Ended::Stopped) => stage.failures.push("the drill was interrupted".to_owned()),
    }
    if !stage.standing.is_empty() {
        stage.phase("heal", "what was broken is mended");
        stage.mend().await;
    }
    stage.phase("check", "every row is looked for");
    stage.doing("the clients stop");
    let (run, before) = (load.run.clone(), load.before.clone());
    let seen = load.stop(&mut stage).await;
    stage.doing("looking for every row");
    let reach = stage.plan.site.ground.reach();
    let found = rows(&stage.plan, &run, &seen.samples, &**reach).await;
    let found = found.unwrap_or_else(|diag| {
        stage.failures.push(format!(
            "the rows could not be looked for: {}",
            diag.message
        ));
        Ledger::default()
    });
    let histories = histories(&mut stage).await;
    stage.doing("reading the logs");
    // A person may have taken minutes before it.
    let mut events = stage.events.iter();
    let fault = events.clone().find(|event| event.kind == "fault");
    let first = fault.or_else(|| events.next());
    let from = first.map_or(0.0, |event| event.at - LEAD);
    let (log, silent) = log::gather(&stage.plan.site, &stage.clock, from, stage.clock.now()).await;
    for words in silent {
        stage.event("note", None, words);
    }
    let (status, _) = stage.survey().await;
    let versions = versions(&stage, &status).await;
    stage.doing("looking at what the cluster is now");
    let reach = stage.plan.site.ground.reach();
    let fingerprint = Fingerprint {
        before,
        after: fingerprint(&stage.plan.spec, &**reach).await,
    };
    stage.take_away().await;
    stage.end_phase();
    let failures = std::mem::take(&mut stage.failures);
    let two = &seen.watched.two_primaries;
    let verdict = verdict(&found, two, &fingerprint, failures);
    if verdict.passed {
        forget(&mut stage, &run).await;
    }
    stage.plan.site.ground.close().await;
    let report = report(stage, seen, found, verdict, versions, log);
    Report {
        histories,
        fingerprint,
        ..report
    }
}

/// Judges the histories, where they were asked for; each kind of fault is a failure.
async fn histories(stage: &mut Stage) -> Option<Judgement> {
    stage.plan.histories?;
    stage.doing("judging the histories");
    let (plan, reach) = (&stage.plan, stage.plan.site.ground.reach());
    let judged = histories::judged(&plan.folder, &plan.spec, &**reach, &stage.clock).await;
    match judged {
        Ok(judgement) => {
            let counts = judgement.counts.iter();
            let faults = counts.filter(|count| count.judged == Judged::Fault);
            let words = faults.map(|count| {
                let times = said::many(count.count, "time", "times");
                format!(
                    "the histories show what must not be: {}, {times}",
                    count.class.words()
                )
            });
            stage.failures.extend(words);
            Some(judgement)
        }
        Err(why) => {
            let words = format!("the histories could not be judged: {why}");
            stage.failures.push(words);
            None
        }
    }
}

/// What is proven needs no tables any more; of a drill that failed they are kept for a look.
async fn forget(stage: &mut Stage, run: &str) {
    let reach = stage.plan.site.ground.reach();
    if let Err(diag) = crate::drill::forget(run, &stage.plan.spec, &**reach).await {
        stage.event("note", None, diag.message.clone());
    }
}

fn report(
    mut stage: Stage,
    seen: Seen,
    ledger: Ledger,
    verdict: Verdict,
    versions: BTreeMap<String, String>,
    log: Vec<crate::drill::report::LogLine>,
) -> Report {
    let samples = &seen.samples;
    for phase in &mut stage.phases {
        phase.load = series::load(samples, phase.from, phase.to);
    }
    let stretches: Vec<series::Stretch<'_>> = stage
        .phases
        .iter()
        .map(|phase| (&*phase.name, phase.from, phase.to))
        .collect();
    let write_gaps = series::write_gaps(samples, &stretches, GAP);
    let read_gaps = series::read_gaps(samples, &stretches, GAP);
    stage.tell(Told::Ended(verdict.clone()));
    let kind = Kind::of(&stage.plan.spec);
    Report {
        version: VERSION,
        scenario: stage.plan.course.name().to_owned(),
        explained: stage.plan.course.explained(kind),
        topology: kind.name().to_owned(),
        inventory: stage.plan.inventory.clone(),
        seed: stage.plan.seed,
        load: Load {
            kind: match stage.plan.pgbench {
                Some(_) => "pgbench",
                None => "own",
            }
            .to_owned(),
            clients: stage.plan.clients as usize,
            scale: stage.plan.pgbench,
        },
        versions,
        began: stage.clock.began().as_secs_f64(),
        seconds: stage.clock.now(),
        nodes: stage.nodes(),
        verdict,
        slices: series::slices(samples, SLICE),
        write_gaps,
        read_gaps,
        roles: seen.roles.bands,
        writable: seen.watched.spans,
        unwatched: seen.watched.unwatched,
        two_primaries: seen.watched.two_primaries,
        ledger,
        histories: None,
        timelines: seen.roles.timelines,
        phases: stage.phases,
        events: stage.events,
        log,
        commands: stage.commands,
        fingerprint: Fingerprint::default(),
        storm: stage.storm,
    }
}

/// What ran there, by its own words.
async fn versions(stage: &Stage, status: &ClusterStatus) -> BTreeMap<String, String> {
    let mut versions = BTreeMap::new();
    let mut add = |name: &str, version: &str| {
        if !version.is_empty() {
            versions.insert(name.to_owned(), version.to_owned());
        }
    };
    add("trueup", env!("CARGO_PKG_VERSION"));
    if let Some((_, says)) = status.primaries().next() {
        add("PostgreSQL", &says.server_version);
    }
    if let Some(around) = status.patroni() {
        let agent = around.agents.iter().find_map(|agent| agent.seen.answer());
        add("Patroni", agent.map_or("", |agent| &agent.version));
        let (name, version) = store(&around.store);
        add(name, version);
    }
    let proxies = match &stage.plan.spec.topology {
        crate::cluster::spec::Topology::Pgpool(pgpool) => (&pgpool.pools, "pgpool", POOL),
        crate::cluster::spec::Topology::Patroni(patroni) => (&patroni.proxies, "HAProxy", HAPROXY),
    };
    if let Some(proxy) = proxies.0.first() {
        let said = stage.plan.site.ground.sh(&proxy.name, proxies.2).await;
        add(proxies.1, said.as_deref().unwrap_or(""));
    }
    versions
}

fn store(store: &Store) -> (&'static str, &str) {
    match store {
        Store::Etcd(members) => {
            let answer = members.iter().find_map(|member| member.seen.answer());
            ("etcd", answer.map_or("", |etcd| &etcd.version))
        }
        Store::Zookeeper(members) => {
            let answer = members.iter().find_map(|member| member.seen.answer());
            ("ZooKeeper", answer.map_or("", |server| &server.version))
        }
    }
}

const POOL: &str = "pgpool --version 2>&1 | sed -n 's/.*version \\([0-9.]*\\).*/\\1/p' | head -n 1";
const HAPROXY: &str = "haproxy -v | sed -n 's/.*version \\([0-9.]*\\).*/\\1/p' | head -n 1";
