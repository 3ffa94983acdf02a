//! The way back to the declared layout, by the commands that a person would type.

use super::Ended;
use super::stage::Stage;
use crate::drill::report::Command;

/// What a playbook names that refuses to give transactions up.
const ACCEPT: &str = "accept_loss=true";

impl Stage {
    /// Brings the nodes that were hit home, then the roles. What comes home by itself is only
    /// waited for. `several`: more than one fault came, so that nobody may know any more for whom the
    /// last commits of a node waited; the ledger does.
    pub async fn come_home(
        &mut self,
        hit: &[String],
        promoted: bool,
        several: bool,
    ) -> Result<(), Ended> {
        if !promoted && self.by_itself().await? {
            return Ok(());
        }
        self.replicas(hit, several).await?;
        self.phase("restore-primary", "the declared roles again");
        self.primary().await?;
        self.as_declared().await
    }

    /// After services were restarted on purpose.
    pub async fn declared_again(&mut self) -> Result<(), Ended> {
        if self.elsewhere().await?.is_none() && self.as_declared().await.is_ok() {
            return Ok(());
        }
        self.primary().await?;
        self.as_declared().await
    }

    /// Waits for that; not where another node is primary, since the roles do not move by themselves.
    async fn by_itself(&mut self) -> Result<bool, Ended> {
        self.phase("settle", "the cluster comes home by itself");
        if let Some(moved) = self.elsewhere().await? {
            self.event(
                "promotion",
                Some(&moved),
                format!("{moved} takes the writes"),
            );
            return Ok(false);
        }
        match self.as_declared().await {
            Ok(()) => Ok(true),
            Err(Ended::Stopped) => Err(Ended::Stopped),
            Err(Ended::Failed(words)) => {
                self.event(
                    "note",
                    None,
                    format!("{words}; the playbooks bring it home"),
                );
                Ok(false)
            }
        }
    }

    /// The primary, where it is not the declared one.
    async fn elsewhere(&self) -> Result<Option<String>, Ended> {
        let primary = self.cast().await?.primary.name;
        let declared = self.declared_primary();
        Ok(declared
            .is_some_and(|declared| declared != primary)
            .then_some(primary))
    }

    /// Those that were hit, the last first: of several, the last holds the newest.
    async fn replicas(&mut self, hit: &[String], several: bool) -> Result<(), Ended> {
        let declared = self.nodes();
        let mut nodes: Vec<&String> = Vec::new();
        for node in hit.iter().rev() {
            if declared.contains(node) && !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        for node in nodes {
            if self.cast().await?.primary.name == *node {
                continue;
            }
            self.phase(
                "restore-replica",
                &format!("{node} becomes a replica again"),
            );
            self.event(
                "restore",
                Some(node),
                format!("{node} is restored as a replica"),
            );
            self.restored("restore-replica", node, several).await?;
        }
        Ok(())
    }

    /// Runs a playbook of the restore for a node. What it refuses to give up without being asked is
    /// given up where several faults came, since the ledger tells whether it had been acknowledged.
    pub async fn restored(
        &mut self,
        playbook: &str,
        node: &str,
        several: bool,
    ) -> Result<(), Ended> {
        let command = self.apply(playbook, &[("node", node)]).await;
        let refused = command.exit == Some(2) && command.output.contains(ACCEPT);
        if !refused || !several {
            return ended(&command);
        }
        let words = format!(
            "{node} holds transactions that may have been acknowledged: given up, the ledger tells whether they were"
        );
        self.event("note", Some(node), words);
        let accepted = [("node", node), ("accept_loss", "true")];
        ended(&self.apply(playbook, &accepted).await)
    }

    async fn primary(&mut self) -> Result<(), Ended> {
        let Some(node) = self.declared_primary().map(str::to_owned) else {
            return Ok(());
        };
        self.event(
            "restore",
            Some(&node),
            format!("{node} is restored as the primary"),
        );
        let command = self.apply("restore-primary", &[("node", &node)]).await;
        ended(&command)
    }
}

/// That it ended well; if not, in a sentence how.
pub(super) fn ended(command: &Command) -> Result<(), Ended> {
    match command.exit {
        Some(0) => Ok(()),
        Some(130) => Err(Ended::Stopped),
        Some(status) => {
            let words = &command.words;
            Err(Ended::Failed(format!(
                "`{words}` ended with status {status}"
            )))
        }
        None => Err(Ended::Failed(format!(
            "`{}` did not end by itself",
            command.words
        ))),
    }
}
