//! What a saved plan promises of a node, and what is written down for it.

use super::{Action, Life, One, Outcome, Turn, Word};
use crate::engine::promise::{Leads, NewTurn, Stands};
use crate::model::Part;

impl Life {
    /// What a saved plan promises of an item.
    pub(super) fn word(&self, item: usize) -> Option<Word<'_>> {
        self.turn.as_ref().map(|turn| turn.item(item))
    }

    /// What a saved plan promises of this. A gate changes nothing, and so promises nothing.
    pub(super) fn turn(&self) -> Option<Turn> {
        let promises = self.run.options.promises.as_ref()?;
        let words = &self.task.keywords;
        let mut blocks = self.task.blocks.iter();
        let stands = if blocks.any(|(_, part)| *part == Part::Rescue) {
            Stands::Rescue
        } else if self.task.includes.is_empty() {
            Stands::Play
        } else {
            Stands::Included
        };
        words.gate.is_none().then(|| {
            promises.turn(&NewTurn {
                play: self.play.index,
                info: &self.info,
                host: &self.host,
                stands,
                asks: words.check_mode.is_some(),
                dry: self.run.is_plan(),
            })
        })
    }

    /// In a dry run: writes down how the node ended.
    pub(super) fn promised(&self, outcome: &Outcome) {
        if let Some(turn) = self.turn.as_ref().filter(|_| self.run.is_plan()) {
            let leads = match &self.task.action {
                Action::IncludeTasks { .. } | Action::IncludeRole { .. } => Leads::Included,
                _ if self.brings() => Leads::Hosts,
                _ => Leads::Nowhere,
            };
            turn.ended(&self.censor(outcome.clone()), leads);
        }
    }

    /// Writes down, for a saved plan, how an item ended.
    pub(super) fn promised_item(&self, word: Word<'_>, one: &One) {
        if self.run.is_plan() {
            return word.unknown(&self.censor(one.outcome(false)));
        }
        let verdict = &one.verdict;
        let register = self.task.keywords.register.as_ref();
        let registered = register.map(|_| &verdict.registered);
        word.ended(verdict.failed.is_none(), verdict.changed, registered);
    }
}
