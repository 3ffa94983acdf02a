//! `trueup drill lab-report`

use super::{Args, LAST_WORDS, plan, seed_of, view, write};
use crate::cli::ending::{Done, Failure};
use crate::cluster;
use crate::diag::Diag;
use crate::drill::lesson::{self, Class, Lesson, Step};
use crate::drill::scenario::{Kind, SCENARIOS, Scenario};
use crate::drill::{self, Cast, Course, Teller};
use crate::report;
use tokio::sync::watch;
use tokio::time::timeout;

/// What it is called on the command line.
pub const NAME: &str = "lab-report";

/// The fault of the exercise: the first of the catalogue.
fn scenario() -> Result<&'static Scenario, Failure> {
    let first = SCENARIOS.first();
    first.ok_or_else(|| Failure::Own("there are no scenarios".to_owned()))
}

/// Plays the exercise, and writes it as one page.
pub async fn run(args: &Args, stop: watch::Receiver<u8>) -> Result<Done, Failure> {
    let inventory = args.sources.load()?;
    let client = inventory.members("clients").into_iter().next();
    let client = client.ok_or_else(|| {
        let diag = Diag::error("the inventory has no host in the group `clients`");
        Failure::input(
            diag.help("the exercise writes from such a host: take one of inventories/lab-*"),
        )
    })?;
    let (inventory, words) = (args.sources.words(), super::words(args));
    let (seed, scenario) = (seed_of(args)?, scenario()?);
    let declared = || plan(args, seed, |_| Course::Scenario(scenario), stop.clone());
    let class = |teller: Teller| {
        let words = (inventory.clone(), words.clone());
        let class = Class::new(
            words,
            args.playbooks.clone(),
            client.clone(),
            teller,
            stop.clone(),
        );
        class.map_err(Failure::own)
    };
    let lesson = async |teller: Teller| {
        let class = class(teller)?;
        let mut steps = vec![well(lesson::hosts(&class).await)?];
        // What is declared is known once there are hosts; its secrets once the cluster is built.
        let kind = Kind::of(&declared()?.spec);
        steps.push(well(lesson::build(&class, kind).await)?);
        let plan = declared()?;
        let (primary, standbys) = parts(&plan).await?;
        steps.extend(lesson::look(&class, &primary, &standbys).await);
        steps.extend(lesson::write(&class, &primary, &standbys).await);
        Ok::<_, Failure>((steps, plan, primary, standbys))
    };
    let (before, mut plan, primary, standbys) = shown(lesson).await?;
    let folder = plan.folder.clone();
    let drill = shown(async |teller| {
        plan.teller = teller;
        drill::run(plan).await.map_err(Failure::input)
    });
    let drill = drill.await?;
    let after = shown(async |teller| Ok(lesson::end(&class(teller)?, &primary, &standbys).await));
    let lesson = Lesson {
        before,
        drill,
        after: after.await?,
    };
    let json = serde_json::to_string_pretty(&lesson.drill).map_err(Failure::own)? + "\n";
    write(&folder, "report.json", &json)?;
    write(
        &folder,
        "lab-report.html",
        &drill::lesson_page(&lesson, args.language.into()),
    )?;
    report::print(&format!(
        "lab report: {}\n",
        folder.join("lab-report.html").display()
    ));
    Ok(match (lesson.is_well(), *stop.borrow() > 0) {
        (_, true) => Done::Interrupted,
        (true, false) => Done::Well,
        (false, false) => Done::HostFailed,
    })
}

/// Who is primary now, and the others.
async fn parts(plan: &drill::Plan) -> Result<(String, Vec<String>), Failure> {
    let status = cluster::survey(&plan.spec, &**plan.site.ground.reach()).await;
    let cast = Cast::of(&plan.spec, &status).map_err(|why| {
        let help = format!("look at `trueup status {}`", plan.spec.arguments);
        Failure::input(Diag::error(format!("the cluster was built, but {why}")).help(help))
    })?;
    let standbys = cast.standbys.into_iter().map(|standby| standby.name);
    Ok((cast.primary.name, standbys.collect()))
}

/// Shows what is told meanwhile.
async fn shown<T>(work: impl AsyncFnOnce(Teller) -> Result<T, Failure>) -> Result<T, Failure> {
    let (teller, told) = Teller::open();
    let showing = tokio::spawn(view::show(told));
    let done = work(teller).await;
    // A session that has not noticed the end may still hold a teller; nothing of it is waited for.
    let _ = timeout(LAST_WORDS, showing).await;
    done
}

/// A step without which there is no next one. What its command printed was shown.
fn well(step: Step) -> Result<Step, Failure> {
    if step.is_well() {
        return Ok(step);
    }
    let words = step.commands.last().map_or("", |command| &command.words);
    let diag = Diag::error(format!(
        "the exercise ends here: `{words}` did not end well"
    ));
    Err(Failure::input(
        diag.help("mend what it says above, then play it again"),
    ))
}
