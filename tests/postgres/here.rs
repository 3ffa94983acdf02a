//! Every host is this machine.

use futures::future::BoxFuture;
use trueup::cluster::Reach;
use trueup::cluster::spec::Login;
use trueup::remote::{self, Remote, RemoteError, Target};
use trueup::secret::Secret;

/// Every host is this machine.
pub struct Here;

impl Reach for Here {
    fn connect<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Box<dyn Remote>, RemoteError>> {
        Box::pin(async move {
            let target = Target {
                name: host.to_owned(),
                local: true,
                ..Target::default()
            };
            remote::connect(&target).await
        })
    }
}

/// A role of the database `postgres`.
pub fn login(user: &str, password: &str) -> Login {
    Login {
        user: user.into(),
        password: Some(Secret::new(password)),
        database: "postgres".into(),
    }
}
