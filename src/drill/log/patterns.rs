//! Which lines matter, and why.

/// A kind of line that matters.
pub struct Pattern {
    /// Who writes it; empty means anybody.
    pub source: &'static str,
    /// A regular expression that its text matches.
    pub text: &'static str,
    /// Why it matters.
    pub why: &'static str,
}

const fn of(source: &'static str, text: &'static str, why: &'static str) -> Pattern {
    Pattern { source, text, why }
}

/// All of them; the first that fits a line is the one.
pub const PATTERNS: &[Pattern] = &[
    of(
        "postgresql",
        "PANIC:",
        "the server can't go on and stops at once",
    ),
    of("postgresql", "No space left on device", "the disk is full"),
    of(
        "postgresql",
        "data directory lock file is invalid",
        "the server finds its data folder gone",
    ),
    of(
        "postgresql",
        "received promote request",
        "it is told to become primary",
    ),
    of(
        "postgresql",
        "selected new timeline ID",
        "from here on its history is its own",
    ),
    of(
        "postgresql",
        "new timeline \\d+ forked off",
        "its primary took another way than it did",
    ),
    of(
        "postgresql",
        "archive recovery complete",
        "it is primary now",
    ),
    of(
        "postgresql",
        "ready to accept (read-only )?connections",
        "it lets clients in",
    ),
    of(
        "postgresql",
        "database system was (interrupted|not properly shut down)",
        "it comes back after a crash",
    ),
    of(
        "postgresql",
        "received (fast|immediate|smart) shutdown request",
        "it is told to stop",
    ),
    of(
        "postgresql",
        "terminated by signal|unexpected postmaster exit|terminating any other active",
        "a process of the server died",
    ),
    of(
        "postgresql",
        "canceling (the )?wait for synchronous replication|canceling wait",
        "a commit stopped waiting for its standby: the client is warned that it is only local",
    ),
    of(
        "postgresql",
        "is now a (candidate for )?(quorum )?synchronous standby",
        "commits wait for this one now",
    ),
    of(
        "postgresql",
        "\"synchronous_standby_names\" (changed|removed)",
        "for whom commits wait has changed",
    ),
    of(
        "postgresql",
        "\"primary_conninfo\" changed",
        "it follows another server from now on",
    ),
    of(
        "postgresql",
        "could not (connect to the primary server|receive data from WAL stream|send data to WAL stream)",
        "a standby lost its primary",
    ),
    of(
        "postgresql",
        "replication terminated by primary server",
        "a standby was sent away by its primary",
    ),
    of(
        "postgresql",
        "terminating walsender process due to replication timeout",
        "a primary gave up on a silent standby",
    ),
    of("postgresql", "started streaming WAL", "a standby follows"),
    of(
        "postgresql",
        "requested (starting point|timeline|WAL segment)",
        "a standby asks for what its primary does not have",
    ),
    of(
        "postgresql",
        "FATAL:  (could not open|.*(No such file|could not read))",
        "a file of its data is gone",
    ),
    of(
        "postgresql",
        "invalidating (obsolete )?(replication )?slot|slot .* invalidat",
        "a standby will need a new copy",
    ),
    of(
        "pgpool",
        "health check retrying|health_check.*(fail|retry)|failed to connect to PostgreSQL server",
        "a node does not answer its health check",
    ),
    of(
        "pgpool",
        "health check failed on node",
        "it gives a node up",
    ),
    of(
        "pgpool",
        "detected false primary|false primary",
        "it sees a second primary",
    ),
    of(
        "pgpool",
        "received (degenerate|failback) (backend )?(node )?request|starting (degeneration|fail ?back)|=== Starting",
        "a failover or failback begins",
    ),
    of("pgpool", "execute command", "it calls the failover script"),
    of(
        "pgpool",
        "failover: set new primary|set new primary node",
        "it directs writes to another node",
    ),
    of(
        "pgpool",
        "failover done|failback done|=== Failover done|=== Failback done",
        "the failover or failback is done",
    ),
    of("pgpool", "find_primary_node", "it looks for the primary"),
    of("pgpool", "pgpool-II successfully started", "it started"),
    of("pg-failover", "", "what the failover script decided"),
    of("pg-keeper", "", "what the keeper did"),
    of("pg-guard", "", "whether a node may start"),
    of(
        "patroni",
        "promoted self to leader|acquired session lock as a leader",
        "Patroni promotes its node",
    ),
    of("patroni", "demot", "Patroni takes the lead from its node"),
    of(
        "patroni",
        "failed to update leader lock|not able to update leader|lost the leader lock|Lost leader",
        "the leader could not keep its lock",
    ),
    of(
        "patroni",
        "DCS is not accessible|Error communicating with DCS|failsafe",
        "the store can't be reached",
    ),
    of(
        "patroni",
        "Synchronous standby status|[Ss]ynchronous (replication|privilege|standby)",
        "for whom commits wait has changed",
    ),
    of(
        "patroni",
        "pg_rewind|rewind",
        "a node that left the timeline is brought back",
    ),
    of(
        "patroni",
        "bootstrap|basebackup|replica has been created",
        "a node is copied anew",
    ),
    of(
        "patroni",
        "following a different leader|following new leader|changing primary_conninfo",
        "it follows another node",
    ),
    of(
        "patroni",
        "postmaster is not running|Postgresql is not running|crash recovery|starting primary after failure|removed leader key|data directory",
        "Patroni finds its server gone",
    ),
    of(
        "patroni",
        "started as a secondary|starting as (a )?(secondary|readonly)|restarted",
        "Patroni starts its server",
    ),
    of("patroni", "switchover|failover", "a change of the leader"),
    of(
        "patroni",
        "ERROR|CRITICAL|WARNING",
        "Patroni says that something is wrong",
    ),
    of(
        "etcd",
        "elected leader|became leader|lost leader|changed leader",
        "the store elects",
    ),
    of(
        "etcd",
        "lost (the )?(tcp|TCP) streaming|became inactive|peer became active",
        "two members lost or found each other",
    ),
    of(
        "etcd",
        "no leader|timed out|took too long",
        "the store answers late or not",
    ),
    of(
        "zookeeper",
        " (LOOKING|LEADING|FOLLOWING)|LEADER ELECTION TOOK|Shutting down|Exception when following",
        "the store elects",
    ),
    of(
        "haproxy",
        "is (DOWN|UP)|has no server available|Connection refused",
        "the proxy turns away from a node, or to it",
    ),
    of(
        "systemd",
        "Main process exited|Failed with result|Scheduled restart job",
        "a service died or comes back",
    ),
];
