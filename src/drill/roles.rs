//! What each node is, asked from outside several times a second over kept connections.

use super::report::{Band, Timeline};
use super::{Clock, Teller, Told};
use crate::cluster::spec::{ClusterSpec, Login, NodeSpec};
use crate::cluster::{self, Reach, Silent};
use crate::remote::{Become, Remote};
use crate::step::{Script, Tls};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use tokio_postgres::{Client, SimpleQueryMessage};

/// How often a node is asked.
const OFTEN: Duration = Duration::from_millis(300);
/// How long a node may take to answer, before it counts as one that doesn't.
const ANSWER: Duration = Duration::from_millis(1500);
/// How long a host may take to let us in by ssh.
const SSH: Duration = Duration::from_secs(3);

/// The timeline of a primary, 0 of a standby, and who is synchronous.
const QUESTION: &str = "select case when pg_is_in_recovery() then 0 \
else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end, \
coalesce((select string_agg(application_name, ',') from pg_stat_replication \
where sync_state in ('sync', 'quorum')), '')";

/// Asks the nodes until it is stopped.
pub struct Roles {
    history: Arc<Mutex<History>>,
    clock: Clock,
    _asking: JoinSet<()>,
}

/// What was seen of a node at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sight {
    Primary { timeline: u32, synchronous: String },
    Standby,
    Down,
    Silent,
}

/// What the nodes were, up to now.
#[derive(Debug, Default)]
pub struct History {
    /// What each node was, and when.
    pub bands: Vec<Band>,
    /// Who was primary on which timeline.
    pub timelines: Vec<Timeline>,
    /// Which band of a node goes on.
    open: BTreeMap<String, usize>,
    /// Whom the newest primary named last as synchronous.
    synchronous: String,
    newest: u32,
}

impl Roles {
    /// Begins to ask. `teller` is told when a node becomes another thing.
    pub fn start(
        spec: &ClusterSpec,
        reach: &Arc<dyn Reach>,
        clock: Clock,
        teller: &Teller,
    ) -> Self {
        let history = Arc::new(Mutex::new(History::default()));
        let mut asking = JoinSet::new();
        for node in &spec.nodes {
            let asked = Asked {
                node: node.clone(),
                login: spec.login.clone(),
                tls: spec.tls.clone(),
                reach: reach.clone(),
            };
            asking.spawn(watch(asked, history.clone(), clock, teller.clone()));
        }
        Self {
            history,
            clock,
            _asking: asking,
        }
    }

    /// What each node is now, in the words of [`Band`]; who was not seen yet is not named.
    pub fn now(&self) -> BTreeMap<String, String> {
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let bands = history.open.iter();
        let role = |at: &usize| history.bands.get(*at).map(|band| band.role.clone());
        bands
            .filter_map(|(node, at)| Some((node.clone(), role(at)?)))
            .collect()
    }

    /// Stops asking, and gives what was seen.
    pub fn stop(self) -> History {
        let now = self.clock.now();
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let mut history = std::mem::take(&mut *history);
        history.end(now);
        history
    }
}

/// A node, and how it is asked.
struct Asked {
    node: NodeSpec,
    login: Login,
    tls: Option<Tls>,
    reach: Arc<dyn Reach>,
}

async fn watch(asked: Asked, history: Arc<Mutex<History>>, clock: Clock, teller: Teller) {
    let mut ticks = interval(OFTEN);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut way = Way::default();
    let node = &asked.node;
    loop {
        ticks.tick().await;
        let at = clock.now();
        let sight = way.look(&asked).await;
        let changed = {
            let mut history = history.lock().unwrap_or_else(PoisonError::into_inner);
            history.see(&node.name, at, &sight)
        };
        if let Some(role) = changed {
            let node = node.name.clone();
            teller.tell(Told::Role { node, role, at });
        }
    }
}

/// The kept connections to a node.
#[derive(Default)]
struct Way {
    host: Option<Box<dyn Remote>>,
    client: Option<Client>,
}

