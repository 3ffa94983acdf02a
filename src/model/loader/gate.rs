//! `gate`: the tasks that must hold around each batch of a play.

use super::Loader;
use super::role::Uses;
use super::tasks::Place;
use crate::diag::Diag;
use crate::model::{Block, Gate, Keywords, Moment, Part, Task};
use crate::yaml::Node;
use std::collections::HashMap;
use std::sync::Arc;

impl Loader {
    /// The gate of a play whose tasks stand at `place`.
    pub(super) fn gate(
        &self,
        node: &Node,
        place: &Place,
        uses: &mut Uses,
        errors: &mut Vec<Diag>,
    ) -> Gate {
        let place = Place {
            keywords: marked(&place.keywords, Moment::Before),
            ..place.clone()
        };
        let before = self.task_list(node, &place, uses, errors);
        let after = self.again(&before);
        Gate { before, after }
    }

    /// The same tasks behind the batch, with ids of their own.
    fn again(&self, tasks: &[Arc<Task>]) -> Vec<Arc<Task>> {
        let mut ids: HashMap<usize, usize> = HashMap::new();
        let mut after = Vec::new();
        for task in tasks {
            let blocks: Vec<(Block, Part)> = task
                .blocks
                .iter()
                .map(|(block, part)| {
                    let id = *ids.entry(block.id).or_insert_with(|| self.id());
                    (Block { id, ..*block }, *part)
                })
                .collect();
            after.push(Arc::new(Task {
                id: self.id(),
                keywords: marked(&task.keywords, Moment::After),
                outer: marked(&task.outer, Moment::After),
                blocks,
                ..Task::clone(task)
            }));
        }
        after
    }
}

fn marked(keywords: &Keywords, moment: Moment) -> Arc<Keywords> {
    Arc::new(Keywords {
        gate: Some(moment),
        ..keywords.clone()
    })
}
