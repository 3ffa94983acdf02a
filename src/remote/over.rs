//! Connections to hosts in between, each shared by all that are reached over it: a bastion that is
//! asked by three hundred hosts at once refuses most of them.

use super::RemoteError;
use super::endpoint::Endpoint;
use super::pool::lock;
use super::wire::{Connecting, Wire};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, Weak};
use tokio::sync::OnceCell;

/// A connection that is made, or what came of it.
type Made = OnceCell<Result<Box<dyn Wire>, RemoteError>>;

/// One that somebody goes over.
pub(super) type Over = Arc<Made>;

/// Held only by those who go over them, so each ends with the last of these.
static OPEN: LazyLock<Mutex<HashMap<Endpoint, Weak<Made>>>> = LazyLock::new(Mutex::default);

/// The connection to that host: the one that stands or is being made, else a new one. Those who
/// wait for it together hear together that it can't be made.
pub(super) async fn shared<'a>(
    endpoint: &'a Endpoint,
    connect: fn(&'a Endpoint) -> Connecting<'a>,
) -> Result<Over, RemoteError> {
    let over = {
        let mut open = lock(&OPEN);
        open.retain(|_, over| over.strong_count() > 0);
        match open.get(endpoint).and_then(Weak::upgrade) {
            Some(over) if is_sound(&over) => over,
            _ => {
                let over = Over::default();
                open.insert(endpoint.clone(), Arc::downgrade(&over));
                over
            }
        }
    };
    match over.get_or_init(|| connect(endpoint)).await {
        Ok(_) => Ok(over),
        Err(error) => Err(error.clone()),
    }
}

/// Whether it stands, or may yet.
fn is_sound(over: &Over) -> bool {
    match over.get() {
        None => true,
        Some(Ok(wire)) => wire.lost().is_none(),
        Some(Err(_)) => false,
    }
}
