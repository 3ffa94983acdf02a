//! In a plan: what the command that must accept a new file says of it, where that can be asked before the
//! file is there.

use super::act::{Actor, Extent};
use super::acted::Acted;
use crate::facts::{Look, ProbeError, Validated, Verdict};
use crate::modules::{Change, Detail, Plan, validated_by};
use crate::secret;
use crate::step::{Action, Upload};
use futures::future::BoxFuture;

type Told = Result<Option<Verdict>, ProbeError>;

impl Actor<'_> {
    /// The same, with what these commands say.
    pub(super) async fn validated(&self, plan: &Plan, mut acted: Acted) -> Acted {
        let uploads: Vec<(&Upload, Validated)> = plan
            .steps()
            .iter()
            .filter_map(|step| match &step.action {
                Action::Put(upload) => Some((upload, Validated::of(upload)?)),
                _ => None,
            })
            // What an apply makes anew is not there to be asked about.
            .filter(|(upload, _)| secret::stand_ins(&text(upload)).is_empty())
            .collect();
        let asks = self.extent == Extent::Ask && self.run.is_plan() && !self.info.no_log;
        let Acted::Pending { changes, .. } = &mut acted else {
            return acted;
        };
        if uploads.is_empty() || !asks {
            return acted;
        }
        let ask = |look: &Look| {
            uploads
                .iter()
                .map(|(_, question)| verdict(look, question))
                .collect()
        };
        for ((upload, _), told) in uploads.iter().zip(self.asker.drive(ask).await) {
            // Where it can't be asked it is still to come.
            let Ok(Some(verdict)) = told else {
                continue;
            };
            // What it quotes may be what nobody shall see.
            let text = text(upload);
            let quotes = self.info.diff != Some(false) && secret::masked(&text) == text;
            lay(upload, &verdict, quotes, changes);
        }
        acted
    }
}

fn text(upload: &Upload) -> String {
    String::from_utf8_lossy(&upload.content).into_owned()
}

fn verdict<'a>(look: &Look, question: &Validated) -> BoxFuture<'a, Told> {
    let (look, question) = (look.clone(), question.clone());
    Box::pin(async move { look.fact(question).await })
}

/// Beside the change of that file, in the place of the mere name of the command.
fn lay(upload: &Upload, verdict: &Verdict, quotes: bool, changes: &mut [Change]) {
    let named = validated_by(upload.validate.as_deref().unwrap_or_default());
    let note = |change: &&mut Change| {
        change.what == upload.path
            && matches!(&change.detail, Detail::Note(words) if *words == named)
    };
    let Some(change) = changes.iter_mut().find(note) else {
        return;
    };
    let status = verdict.status;
    let words = if status == 0 {
        format!("{named}, which accepts it")
    } else {
        let said = if quotes && !verdict.said.is_empty() {
            format!(": {}", verdict.said)
        } else {
            String::new()
        };
        format!(
            "{named}, still to come: with the content on its standard input it ended with status {status}{said}"
        )
    };
    change.detail = Detail::Note(words);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::Sign;

    fn laid(status: i32, quotes: bool) -> String {
        let upload = Upload {
            path: "/etc/sudoers.d/ops".to_owned(),
            content: Vec::new().into(),
            mode: None,
            owner: None,
            group: None,
            backup: false,
            validate: Some("visudo -cf %s".to_owned()),
        };
        let change = Change::new(Sign::Add, &upload.path);
        let mut changes = [change.clone(), change.note(validated_by("visudo -cf %s"))];
        let verdict = Verdict {
            status,
            said: "line 1: syntax error".to_owned(),
        };
        lay(&upload, &verdict, quotes, &mut changes);
        assert_eq!(changes[0].detail, Detail::None);
        match &changes[1].detail {
            Detail::Note(words) => words.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_the_command_says_stands_beside_its_name() {
        insta::assert_snapshot!(laid(0, true), @"validated by visudo -cf %s, which accepts it");
        insta::assert_snapshot!(laid(1, true), @"validated by visudo -cf %s, still to come: with the content on its standard input it ended with status 1: line 1: syntax error");
        insta::assert_snapshot!(laid(1, false), @"validated by visudo -cf %s, still to come: with the content on its standard input it ended with status 1");
    }
}
