//! A cluster whose primary Patroni chooses.

mod etcd;
mod leader;
mod members;
mod moved;
mod policy;
mod proxy;
mod settings;
mod synchronous;
mod zookeeper;

#[cfg(test)]
mod around_cases;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod member_cases;
#[cfg(test)]
mod settings_cases;

pub(super) use policy::words as policy;

use super::case::Case;
use super::{Finding, Level, standby};
use crate::cluster::spec::PatroniSpec;
use crate::cluster::status::{Asked, Patroni, PatroniStatus, Seen, Store};
use crate::decide::CommitPolicy;

pub(super) fn judge(case: &Case, spec: &PatroniSpec, findings: &mut Vec<Finding>) {
    let Some(status) = case.status.patroni() else {
        return;
    };
    let scene = Scene { case, spec, status };
    leader::judge(&scene, findings);
    if scene.stands_nowhere() {
        return;
    }
    members::judge(&scene, findings);
    if let Some(primary) = case.only_primary() {
        synchronous::judge(&scene, primary, findings);
        standby::slots(case, primary, findings);
    }
    settings::judge(&scene, findings);
    match &status.store {
        Store::Etcd(members) => etcd::judge(&scene, members, findings),
        Store::Zookeeper(servers) => zookeeper::judge(&scene, servers, findings),
    }
    proxy::judge(&scene, findings);
}

/// A case in which Patroni decides.
struct Scene<'a> {
    case: &'a Case<'a>,
    spec: &'a PatroniSpec,
    status: &'a PatroniStatus,
}

impl<'a> Scene<'a> {
    /// What the store holds, as the Patroni tells it that reached it last.
    fn view(&self) -> Option<&'a Patroni> {
        self.status.view()
    }

    /// The name of the leader in the store.
    fn leader(&self) -> Option<&'a str> {
        let members = &self.view()?.members;
        let leader = members.iter().find(|member| member.leads())?;
        Some(&leader.name)
    }

    /// A command of Patroni's, on a node where Patroni answers: `verb SCOPE`.
    fn patronictl(&self, verb: &str) -> String {
        let answers = |name: &&str| {
            let agent = self.status.agent(name);
            agent.is_some_and(|agent| agent.seen.answer().is_some())
        };
        let agents = self.status.agents.iter().map(|agent| agent.name.as_str());
        let node = self.leader().into_iter().chain(agents).find(answers);
        format!(
            "on {}: patronictl {verb} {}",
            node.unwrap_or("NODE"),
            self.spec.scope
        )
    }

    /// For whom commits wait by Patroni's choice.
    fn commits(&self) -> CommitPolicy {
        self.view().map(Patroni::commits).unwrap_or_default()
    }

    fn paused(&self) -> bool {
        self.view().is_some_and(|view| view.paused)
    }

    /// Whether neither Patroni nor PostgreSQL runs on any node.
    fn stands_nowhere(&self) -> bool {
        fn down<T>(seen: &Seen<T>) -> bool {
            matches!(seen, Seen::Down { .. })
        }
        self.case.status.nodes.iter().all(|node| down(&node.seen))
            && self.status.agents.iter().all(|agent| down(&agent.seen))
    }

    /// How many of the store's members there are, how many answer, and how many of these see a leader.
    fn store(&self) -> [usize; 3] {
        fn count<T>(asked: &[Asked<T>], leads: impl Fn(&T) -> bool) -> [usize; 3] {
            let answers = || asked.iter().filter_map(|one| one.seen.answer());
            let working = answers().filter(|says| leads(says)).count();
            [asked.len(), answers().count(), working]
        }
        match &self.status.store {
            Store::Etcd(members) => count(members, |says| says.leader.is_some()),
            Store::Zookeeper(servers) => count(servers, |says| says.mode.is_some()),
        }
    }

    /// A member of the store that gives no answer.
    fn silent<T>(&self, store: &str, member: &Asked<T>) -> Option<Finding> {
        let name = &member.name;
        let (says, mend) = match &member.seen {
            Seen::Up { .. } => return None,
            Seen::Unreachable { why } => {
                let node = self.case.status.node(name);
                // A database node that can't be reached is told already.
                if node.is_some_and(|node| node.seen.unreachable()) {
                    return None;
                }
                let says = format!("the {store} host {name} can't be reached ({why})");
                (says, vec![])
            }
            Seen::Down { why } => (
                format!("{store} does not run on {name} ({why})"),
                vec![self.case.apply()],
            ),
            Seen::Refused { why } => (format!("{store} on {name} gives no answer ({why})"), vec![]),
        };
        Some(finding(Level::Warning, says, mend))
    }

    /// What is told where the store has no quorum.
    fn no_quorum(&self, store: &str) -> Option<Finding> {
        let [all, answer, _] = self.store();
        let needed = all / 2 + 1;
        let how = match answer {
            _ if self.has_quorum() => return None,
            0 => format!("none of {all} members answers, and {needed} must run"),
            1 if needed > 1 => format!("only 1 of {all} members answers, and {needed} must run"),
            answer if answer < needed => {
                format!("only {answer} of {all} members answer, and {needed} must run")
            }
            answer => format!("{answer} of {all} members answer, and too few see each other"),
        };
        let config = self.view().and_then(|view| view.config.as_ref());
        let leader = match config.map(|config| config["failsafe_mode"] == true) {
            Some(true) => {
                "a leader stays only by failsafe mode, as long as every member answers it"
            }
            Some(false) => "the leader stops taking writes",
            None => "without failsafe mode the leader stops taking writes",
        };
        Some(finding(
            Level::Fault,
            format!("{store} has no quorum: {how}; Patroni can promote nobody, and {leader}"),
            vec![],
        ))
    }

    /// Whether Patroni can change who leads.
    fn has_quorum(&self) -> bool {
        let [all, _, working] = self.store();
        working > all / 2
    }
}

fn finding(level: Level, says: String, mend: Vec<String>) -> Finding {
    Finding { level, says, mend }
}
