//! What the host gets from an address while it is asked: a key.

use crate::facts::http::{Asked, Peer};
use crate::facts::{Look, ProbeError};
use crate::step::Follow;
use std::time::Duration;

/// How long a server may take to hand it out.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server hands out.
pub async fn fetched(look: &Look, address: &str, verified: bool) -> Result<Vec<u8>, ProbeError> {
    let peer = Peer {
        unverified: !verified,
        ..Peer::default()
    };
    let way = peer.way(look, address).await?;
    let mut request = way.request("GET", address.to_owned(), PATIENCE);
    request.follow = Follow::Safe;
    let told = |why: String| ProbeError::Failed(format!("{}: {why}", request.shown()));
    match look.fact(Asked(request.clone())).await? {
        Err(why) => Err(told(why)),
        Ok(response) if response.status != 200 => {
            Err(told(format!("the server said {}", response.status)))
        }
        Ok(response) => Ok(response.body),
    }
}
