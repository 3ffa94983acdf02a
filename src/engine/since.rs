//! In a dry run: since when what differs is so.

use super::act::Actor;
use super::acted::Acted;
use crate::facts::{Look, ProbeError, SettingSince, Since, Touched};
use crate::modules::{Change, Detail, Plan};
use crate::step::{Effect, Step};
use futures::future::BoxFuture;

type Told = Result<Vec<Touched>, ProbeError>;

impl Actor<'_> {
    /// The same, with what the host knows of the past of each change, where the user asked for it.
    pub(super) async fn dated(&self, plan: &Plan, mut acted: Acted) -> Acted {
        if self.run.options.since
            && let Acted::Pending { changes, .. } = &mut acted
        {
            let effects: Vec<Effect> = plan.steps().iter().flat_map(Step::effects).collect();
            for told in self.asker.drive(|look| questions(look, &effects)).await {
                // What a host does not tell of the past takes nothing from the plan.
                lay(told.unwrap_or_default(), changes);
            }
        }
        acted
    }
}

fn questions<'a>(look: &Look, effects: &[Effect]) -> Vec<BoxFuture<'a, Told>> {
    let mut all: Vec<BoxFuture<'a, Told>> = Vec::new();
    if let Some(since) = Since::of(effects) {
        let look = look.clone();
        all.push(Box::pin(async move { look.fact(since).await }));
    }
    if let Some(setting) = SettingSince::of(effects) {
        let look = look.clone();
        all.push(Box::pin(async move { look.fact(setting).await }));
    }
    all
}

/// Each with the last change of what it tells of.
fn lay(told: Vec<Touched>, changes: &mut Vec<Change>) {
    for touched in told {
        let name = touched.name.trim_end_matches(".service");
        let names = |change: &Change| {
            // Of a parameter it is the attribute.
            let attribute =
                matches!(&change.detail, Detail::Attribute { name, .. } if *name == touched.name);
            let mut words = change.what.split([' ', ',']);
            attribute
                || change.what == name
                || words.any(|word| word.trim_end_matches(".service") == name)
        };
        let Some(at) = changes.iter().rposition(names) else {
            continue;
        };
        let detail = Detail::Since {
            at: touched.at,
            how: touched.how,
        };
        let change = Change {
            detail,
            ..changes[at].clone()
        };
        changes.insert(at + 1, change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Ask, Question};
    use crate::modules::Sign;
    use crate::modules::trial::Shell;
    use crate::step::Place;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn the_past_stands_beside_the_change_that_names_the_thing() {
        let mut changes = vec![
            Change::new(Sign::Modify, "/srv/a b"),
            Change::new(Sign::Remove, "package pgpool2"),
            Change::new(Sign::Add, "/srv/c"),
        ];
        let touched = |name: &str| Touched {
            name: name.to_owned(),
            at: Some(1),
            how: format!("how of {name}"),
        };
        lay(
            vec![touched("pgpool2"), touched("/srv/a b"), touched("/other")],
            &mut changes,
        );
        let told: Vec<(&str, bool)> = changes
            .iter()
            .map(|change| (&*change.what, change.detail.stands_beside()))
            .collect();
        assert_eq!(
            told,
            [
                ("/srv/a b", false),
                ("/srv/a b", true),
                ("package pgpool2", false),
                ("package pgpool2", true),
                ("/srv/c", false),
            ]
        );
    }

    #[test]
    fn every_shell_tells_when_a_path_was_touched() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("it's there").display().to_string();
        let gone = home.path().join("gone/deep").display().to_string();
        std::fs::write(&file, "").unwrap();
        let place = || Place::Something;
        let effects = [
            Effect::Path(file.clone(), place()),
            Effect::Path(gone, place()),
        ];
        let since = Since::of(&effects).unwrap();
        let Ask::Shell { script, .. } = since.ask() else {
            panic!("a shell is asked");
        };
        for shell in Shell::all() {
            let told = since.read(&shell.run(&script)).unwrap();
            let [there, missing] = &told[..] else {
                panic!("{shell:?}: {told:?}");
            };
            let at = std::fs::metadata(&file).unwrap().ctime();
            assert_eq!((&there.name, there.at), (&file, Some(at)), "{shell:?}");
            assert!(there.how.starts_with("last changed"), "{shell:?}: {told:?}");
            let at = std::fs::metadata(home.path()).unwrap().mtime();
            assert_eq!(missing.at, Some(at), "{shell:?}");
            let how = format!("not there; {} last changed", home.path().display());
            assert!(missing.how.starts_with(&how), "{shell:?}: {told:?}");
        }
    }
}
