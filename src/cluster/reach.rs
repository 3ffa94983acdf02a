//! How the hosts of a cluster are connected to.

use crate::remote::{Remote, RemoteError};
use futures::future::BoxFuture;

/// Opens connections to hosts of the inventory.
pub trait Reach: Send + Sync {
    /// Connects to the host of this name.
    fn connect<'a>(
        &'a self,
        host: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn Remote>, RemoteError>>;
}
