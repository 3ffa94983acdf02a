//! The drill itself, from the declared layout back to it.

mod brought;
mod clients;
mod course;
mod finish;
mod home;
mod measured;
mod stage;
mod storm;
mod story;
mod verdict;

use super::report::Report;
use super::scenario::{Expected, Fit, Kind, Scenario};
use super::site::Site;
use super::storm::{Storm, What};
use super::{Cast, Clock, Teller, Told, act};
use crate::cluster;
use crate::cluster::spec::ClusterSpec;
use crate::diag::Diag;
use crate::history::Level;
use stage::Stage;
use std::path::PathBuf;

pub use course::Course;
use tokio::sync::watch;

/// What a drill needs to know.
pub struct Plan {
    /// What is broken.
    pub course: Course,
    /// The cluster as declared.
    pub spec: ClusterSpec,
    /// Its hosts.
    pub site: Site,
    /// The inventory, as it was named.
    pub inventory: String,
    /// The words that name the inventory, and how its hosts are reached, in another command.
    pub words: Vec<String>,
    /// The folder of the playbooks.
    pub playbooks: PathBuf,
    /// Whether a layout that is not the declared one is made so first.
    pub build: bool,
    /// Where the ledger and the report go.
    pub folder: PathBuf,
    /// How many sessions write.
    pub clients: u32,
    /// What is chosen by chance follows from it.
    pub seed: u64,
    /// pgbench at this scale in place of the drill's own clients.
    pub pgbench: Option<u32>,
    /// Besides, sessions that meet on shared keys at this level, whose histories are judged.
    pub histories: Option<Level>,
    /// Who looks on.
    pub teller: Teller,
    /// How often the user asked to stop.
    pub stop: watch::Receiver<u8>,
}

/// How a drill ended, where it ended early.
enum Ended {
    /// What did not come, in a sentence.
    Failed(String),
    /// The user stopped it.
    Stopped,
}

/// Runs a drill. An error means that nothing was touched; once the fault has come, everything ends
/// in a report, and all that was broken is mended.
pub async fn run(mut plan: Plan) -> Result<Report, Diag> {
    if let Some(person) = &mut plan.site.person {
        person.told_by(&plan.teller);
    }
    let kind = Kind::of(&plan.spec);
    if let Course::Scenario(scenario) = plan.course {
        expected(scenario, kind)?;
    }
    playbooks(&plan, kind)?;
    std::fs::create_dir_all(&plan.folder).map_err(|error| {
        Diag::error(format!("can't make {}: {error}", plan.folder.display()))
            .help("name another folder with --report")
    })?;
    let mut stage = Stage::new(plan)?;
    stage.tell(Told::Began {
        scenario: stage.plan.course.name().to_owned(),
        explained: stage.plan.course.explained(kind),
        topology: kind.name().to_owned(),
        nodes: stage.nodes(),
    });
    let cast = beginning(&mut stage).await?;
    let course = stage.plan.course.clone();
    match &course {
        Course::Scenario(scenario) => checks(&stage, scenario, &cast).await?,
        Course::Storm(storm) => possible(&mut stage, storm, &cast).await?,
    }
    let begun = measured::Measured::start(&mut stage).await?;
    let story = match &course {
        Course::Scenario(scenario) => {
            let expected = expected(scenario, kind)?;
            stage.play(&begun, scenario, expected).await
        }
        Course::Storm(storm) => stage.weather(&begun, storm).await,
    };
    Ok(finish::finish(stage, begun, story).await)
}

/// What must become of it, or why it makes no sense there.
fn expected(scenario: &Scenario, kind: Kind) -> Result<Expected, Diag> {
    match scenario.fit(kind) {
        Fit::Expect(expected) => Ok(expected),
        Fit::Not(why) => {
            let says = format!("{} does not fit {}: {why}", scenario.name, kind.name());
            Err(Diag::error(says).help("`trueup drill --list` says what does"))
        }
    }
}

