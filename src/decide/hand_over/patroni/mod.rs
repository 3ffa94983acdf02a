//! Whether the lead of a Patroni cluster can go to another node.

#[cfg(test)]
mod chance;
mod refusal;

pub use refusal::Refusal;

use crate::decide::{Memory, Refused, Timeline};
use serde::Serialize;

/// What a hand-over follows from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// All nodes of the cluster, in the order of the inventory.
    pub nodes: Vec<String>,
    /// Who could not say what Patroni remembers.
    pub silent: Vec<String>,
    /// What it remembers; `None` where nobody could say it.
    pub memory: Option<Memory>,
    /// Who is to lead; `None` where the user did not say it.
    pub to: Option<String>,
    /// The inventory, as commands name it.
    pub inventory: String,
}

/// How the lead is handed over.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct HandOver {
    /// Who leads now; where it is the one that is to lead, nothing is done.
    pub leader: String,
    /// What will be done, for people.
    pub lines: Vec<String>,
}

/// How the lead is handed over, or why it is not.
///
/// # Errors
///
/// A refusal, which says what to do: nothing was touched.
pub fn hand_over(asked: &Asked) -> Result<HandOver, Refused<Refusal>> {
    decide(asked).map_err(|refusal| refusal.refused(asked))
}

fn decide(asked: &Asked) -> Result<HandOver, Refusal> {
    let memory = asked.memory.as_ref().ok_or(Refusal::NoMemory)?;
    let to = asked.to.as_ref().ok_or(Refusal::NotSaid)?;
    if !asked.nodes.contains(to) {
        return Err(Refusal::NoNode(to.clone()));
    }
    let Memory { leader, sync, .. } = memory;
    if leader.is_empty() {
        return Err(Refusal::NobodyLeads);
    }
    let mut lines = if leader == to {
        vec![format!("{to} leads already: nothing is done")]
    } else {
        if memory.paused {
            return Err(Refusal::Paused(leader.clone()));
        }
        if asked.silent.contains(to) || !memory.followers().contains(&to.as_str()) {
            return Err(Refusal::Strays {
                node: to.clone(),
                leader: leader.clone(),
                state: memory.state(to).map(str::to_owned),
            });
        }
        if memory.tags(to).nofailover {
            return Err(Refusal::NeverLeads(to.clone()));
        }
        if !memory.may_lead(to) {
            return Err(Refusal::Asynchronous(to.clone()));
        }
        let waits = !memory.synchronous_mode || sync.contains(to);
        goes(memory, to, waits)
    };
    if !asked.silent.is_empty() {
        let silent = asked.silent.join(", ");
        lines.push(format!("not asked: {silent} (no answer)"));
    }
    Ok(HandOver {
        leader: leader.clone(),
        lines,
    })
}

/// What will be done; `waits`: commits wait for the node already, or for nobody.
fn goes(memory: &Memory, to: &str, waits: bool) -> Vec<String> {
    let Memory { leader, sync, .. } = memory;
    let timeline = memory.nodes.get(leader).and_then(|member| member.timeline);
    let timeline = timeline.map_or_else(|| "?".to_owned(), |Timeline(number)| number.to_string());
    let mut lines = vec![
        format!(
            "{to} becomes the leader in the place of {leader} (timeline {timeline}), which stays as its replica"
        ),
        format!(
            "way: a switchover; {leader} stops its PostgreSQL in order, and {to} is promoted once it has all \
             of the log: nothing that was acknowledged can be lost"
        ),
    ];
    if !waits {
        let now = match &sync[..] {
            [] => "nobody".to_owned(),
            names => names.join(", "),
        };
        lines.push(format!(
            "commits wait for {now} now; for a moment they wait for {to} too, since Patroni hands over to no \
             other"
        ));
    }
    lines.extend([
        "nothing is copied or moved aside".to_owned(),
        "gap in writes: about 2 s, in which clients lose their connections once".to_owned(),
    ]);
    lines
}
