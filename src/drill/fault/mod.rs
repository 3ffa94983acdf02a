//! How hosts are broken, a kind a file, and how each is mended again.

mod by_command;
mod by_hand;
mod clock_jump;
mod cut;
mod data;
mod disk;
mod flicker;
mod freeze;
mod impair;
mod kill;
mod network;
mod power;
mod server;
mod turn;
mod watch;

use super::cast::Cast;
use super::scenario::{Deed, Fault};
use super::site::Site;
use futures::future::BoxFuture;
use impair::{How, Impair};
use tokio::time::Instant;

/// What comes of a deed, or in words why not.
pub type Done<'a, T = ()> = BoxFuture<'a, Result<T, String>>;

/// A fault that knows its hosts.
pub trait Act: Send + Sync {
    /// The hosts that it hits.
    fn hosts(&self) -> &[String];

    /// What it does, in a few words.
    fn words(&self) -> String;

    /// What undoing it is, in a few words; none where there is nothing to undo.
    fn undo_words(&self) -> Option<String>;

    /// What a person is asked to do for it, or to undo it; none where nobody is asked.
    fn asked(&self, _site: &Site, _undo: bool) -> Option<String> {
        None
    }

    /// When it came, where it was not done from here but seen.
    fn seen(&self) -> Option<Instant> {
        None
    }

    /// Whether it can be done here. Asks only.
    fn check<'a>(&'a self, site: &'a Site) -> Done<'a>;

    /// Those of its hosts that lack what it needs and `playbooks/drill-clock.yml` brings. Asks only.
    fn lacking<'a>(&'a self, _site: &'a Site) -> Done<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Makes ready what can't be done in the moment of the fault; tells whether services were
    /// restarted for it.
    fn prepare<'a>(&'a self, _site: &'a Site) -> Done<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    /// Does it.
    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a>;

    /// Undoes it; also what was only prepared or done in half.
    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a>;
}

/// The fault that a scenario plans, for those whom it hits by what they are now.
pub fn act(fault: Fault, cast: &Cast) -> Result<Box<dyn Act>, String> {
    let hosts = cast.hosts(fault.whom)?;
    Ok(match fault.deed {
        Deed::PowerOff => Box::new(power::PowerOff {
            hosts,
            seen: by_hand::Seen::new(),
        }),
        Deed::CutFromAll => Box::new(network::CutOff {
            hosts,
            seen: by_hand::Seen::new(),
        }),
        Deed::CutFrom(peers) => Box::new(cut::Cut::new(cast, peers)),
        Deed::DeleteData => Box::new(data::DeleteData { hosts }),
        Deed::Kill(service) => Box::new(kill::Kill {
            hosts,
            service,
            kind: cast.kind,
        }),
        Deed::FillDisk => Box::new(disk::FillDisk { hosts }),
        Deed::JumpClock(service) => Box::new(clock_jump::JumpClock {
            unit: kill::unit(service, cast.kind)?,
            hosts,
        }),
        Deed::Freeze(service) => Box::new(freeze::Freeze {
            hosts,
            service,
            kind: cast.kind,
        }),
        Deed::Flicker => Box::new(flicker::Flicker { hosts }),
        Deed::Slow => Box::new(Impair::new(cast, hosts, How::Slow)?),
        Deed::Lossy => Box::new(Impair::new(cast, hosts, How::Lossy)?),
    })
}

/// `pg-a`, `pg-a and pg-b`.
fn named(hosts: &[String]) -> String {
    match hosts {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => hosts.concat(),
    }
}
