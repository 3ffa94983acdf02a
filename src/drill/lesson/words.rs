//! What the exercise says of its steps.

use crate::drill::scenario::Kind;

/// A step in words: its title, and what one sees in it, and why.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub title: &'static str,
    pub seen: &'static str,
}

/// All of them.
#[cfg(test)]
pub const ALL: &[Words] = &[
    HOSTS,
    PGPOOL,
    PATRONI_ETCD,
    PATRONI_ZOOKEEPER,
    STANDS,
    BOTH_WAYS,
    SYNCHRONOUS,
    TABLES,
    WRITTEN,
    ARRIVED,
    STANDS_AGAIN,
    DATA,
];

/// The hosts are booted.
pub const HOSTS: Words = Words {
    title: "The hosts",
    seen: "Each host is a full Debian system on this machine, with an address of its own and reached \
         over ssh: pulling its plug hurts nobody else.",
};

/// A cluster of that topology is built.
pub const PGPOOL: Words = Words {
    title: "The cluster is built",
    seen: "Every task says what must be so, and only what is not so is changed. In the end three \
             PostgreSQL servers run, one of them the primary, and pgpool stands before them: it \
             sends writes to the primary and decides which standby is promoted when the primary is \
             lost.",
};

/// A cluster of that topology is built.
pub const PATRONI_ETCD: Words = Words {
    title: "The cluster is built",
    seen: "Every task says what must be so, and only what is not so is changed. In the end \
             Patroni runs PostgreSQL on each node. Who leads is written in etcd, which has three \
             members so that it outlives the loss of one; HAProxy asks each node whether it leads \
             and sends clients there.",
};

/// A cluster of that topology is built.
pub const PATRONI_ZOOKEEPER: Words = Words {
    title: "The cluster is built",
    seen: "Every task says what must be so, and only what is not so is changed. In the end \
             Patroni runs PostgreSQL on both nodes. Who leads is written in ZooKeeper, whose third \
             member is the proxy's host, so that it outlives the loss of one; HAProxy sends clients \
             to the node that leads.",
};

/// What stands before anything is broken.
pub const STANDS: Words = Words {
    title: "What stands",
    seen: "Every server was asked, and what it says is held against what is declared.",
};

/// What a cluster with several standbys shows.
pub const BOTH_WAYS: Words = Words {
    title: "Synchronous and asynchronous replication",
    seen: "The primary has a row for each standby that streams. Commits wait for a standby whose \
     sync_state is sync or quorum, so what a client was told is on two machines; an async one \
     gets the same log, but nobody waits for it, and it may be behind. \
     synchronous_standby_names is where that is decided. A standby with a \
     recovery_min_apply_delay has the log at once and shows its rows only later: time to stop \
     it when somebody drops a table.",
};

/// The same of one with a single standby.
pub const SYNCHRONOUS: Words = Words {
    title: "Synchronous replication",
    seen: "The primary has a row for the standby, which streams. Commits wait for it, since its \
     sync_state is sync, so what a client was told is on two machines. synchronous_standby_names \
     is where that is decided. A second standby could be asynchronous: it would get the same log, but \
     nobody would wait for it, and it might be behind.",
};

/// The client makes two tables.
pub const TABLES: Words = Words {
    title: "Two tables",
    seen: "The client creates them through the proxy, and so on the primary. A table is replicated \
         as rows are: nobody creates it on a standby.",
};

/// Sessions write into them.
pub const WRITTEN: Words = Words {
    title: "Four sessions write at once",
    seen: "Each writes 25 orders and 25 payments in one transaction: both or neither. Right \
         afterwards every node is asked how many it shows. The synchronous standby has them in its \
         log as soon as the client was told so, and shows them a moment later; another may still \
         be behind.",
};

/// The rows are on every node.
pub const ARRIVED: Words = Words {
    title: "The rows arrive everywhere",
    seen: "A little later all nodes show the same. Standbys replay the primary's log, so they can be \
         behind, but never different.",
};

/// What stands when all is over.
pub const STANDS_AGAIN: Words = Words {
    title: "What stands again",
    seen: "The layout is the declared one: the node that failed is what it was before.",
};

/// The data when all is over.
pub const DATA: Words = Words {
    title: "The final data on every node",
    seen: "The same rows with the same content everywhere: the checksum is made of every column.",
};

/// What is built.
pub fn built(kind: Kind) -> Words {
    match kind {
        Kind::Pgpool => PGPOOL,
        Kind::PatroniEtcd => PATRONI_ETCD,
        Kind::PatroniZookeeper => PATRONI_ZOOKEEPER,
    }
}
