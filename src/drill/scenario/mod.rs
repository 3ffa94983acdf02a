//! The scenarios: what is broken, whom it hits, and what must become of it.

mod catalogue;
mod list;

pub use catalogue::SCENARIOS;
pub use list::list;

use crate::cluster::spec::{ClusterSpec, StoreKind, Topology};
use serde::{Serialize, Serializer};

/// Who decides which node is the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// pgpool.
    Pgpool,
    /// Patroni over etcd.
    PatroniEtcd,
    /// Patroni over ZooKeeper.
    PatroniZookeeper,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pgpool, Self::PatroniEtcd, Self::PatroniZookeeper];

    /// Which one a declared cluster is.
    pub fn of(spec: &ClusterSpec) -> Self {
        match &spec.topology {
            Topology::Pgpool(_) => Self::Pgpool,
            Topology::Patroni(patroni) => match patroni.store.kind {
                StoreKind::Etcd => Self::PatroniEtcd,
                StoreKind::Zookeeper => Self::PatroniZookeeper,
            },
        }
    }

    /// Its name, which is also that of the playbook that builds it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pgpool => "pgpool",
            Self::PatroniEtcd => "patroni-etcd",
            Self::PatroniZookeeper => "patroni-zookeeper",
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A way to break a cluster.
#[derive(Debug, PartialEq)]
pub struct Scenario {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub explained: &'static str,
    /// The faults in their order; each but the first when the one before has had its effect.
    pub faults: &'static [Fault],
    /// What must become of it in each of [`Kind::ALL`].
    pub fits: [Fit; 3],
}

/// Whether a scenario makes sense in a topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does, and this must become of it.
    Expect(Expected),
    /// It does not, and why.
    Not(&'static str),
}

/// What must become of the cluster while the fault stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// Another node is promoted, and writes go on there.
    Promotion,
    /// The primary stays, and writes go on.
    Same,
    /// Writes go on; which node takes them depends on who notices first.
    Either,
    /// Writes go on somewhere, or are refused until the fault is undone: no one is declared dead who
    /// still answers.
    Refused,
    /// Writes wait until the fault is undone: nobody could take them without a risk of loss.
    Wait,
}

/// One fault, and whom it hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is done.
    pub deed: Deed,
    /// To whom.
    pub whom: Whom,
}

impl Deed {
    /// Whether nothing of the host is reached any more.
    pub fn takes_the_host(self) -> bool {
        matches!(self, Self::PowerOff | Self::CutFromAll)
    }
}

/// What is done to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The plug is pulled.
    PowerOff,
    /// The data folder is deleted under the running server.
    DeleteData,
    /// A service's main process is killed with SIGKILL.
    Kill(Service),
    /// The host's network is cut off whole.
    CutFromAll,
    /// The host and these no longer hear each other.
    CutFrom(Peers),
    /// The file system of the data folder is filled up.
    FillDisk,
    /// A service's clock jumps an hour ahead.
    JumpClock(Service),
    /// All processes of a service stop where they are, and go on later.
    Freeze(Service),
    /// The network goes and comes, several times within two seconds.
    Flicker,
    /// What the host sends leaves it slowly; what it receives comes as ever.
    Slow,
    /// Of what the host sends, much is lost; what it receives comes as ever.
    Lossy,
}

/// A service of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The postmaster, and all that it started.
    Postgres,
    /// One client's session.
    Session,
    /// Patroni.
    Patroni,
    /// etcd or ZooKeeper.
    Store,
    /// pgpool or HAProxy.
    Proxy,
}

/// From whom a host is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peers {
    /// The other database nodes.
    Replicas,
    /// Who decides about promotions: the pgpool hosts, or the members of the store.
    Coordinator,
}

/// Whom a fault hits, by what it is when the fault comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The primary.
    Primary,
    /// The synchronous standby.
    Synchronous,
    /// A standby that nobody waits for.
    Asynchronous,
    /// All standbys.
    Standbys,
    /// The host of pgpool or HAProxy.
    Proxy,
    /// The host on which the store's leader runs.
    StoreLeader,
    /// All members of the store.
    Store,
    /// All hosts of the cluster.
    Everyone,
}

impl Scenario {
    /// The scenario of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.name == name)
    }

    /// Whether it makes sense in a topology.
    pub fn fit(&self, kind: Kind) -> Fit {
        let [pgpool, etcd, zookeeper] = self.fits;
        match kind {
            Kind::Pgpool => pgpool,
            Kind::PatroniEtcd => etcd,
            Kind::PatroniZookeeper => zookeeper,
        }
    }
}