impl Way {
    async fn look(&mut self, asked: &Asked) -> Sight {
        let Asked {
            node,
            login,
            tls,
            reach,
        } = asked;
        if let Some(client) = self.client.take()
            && let Ok(Some(sight)) = timeout(ANSWER, ask(&client)).await
        {
            self.client = Some(client);
            return sight;
        }
        let host = match self.host.take() {
            Some(host) => host,
            None => match timeout(SSH, reach.connect(&node.name)).await {
                Ok(Ok(host)) => host,
                _ => return Sight::Silent,
            },
        };
        let opened = async {
            let client = cluster::session(&*host, node, login, tls.as_ref()).await?;
            let sight = ask(&client).await;
            Ok((client, sight))
        };
        match timeout(ANSWER, opened).await {
            Ok(Ok((client, Some(sight)))) => {
                (self.host, self.client) = (Some(host), Some(client));
                return sight;
            }
            Ok(Err(Silent::Unreachable(_))) => return Sight::Silent,
            _ => {}
        }
        // The server does not answer; whether its host does tells a dead server from a dead host.
        let (who, nothing) = (Become::default(), [Script::new(":")]);
        match timeout(ANSWER, host.ask(&who, &nothing)).await {
            Ok(Ok(_)) => {
                self.host = Some(host);
                Sight::Down
            }
            _ => Sight::Silent,
        }
    }
}

async fn ask(client: &Client) -> Option<Sight> {
    let messages = client.simple_query(QUESTION).await.ok()?;
    let row = messages.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })?;
    let timeline = row.get(0)?.parse().ok()?;
    Some(match timeline {
        0 => Sight::Standby,
        timeline => Sight::Primary {
            timeline,
            synchronous: row.get(1).unwrap_or_default().to_owned(),
        },
    })
}

impl History {
    /// Adds what was seen of a node; its new role, when that is another than before.
    fn see(&mut self, node: &str, at: f64, sight: &Sight) -> Option<String> {
        if let Sight::Primary {
            timeline,
            synchronous,
        } = sight
        {
            if *timeline >= self.newest {
                self.newest = *timeline;
                self.synchronous.clone_from(synchronous);
            }
            let known = |known: &Timeline| known.timeline == *timeline && known.node == node;
            if !self.timelines.iter().any(known) {
                self.timelines.push(Timeline {
                    timeline: *timeline,
                    node: node.to_owned(),
                    from: at,
                });
            }
        }
        let role = match sight {
            Sight::Primary { .. } => "primary",
            Sight::Standby if self.synchronous.split(',').any(|name| name == node) => "synchronous",
            Sight::Standby => "standby",
            Sight::Down => "down",
            Sight::Silent => "silent",
        };
        let open = self.open.get(node).and_then(|at| self.bands.get_mut(*at));
        if let Some(band) = open {
            band.to = at;
            if band.role == role {
                return None;
            }
        }
        self.open.insert(node.to_owned(), self.bands.len());
        self.bands.push(Band {
            node: node.to_owned(),
            role: role.to_owned(),
            from: at,
            to: at,
        });
        Some(role.to_owned())
    }

    /// The bands that go on end now.
    fn end(&mut self, now: f64) {
        for at in self.open.values() {
            if let Some(band) = self.bands.get_mut(*at) {
                band.to = now;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn primary(timeline: u32, synchronous: &str) -> Sight {
        Sight::Primary {
            timeline,
            synchronous: synchronous.into(),
        }
    }

    #[test]
    fn bands_follow_each_other_and_the_newest_primary_says_who_is_synchronous() {
        let mut history = History::default();
        let mut see = |at, node, sight: Sight| history.see(node, at, &sight);
        assert_eq!(see(0.0, "a", primary(1, "b")), Some("primary".into()));
        assert_eq!(see(0.1, "b", Sight::Standby), Some("synchronous".into()));
        assert_eq!(see(0.2, "c", Sight::Standby), Some("standby".into()));
        assert_eq!(see(1.0, "a", primary(1, "b")), None);
        assert_eq!(see(2.0, "a", Sight::Silent), Some("silent".into()));
        assert_eq!(see(2.1, "b", primary(2, "c")), Some("primary".into()));
        assert_eq!(see(2.2, "c", Sight::Standby), Some("synchronous".into()));
        // An old primary that is back has nothing to say about that.
        assert_eq!(see(3.0, "a", primary(1, "")), Some("primary".into()));
        assert_eq!(see(3.2, "c", Sight::Standby), None);
        history.end(4.0);
        let bands: Vec<String> = history
            .bands
            .iter()
            .map(|band| format!("{} {} {}-{}", band.node, band.role, band.from, band.to))
            .collect();
        assert_eq!(
            bands,
            [
                "a primary 0-2",
                "b synchronous 0.1-2.1",
                "c standby 0.2-2.2",
                "a silent 2-3",
                "b primary 2.1-4",
                "c synchronous 2.2-4",
                "a primary 3-4",
            ]
        );
        let timelines: Vec<_> = history
            .timelines
            .iter()
            .map(|seen| (seen.timeline, seen.node.as_str()))
            .collect();
        assert_eq!(timelines, [(1, "a"), (2, "b")]);
    }
}
