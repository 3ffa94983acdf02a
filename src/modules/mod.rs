//! One file a module, one line in the registry; schema, docs and completions are derived from it.
//!
//! A module cannot act: it asks (`probe`), then says what it wants as data (`plan`). The engine
//! alone executes. So a dry run is safe by construction, and a module is tested with canned
//! answers and no host.

mod add_host;
#[cfg(test)]
mod ahead;
mod alternatives;
mod apt;
mod apt_key;
mod apt_repository;
mod arguments;
#[cfg(test)]
mod asked;
mod assemble;
mod assert;
mod async_status;
mod attributes;
mod authorized_key;
mod blockinfile;
mod came;
mod certificate_authority;
mod change;
mod command;
mod controller;
mod copy;
mod cron;
mod deb822_repository;
mod debconf;
mod debug;
mod defaults;
mod dnf;
mod doc;
mod download;
mod dpkg_selections;
mod drop_ins;
mod edited;
mod etcd_member;
mod executed;
mod fail;
mod file;
mod filesystem;
mod find;
mod firewalld;
mod folders;
mod get_url;
mod getent;
mod group;
mod group_by;
mod hostname;
mod http;
mod include_vars;
mod ini_file;
mod iptables;
mod known_hosts;
mod lineinfile;
mod locale_gen;
mod lvg;
mod lvol;
mod mode;
mod modprobe;
mod mount;
mod openssh_keypair;
mod package;
mod package_facts;
mod package_versions;
mod packaged;
mod parted;
mod patroni_config;
mod patroni_health;
mod patroni_leader;
mod patroni_restart;
mod pause;
mod pcp_node;
mod ping;
mod placed;
mod plan;
mod postgresql;
mod postgresql_db;
mod postgresql_ext;
mod postgresql_idx;
mod postgresql_membership;
mod postgresql_owner;
mod postgresql_ping;
mod postgresql_privs;
mod postgresql_query;
mod postgresql_schema;
mod postgresql_set;
mod postgresql_slot;
mod postgresql_table;
mod postgresql_user;
mod presence;
mod raw;
mod reboot;
mod registry;
mod remote_copy;
mod replace;
mod restore;
mod result;
mod rpm_key;
mod script;
mod service_facts;
mod set_fact;
mod set_stats;
mod setup;
mod shell;
mod slurp;
mod source;
mod ssh_key;
mod stat;
mod sysctl;
mod systemd_service;
mod tempfile;
mod template;
mod timezone;
mod tool;
#[cfg(test)]
pub mod trial;
mod ufw;
mod unarchive;
mod unsupported;
mod uri;
mod user;
mod validate_argument_spec;
mod wait_for;
mod wait_for_connection;
mod yum_repository;

pub use came::as_told;
pub use change::{Change, Detail, Sign};
pub use controller::{Controller, RenderOptions};
pub use doc::Parameter;
pub use placed::validated_by;
pub use plan::Plan;
pub use registry::{Bound, Entry, State, find, names, registry};
pub use result::{StepOutput, TaskResult};
pub use setup::facts as system_facts;

use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use serde::de::DeserializeOwned;
use std::future::Future;

/// What a module is: its parameters, what it asks, what it wants.
pub trait Module: Sized + Send + Sync + 'static {
    /// Its short name as in Ansible: `copy`.
    const NAME: &'static str;
    /// The collection that it has in Ansible, with which its full name begins.
    const COLLECTION: &'static str = "ansible.builtin";
    /// The other short names that it has in Ansible: `service` for `systemd_service`.
    const ALSO: &'static [&'static str] = &[];
    /// Other names of parameters as in Ansible: (alias, name).
    const ALIASES: &'static [(&'static str, &'static str)] = &[];
    /// The parameter that takes the text of a task written as one string (`command: ls -l`).
    const FREE_FORM: Option<&'static str> = None;
    /// It asks no host and changes none (`debug`, `set_fact`): no connection is made for it. What
    /// its steps change is the controller's (`certificate_authority`).
    const ON_CONTROLLER: bool = false;
    /// What it runs may be a mere question, as only its author can know (a command, a query):
    /// in a play's `gate` it is run, in a dry run too.
    const MAY_ASK: bool = false;
    /// It changes nothing, whatever it finds, and what it can't find is no failure or waited for: a
    /// dry run that can't know what it will find knows all the same how it ends.
    const ONLY_ASKS: bool = false;
    /// It runs once for all hosts of the play, on the first of them (`add_host`).
    const ONCE: bool = false;
    /// The parameter that says which path it is about, where it is about one: of a task of which a dry run
    /// can't know whether it acts, or how, it can't know what stands there afterwards either.
    const ABOUT: Option<&'static str> = None;
    /// Its parameters. `deny_unknown_fields`; the doc comments become the documentation.
    type Params: DeserializeOwned + schemars::JsonSchema + Send + Sync;
    /// What stands ready before any host is asked: the parameters, where nothing is to be made of them.
    type Ready: Send + Sync;
    /// What the probe found out.
    type State: Send + Sync;

    /// Makes the parameters ready on the controller: checks them, reads files, renders templates,
    /// evaluates expressions. No host is asked.
    fn prepare(params: Self::Params, controller: &dyn Controller) -> Result<Self::Ready, Diag>;

    /// Asks the host, read-only. Awaits nothing but `look`.
    fn probe(
        ready: &Self::Ready,
        look: &Look,
    ) -> impl Future<Output = Result<Self::State, ProbeError>> + Send;

    /// What is to do, from what is wanted and what is so. Pure. An error is a refusal, in words
    /// that say what to do.
    fn plan(ready: &Self::Ready, state: &Self::State) -> Result<Plan, String>;

    /// What `register` gets. The default says `changed` when the plan changed something, and fails
    /// when a step did.
    fn result(course: Course<'_, Self>) -> TaskResult {
        TaskResult::of(course.plan, course.ran)
    }
}

/// The course that a task took, from which its result is made.
pub struct Course<'a, M: Module> {
    /// What stood ready.
    pub ready: &'a M::Ready,
    /// What the first probe found.
    pub before: &'a M::State,
    /// What a probe found after the steps; `None` in a dry run and after an `Act`.
    pub after: Option<&'a M::State>,
    /// What was to do.
    pub plan: &'a Plan,
    /// The output of each step that ran; the last may have failed.
    pub ran: &'a [StepOutput],
}
