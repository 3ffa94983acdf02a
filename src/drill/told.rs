//! What a drill tells while it runs; the terminal's live view is drawn from it.

use super::report::{Command, Event, Slice, Verdict};
use tokio::sync::mpsc;

/// How much may wait to be shown before it is left out.
const BACKLOG: usize = 1024;

/// One thing that a drill tells. All times are seconds since the drill began.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// What will be done; the first of all.
    Began {
        /// The scenario's name.
        scenario: String,
        /// What it does, in a sentence.
        explained: String,
        /// `pgpool`, `patroni-etcd` or `patroni-zookeeper`.
        topology: String,
        /// The database nodes in the order of the inventory.
        nodes: Vec<String>,
    },
    /// A phase begins, and with it the one before ends.
    Phase {
        /// Its name, as in [`Phase`](super::report::Phase).
        name: String,
        /// The same in a few words.
        title: String,
        /// When.
        at: f64,
    },
    /// Something happened to a host, or was done to it.
    Event(Event),
    /// What the clients saw in the last short time.
    Slice(Slice),
    /// A node is another thing from now on.
    Role {
        /// The node.
        node: String,
        /// What it is, in the words of [`Band`](super::report::Band).
        role: String,
        /// Since when.
        at: f64,
    },
    /// What is being done or waited for now, in a few words; each takes the place of the one before.
    Doing(String),
    /// A command has ended.
    Command(Command),
    /// The drill is over; the last of all.
    Ended(Verdict),
}

/// Tells whoever looks on, and never waits for them: who looks away misses something.
#[derive(Clone, Debug)]
pub struct Teller(Option<mpsc::Sender<Told>>);

impl Teller {
    /// A teller, and where it is listened to.
    pub fn open() -> (Self, mpsc::Receiver<Told>) {
        let (sender, receiver) = mpsc::channel(BACKLOG);
        (Self(Some(sender)), receiver)
    }

    /// A teller to whom nobody listens.
    pub fn silent() -> Self {
        Self(None)
    }

    /// Tells it.
    pub fn tell(&self, told: Told) {
        if let Some(sender) = &self.0 {
            // The report has all of it in any case.
            let _ = sender.try_send(told);
        }
    }
}
