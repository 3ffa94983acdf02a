//! The connection, the user and the environment that a task acts with.

use super::{
    Arc, Asker, BecomeWords, ConnectionWords, Duration, Event, Item, Life, Mapping, Node, Road,
    Seen, Stop, Templar, Told, asker, flag,
};
use crate::engine::machine::Reach;
use crate::remote::{Become, RemoteError, Turn};
use std::time::Instant;

/// How long to wait before a machine that another run has is asked for again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long to wait for another run at most: whoever waits for ever is found the next morning.
const PATIENCE: Duration = Duration::from_secs(3600);

impl Life {
    /// How the task's host is reached, and as whom it acts there.
    pub(super) fn road(&self, templar: &Templar) -> Result<Road, Stop> {
        let words = &self.task.keywords;
        let text = |node: &Option<Node>| -> Result<Option<String>, Stop> {
            match node {
                Some(node) => Ok(Some(templar.value(node)?.to_string()).filter(|t| !t.is_empty())),
                None => Ok(None),
            }
        };
        let delegate = text(&words.delegate_to)?;
        let connection = ConnectionWords {
            connection: text(&words.connection)?,
            port: text(&words.port)?,
            user: text(&words.remote_user)?,
        };
        let becomes = BecomeWords {
            wanted: words
                .r#become
                .as_ref()
                .map(|node| flag(templar, node))
                .transpose()?,
            user: text(&words.become_user)?,
        };
        // What is delegated is reached by the delegate's own variables.
        let reaching = match &delegate {
            Some(host) => {
                let layers = self.run.inventory_layers(host, &self.play.play.folder)?;
                Templar::new(Arc::new(layers), self.run.lookups(Vec::new()))
            }
            None => templar.clone(),
        };
        let who = self.run.becomes(&reaching, &becomes)?;
        let mut environment = String::new();
        for node in &words.environment {
            let rendered = templar.node(node)?;
            for (key, value) in rendered.as_map().into_iter().flat_map(Mapping::iter) {
                let value = templar.value(value)?.to_string();
                let line = format!(
                    "export {}={}\n",
                    key.as_str().unwrap_or_default(),
                    crate::step::quote(&value)
                );
                environment.push_str(&line);
            }
        }
        // Where a job is started, and where it is looked for.
        let jobs = words.r#async.is_some() || self.task.action.title().ends_with("async_status");
        if jobs && let Some(folder) = reaching.variable("ansible_async_dir") {
            let folder = crate::step::quote(&folder.to_string());
            environment.push_str(&format!("export ANSIBLE_ASYNC_DIR={folder}\n"));
        }
        Ok(Road {
            run: self.run.clone(),
            info: self.info.clone(),
            host: self.host.clone(),
            delegate,
            templar: reaching,
            words: connection,
            who,
            environment,
        })
    }

    /// Whether each item of the loop may have a road of its own.
    pub(super) fn roads_differ(&self) -> bool {
        let words = &self.task.keywords;
        let given = [
            &words.delegate_to,
            &words.connection,
            &words.port,
            &words.remote_user,
            &words.r#become,
            &words.become_user,
        ];
        let is_template = |node: &Node| {
            let text = node.to_json().to_string();
            text.contains("{{") || text.contains("{%")
        };
        words.repeat.is_some()
            && (given.into_iter().flatten())
                .chain(&words.environment)
                .any(is_template)
    }

    /// Who works for an item: whoever did for the one before it, where the road is the same; nobody,
    /// where the item is passed over.
    pub(super) async fn item_worker(
        &self,
        seen: &Seen,
        item: &Item,
        last: Option<(Asker, Road)>,
        told: &mut Told,
    ) -> Result<Option<(Asker, Road)>, Stop> {
        let templar = seen.templar(&item.vars);
        // What keeps it from running is told where it would.
        if self.conditions(&templar).is_err() {
            return Ok(None);
        }
        let road = self.road(&templar)?;
        Ok(Some(match last {
            Some((asker, known)) if known.is_same(&road) && asker.reach.remote.lost().is_none() => {
                (asker, known)
            }
            _ => (self.asker(&road, told).await?, road),
        }))
    }

    /// Goes that road: the connection, and the machine held where something may change it.
    pub(super) async fn asker(&self, road: &Road, told: &mut Told) -> Result<Asker, Stop> {
        told.delegate.clone_from(&road.delegate);
        let reach = road
            .reach(None)
            .await
            .map_err(|error| Stop::Lost(error.to_string()))?;
        told.reach = Some(reach.clone());
        // The controller serves many inventories at once, each in a folder of its own: runs that
        // only look something up there must not wait for each other.
        if !self.run.is_plan() && !reach.local {
            self.hold(&reach, &road.who).await?;
        }
        Ok(asker(reach, road.who.clone(), road.environment.clone()))
    }

    /// Waits until no other run changes the machine, and nothing runs there that one left behind.
    async fn hold(&self, reach: &Reach, who: &Become) -> Result<(), Stop> {
        let begun = Instant::now();
        let mut told = String::new();
        let mut stop = self.run.stop.clone();
        loop {
            let turn = match reach.remote.lock(who, &self.run.owner).await {
                Ok(turn) => turn,
                // The host is there, only this user is not (yet): the task's first question says why.
                Err(RemoteError::Become(_)) => return Ok(()),
                Err(error) => return Err(Stop::Lost(error.to_string())),
            };
            let Some(what) = in_the_way(turn, begun.elapsed()).map_err(Stop::Lost)? else {
                return Ok(());
            };
            if what != told {
                told.clone_from(&what);
                let (task, host) = (self.info.clone(), self.host.to_string());
                let left = None;
                self.run
                    .tell(Event::Waiting {
                        task,
                        host,
                        what,
                        left,
                    })
                    .await;
            }
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                _ = stop.wait_for(|level| *level > 0) => {
                    return Err(Stop::Lost("interrupted while another run had the machine".to_owned()));
                }
            }
        }
    }
}

/// What is to be waited for before the machine is ours, or why that is given up after `waited`.
fn in_the_way(turn: Turn, waited: Duration) -> Result<Option<String>, String> {
    let what = match turn {
        Turn::Ours => return Ok(None),
        Turn::Run(owner) => format!("the other run that works on this machine ({owner})"),
        Turn::Step(step) => {
            format!("what a run that is gone left running on this machine ({step})")
        }
    };
    let minutes = PATIENCE.as_secs() / 60;
    if waited < PATIENCE {
        Ok(Some(format!("{what}, for {minutes} min at most")))
    } else {
        Err(format!(
            "waited {minutes} min for {what}: see whether that ever ends, end it if not, and start again"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_says_for_what_and_how_long_and_ends() {
        let run = || Turn::Run("anna@desk, pid 7".into());
        insta::assert_snapshot!(
            in_the_way(run(), Duration::ZERO).unwrap().unwrap(),
            @"the other run that works on this machine (anna@desk, pid 7), for 60 min at most"
        );
        insta::assert_snapshot!(
            in_the_way(run(), PATIENCE).unwrap_err(),
            @"waited 60 min for the other run that works on this machine (anna@desk, pid 7): see whether that ever ends, end it if not, and start again"
        );
        let step = Turn::Step("install nginx, since 10:42; anna@desk, pid 7".into());
        insta::assert_snapshot!(
            in_the_way(step, Duration::ZERO).unwrap().unwrap(),
            @"what a run that is gone left running on this machine (install nginx, since 10:42; anna@desk, pid 7), for 60 min at most"
        );
        assert_eq!(in_the_way(Turn::Ours, PATIENCE), Ok(None));
    }
}
