//! trueup makes hosts true to what was declared.
//!
//! One binary reads Ansible-style inventories and playbooks, compiles them into one graph of
//! (task x host) nodes, asks every host read-only what is so, shows the difference, and over SSH
//! makes it so. On a target it needs a POSIX shell and sshd, nothing else.
//!
//! # The way the data flows
//!
//! ```text
//! inventory, playbook, roles (YAML text)
//!    yaml/      -> nodes that keep their source spans
//!    model/     -> Inventory, Playbook, Play, Task: typed, spans kept, many errors collected at once
//!    graph/     -> a directed acyclic graph: node = (task, host); edge = must come before
//!    engine/    for each ready node:
//!                 vars + templates -> Params
//!                 probe   (read-only questions to the host)      -> State
//!                 plan    (pure function of Params and State)    -> Plan { changes, steps }
//!                 steps   (the engine alone runs them)
//!                 probe again, where the effect can be observed: nothing may be left to do
//!    decide/    called by modules (modules/restore) of the playbooks that build, restore and hand over:
//!               what the nodes said, and what was declared -> what becomes of the data, or a refusal
//!    report/    <- events: terminal, JSON lines. Only report/ and cli/ print.
//!
//! inventory
//!    cluster/   asks PostgreSQL and what stands around it -> ClusterStatus, judged by what is declared
//!    drill/     clients, a fault, the restore playbooks by the commands a person would type
//!                                                      -> Report: JSON, and a page
//!    history/   called by drill/: what clients read and wrote -> what of it no right server could show
//!    ready/     asks each host whether it is fit for that -> Survey, judged
//! ```
//!
//! # The house's own words
//!
//! | word | what it means |
//! |---|---|
//! | room | A module of this file. |
//! | look | How a probe asks; it sees a [`facts::Look`], never a connection. |
//! | desk | Who answers the looks of one host: all that is asked at one time, in one script. |
//! | settled, live | Of an answer: true while no step runs there; changing by itself. |
//! | step | What the engine is asked to run on a host, as data. |
//! | effect | What a step makes true, as data. |
//! | pinned | Of a change of files: it follows no name that another user could swap for a link. |
//! | pending | In a dry run: would be done, but is not. |
//! | foreseen | A machine as what is pending will leave it. |
//! | brought | What comes with a package that is new. |
//! | fresh | What only an apply makes (a password); a dry run has something made up in its place. |
//! | unknown until | What can't be known before that task has run; never guessed. |
//! | told, came | What a plan said beforehand; what an apply did. |
//! | since | Since when something is as it is, and who made it so. |
//! | life | A task on a host, from its condition to its result. |
//! | road | How a task's host is reached, and reached again where it was away. |
//! | machine | What a host's name leads to; two names may lead to one. |
//! | standing | Whether a host goes on in a play. |
//! | owed | Of a handler: notified, and its work not done. |
//! | gate | Tasks that ask, and must hold before a play goes on; they change nothing. |
//! | own | Of a module: it works on the controller and asks no host. |
//! | promise | What a saved plan says of a task on a host. |
//! | turn, word, leave | A task on a host under a promise; an item of it; whether its steps may be taken. |
//! | moved | Not as it was promised any more; it is not acted on. |
//! | masked, veiled | Without secrets; of a file, that `no_log` hides what stands in it. |
//! | way home | How a node that failed becomes a standby again. |
//! | fork, beyond | Where a node's log left that of another; what only that node has. |
//! | memory | What Patroni keeps in etcd or ZooKeeper: who leads, who is synchronous. |
//! | ledger | What a drill's clients had acknowledged, held against what is there in the end. |
//!
//! # The rooms, from the ground up
//!
//! A room imports only rooms that stand above it in this list; `tests/rooms.rs` holds every
//! `use crate::` line against it, and besides: `modules` never sees `remote` or `graph`.

pub mod diag;

pub mod decide;

pub mod history;

pub mod yaml;

pub mod secret;

pub mod template;

pub mod step;

pub mod remote;

pub mod facts;

pub mod model;

pub mod modules;

pub mod graph;

pub mod lab;

pub mod engine;

pub mod report;

pub mod cluster;

pub mod ready;

pub mod drill;

pub mod cli;
