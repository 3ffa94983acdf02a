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
