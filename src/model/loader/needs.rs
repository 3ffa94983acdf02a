//! Which play comes after which.

use crate::diag::Diag;
use crate::model::Playbook;

impl Playbook {
    /// The plays (by their place in the list) that must have ended before a play begins.
    pub fn needs(&self, play: usize) -> Vec<usize> {
        match self.plays.get(play).map(|play| &play.needs) {
            Some(Some(names)) => {
                let wanted = |name: &str| names.iter().any(|need| need.as_str() == Some(name));
                (0..self.plays.len())
                    .filter(|at| wanted(&self.plays[*at].name))
                    .collect()
            }
            Some(None) => play.checked_sub(1).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// All plays that have certainly ended before a play begins.
    pub fn before(&self, play: usize) -> Vec<usize> {
        let mut before = Vec::new();
        let mut ahead = self.needs(play);
        while let Some(next) = ahead.pop() {
            if !before.contains(&next) {
                before.push(next);
                ahead.extend(self.needs(next));
            }
        }
        before.sort_unstable();
        before
    }
}

/// Names that no play has, and plays that need themselves.
pub(super) fn check(playbook: &Playbook) -> Vec<Diag> {
    let mut errors = Vec::new();
    for (at, play) in playbook.plays.iter().enumerate() {
        for need in play.needs.iter().flatten() {
            let Some(name) = need.as_str() else { continue };
            if !playbook.plays.iter().any(|play| play.name == name) {
                let names = playbook.plays.iter().map(|play| play.name.as_str());
                errors.push(
                    Diag::error(format!("there is no play called `{name}`"))
                        .at(&need.span, "")
                        .suggest(name, names),
                );
            }
        }
        let Some(first) = play.needs.iter().flatten().next() else {
            continue;
        };
        let before = playbook.before(at);
        // A cycle is told once, by its first play that says what it needs.
        let told = (0..at).any(|earlier| {
            before.contains(&earlier)
                && playbook.before(earlier).contains(&at)
                && playbook.plays[earlier].needs.is_some()
        });
        if before.contains(&at) && !told {
            errors.push(
                Diag::error(format!("the play `{}` needs itself, by way of what it needs", play.name))
                    .at(&first.span, "")
                    .help("break the cycle: a play without `needs` needs the one before it, `needs: []` nothing"),
            );
        }
    }
    errors
}