fn playbooks(plan: &Plan, kind: Kind) -> Result<(), Diag> {
    let mut needed = plan.course.playbooks(kind);
    if plan.build {
        needed.push(kind.name());
    }
    for name in needed {
        let path = plan.playbooks.join(format!("{name}.yml"));
        if !path.is_file() {
            return Err(Diag::error(format!("there is no {}", path.display())).help(
                "run the drill where trueup's playbooks are, or name their folder with --playbooks",
            ));
        }
    }
    Ok(())
}

/// The cluster must be as declared, or a loss could not be told from what was amiss before.
async fn beginning(stage: &mut Stage) -> Result<Cast, Diag> {
    let (mut status, mut verdict) = stage.survey().await;
    if !verdict.as_declared && stage.plan.build {
        let kind = Kind::of(&stage.plan.spec);
        stage.phase("build", "the cluster is built");
        let command = stage.apply(kind.name(), &[]).await;
        if command.exit != Some(0) {
            let says = format!("`{}` did not end well", command.words);
            let last: Vec<&str> = command.output.lines().rev().take(12).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            return Err(Diag::error(says).help(last.join("\n")));
        }
        let _ = stage.as_declared().await;
        (status, verdict) = stage.survey().await;
    }
    if !verdict.as_declared {
        let says = format!(
            "the cluster is not as declared, so no drill begins: {}",
            verdict.summary
        );
        let faults: Vec<&str> = verdict
            .findings
            .iter()
            .map(|finding| &*finding.says)
            .collect();
        return Err(Diag::error(says).help(format!(
            "{}\nlook at `trueup status {}`, or build the cluster first with --build",
            faults.join("\n"),
            stage.plan.spec.arguments
        )));
    }
    Cast::of(&stage.plan.spec, &status).map_err(Diag::error)
}

/// Whether every fault can be done here: asked of all, before anything is touched.
async fn checks(stage: &Stage, scenario: &Scenario, cast: &Cast) -> Result<(), Diag> {
    let refused = |why: String| {
        Diag::error(format!("{} can't be done here: {why}", scenario.name))
            .help("`trueup drill --list` tells of all scenarios")
    };
    let faults = scenario.faults;
    for fault in faults {
        let act = act(*fault, cast).map_err(refused)?;
        let shut = fault.deed.takes_the_host() && cast.shuts_clients_out(act.hosts());
        if shut && faults.len() > 1 {
            return Err(refused(format!(
                "clients have no way in but through {}, so nobody would see another primary that is lost next",
                act.hosts().join(", ")
            )));
        }
        act.check(&stage.plan.site).await.map_err(refused)?;
    }
    Ok(())
}

/// Which gusts of a storm could not be done now: told before it begins, and asked again when each comes.
async fn possible(stage: &mut Stage, storm: &Storm, cast: &Cast) -> Result<(), Diag> {
    let mut possible = false;
    for gust in &storm.gusts {
        let What::Fault(scenario) = gust.what else {
            possible = true;
            continue;
        };
        for fault in scenario.faults {
            let checked = match act(*fault, cast) {
                Ok(act) => act.check(&stage.plan.site).await,
                Err(why) => Err(why),
            };
            match checked {
                Ok(()) => possible = true,
                Err(why) => {
                    let words = format!("{} can't be done here: {why}", scenario.name);
                    stage.event("note", None, words);
                }
            }
        }
    }
    if possible {
        return Ok(());
    }
    let says = "nothing of this storm can be done here";
    Err(Diag::error(says).help("choose another --seed, or more --faults"))
}

/// What must become of the cluster after a fault of several: the last decides, before it every
/// fault must have had its effect.
fn expected_after(at: usize, faults: usize, expected: Expected) -> Expected {
    if at + 1 == faults {
        expected
    } else {
        Expected::Promotion
    }
}

/// The survey and what it means.
type Surveyed = (cluster::ClusterStatus, cluster::Verdict);

/// A clock and a run's name, which its tables bear.
fn run_name(scenario: &str, clock: &Clock) -> String {
    format!("{}_{}", scenario.replace('-', "_"), clock.began().as_secs())
}
