//! The connection, the user and the environment that a task acts with.

use super::{
    Arc, Asker, BecomeWords, ConnectionWords, Duration, Event, Life, Mapping, Node, Road, Stop,
    Templar, Told, asker, flag,
};
use crate::engine::machine::{NotHeld, Reach};

/// How long to wait before a machine that another run has is asked for again.
const AGAIN: Duration = Duration::from_secs(1);

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
            self.hold(&reach).await?;
        }
        Ok(asker(reach, road.who.clone(), road.environment.clone()))
    }

    /// Waits until no other run changes the machine.
    async fn hold(&self, reach: &Reach) -> Result<(), Stop> {
        let mut told = false;
        let mut stop = self.run.stop.clone();
        loop {
            match reach.machine.hold(&reach.remote, &self.run.owner).await {
                Ok(()) => return Ok(()),
                Err(NotHeld::Lost(error)) => return Err(Stop::Lost(error.to_string())),
                Err(NotHeld::By(other)) if told => drop(other),
                Err(NotHeld::By(other)) => {
                    told = true;
                    self.run
                        .tell(Event::Waiting {
                            task: self.info.clone(),
                            host: self.host.to_string(),
                            what: format!("the other run that works on this machine ({other})"),
                            left: None,
                        })
                        .await;
                }
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
