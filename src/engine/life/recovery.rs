//! What a host's PostgreSQL server says of itself, for `order: replicas_first`.

use super::{Arc, Life, Stop, Templar, Told, scope};
use crate::facts::pg_recovery::{PgRecovery, Recovery};
use futures::future::BoxFuture;

/// The port of a server whose host names none.
const PORT: u16 = 5432;

impl Life {
    /// What the host's server is. A host that can't be asked has a silent one: whether the play
    /// can go on without it is decided when its turn comes.
    pub async fn recovery(&self) -> Recovery {
        match self.asked().await {
            Ok(recovery) => recovery,
            Err(Stop::Bad(diags)) => Recovery::Silent(
                diags
                    .first()
                    .map_or_else(String::new, |diag| diag.message.clone()),
            ),
            Err(Stop::Skip(why) | Stop::Unknown(why, _) | Stop::Lost(why)) => Recovery::Silent(why),
        }
    }

    async fn asked(&self) -> Result<Recovery, Stop> {
        let layers = scope::layers(&self.run, &self.play, &self.task, &self.host)?;
        let templar = Templar::new(Arc::new(layers), self.run.lookups(Vec::new()));
        let port = templar
            .variable("pg_port")
            .and_then(|port| port.to_string().trim().parse().ok())
            .unwrap_or(PORT);
        let road = self.road(&templar)?;
        let mut asker = self.asker(&road, &mut Told::default()).await?;
        // Where everything is done as root, the inventory says that nobody is to be become; the
        // server lets only its owner in.
        asker.who.user = Some("postgres".to_owned());
        let answer = asker
            .drive(|look| {
                let look = look.clone();
                let asking = async move {
                    look.fact(PgRecovery { port })
                        .await
                        .map_err(|error| error.to_string())
                };
                vec![Box::pin(asking) as BoxFuture<'_, _>]
            })
            .await
            .pop();
        match answer {
            Some(Ok(recovery)) => Ok(recovery),
            Some(Err(why)) => Err(Stop::Lost(why)),
            None => Err(Stop::Lost("no answer".to_owned())),
        }
    }
}
