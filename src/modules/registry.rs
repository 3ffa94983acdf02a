//! The table of all modules, and a module with its types erased.

use super::{Controller, Course, Module, Plan, StepOutput, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::yaml::{self, Node};
use futures::future::BoxFuture;
use std::any::Any;
use std::sync::LazyLock;

/// A module with its types erased: a line of the registry.
#[allow(clippy::struct_excessive_bools)] // Each is a word that a module says of itself.
pub struct Entry {
    /// Its short name.
    pub name: &'static str,
    /// Its other short names.
    pub also: &'static [&'static str],
    /// The collection with which its full name begins.
    pub collection: &'static str,
    /// (alias, name) of its parameters.
    pub aliases: &'static [(&'static str, &'static str)],
    /// The parameter that takes a task written as one string.
    pub free_form: Option<&'static str>,
    /// It asks no host and changes none.
    pub on_controller: bool,
    /// What it runs may be a mere question.
    pub may_ask: bool,
    /// It changes nothing, whatever it finds.
    pub only_asks: bool,
    /// It runs once for all hosts of the play.
    pub once: bool,
    /// The parameter that says which path it is about.
    pub about: Option<&'static str>,
    /// The JSON schema of its parameters.
    pub schema: fn() -> schemars::Schema,
    /// What its source says at its head: markdown, an example in it.
    pub head: fn() -> &'static str,
    bind: Bind,
    misfits: fn(&Node) -> Vec<Diag>,
}

type Bind = fn(&Node, &dyn Controller) -> Result<Box<dyn Bound>, Vec<Diag>>;

impl Entry {
    /// The line of the registry for `M`.
    pub const fn of<M: Module>() -> Self {
        Self {
            name: M::NAME,
            also: M::ALSO,
            collection: M::COLLECTION,
            aliases: M::ALIASES,
            free_form: M::FREE_FORM,
            on_controller: M::ON_CONTROLLER,
            may_ask: M::MAY_ASK,
            only_asks: M::ONLY_ASKS,
            once: M::ONCE,
            about: M::ABOUT,
            schema: || schemars::schema_for!(M::Params),
            head: || super::doc::head(std::any::type_name::<M>()),
            bind: |node, controller| {
                let params: M::Params = yaml::from_node(node)?;
                let ready =
                    M::prepare(params, controller).map_err(|diag| vec![diag.or_at(&node.span)])?;
                Ok(Box::new(Task::<M> { ready }))
            },
            misfits: yaml::misfits::<M::Params>,
        }
    }

    /// What keeps arguments under their right names from being this module's parameters,
    /// whatever their templates turn out to be.
    pub(super) fn misfits(&self, args: &Node) -> Vec<Diag> {
        (self.misfits)(args)
    }

    /// Reads rendered parameters (aliases resolved) and completes them on the controller.
    pub fn bind(
        &self,
        params: &Node,
        controller: &dyn Controller,
    ) -> Result<Box<dyn Bound>, Vec<Diag>> {
        (self.bind)(params, controller)
    }
}

/// What a probe found out, with its type erased.
pub type State = Box<dyn Any + Send + Sync>;

/// A module with what stands ready for it.
pub trait Bound: Send + Sync {
    /// Asks the host.
    fn probe<'a>(&'a self, look: &'a Look) -> BoxFuture<'a, Result<State, ProbeError>>;
    /// What is to do.
    fn plan(&self, state: &State) -> Result<Plan, String>;
    /// What `register` gets.
    fn result(
        &self,
        before: &State,
        after: Option<&State>,
        plan: &Plan,
        ran: &[StepOutput],
    ) -> TaskResult;
}

struct Task<M: Module> {
    ready: M::Ready,
}

impl<M: Module> Task<M> {
    fn own(state: &State) -> &M::State {
        // A state only ever comes from this module's own `probe`.
        #[allow(clippy::expect_used)]
        state.downcast_ref().expect("the state of this module")
    }
}

impl<M: Module> Bound for Task<M> {
    fn probe<'a>(&'a self, look: &'a Look) -> BoxFuture<'a, Result<State, ProbeError>> {
        Box::pin(async move {
            let state = M::probe(&self.ready, look).await?;
            Ok(Box::new(state) as State)
        })
    }

    fn plan(&self, state: &State) -> Result<Plan, String> {
        M::plan(&self.ready, Self::own(state))
    }

    fn result(
        &self,
        before: &State,
        after: Option<&State>,
        plan: &Plan,
        ran: &[StepOutput],
    ) -> TaskResult {
        M::result(Course {
            ready: &self.ready,
            before: Self::own(before),
            after: after.map(Self::own),
            plan,
            ran,
        })
    }
}

/// Every module, one line each.
static REGISTRY: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    vec![
        Entry::of::<super::add_host::AddHost>(),
        Entry::of::<super::alternatives::Alternatives>(),
        Entry::of::<super::apt::Apt>(),
        Entry::of::<super::apt_key::AptKey>(),
        Entry::of::<super::apt_repository::AptRepository>(),
        Entry::of::<super::assemble::Assemble>(),
        Entry::of::<super::assert::Assert>(),
        Entry::of::<super::async_status::AsyncStatus>(),
        Entry::of::<super::authorized_key::AuthorizedKey>(),
        Entry::of::<super::blockinfile::BlockInFile>(),
        Entry::of::<super::certificate_authority::CertificateAuthority>(),
        Entry::of::<super::command::Command>(),
        Entry::of::<super::copy::Copy>(),
        Entry::of::<super::cron::Cron>(),
        Entry::of::<super::deb822_repository::Deb822Repository>(),
        Entry::of::<super::debug::Debug>(),
        Entry::of::<super::debconf::Debconf>(),
        Entry::of::<super::dnf::Dnf>(),
        Entry::of::<super::dpkg_selections::DpkgSelections>(),
        Entry::of::<super::etcd_member::EtcdMember>(),
        Entry::of::<super::fail::Fail>(),
        Entry::of::<super::file::File>(),
        Entry::of::<super::filesystem::Filesystem>(),
        Entry::of::<super::find::Find>(),
        Entry::of::<super::firewalld::Firewalld>(),
        Entry::of::<super::get_url::GetUrl>(),
        Entry::of::<super::getent::Getent>(),
        Entry::of::<super::group::Group>(),
        Entry::of::<super::group_by::GroupBy>(),
        Entry::of::<super::hostname::Hostname>(),
        Entry::of::<super::include_vars::IncludeVars>(),
        Entry::of::<super::ini_file::IniFile>(),
        Entry::of::<super::iptables::Iptables>(),
        Entry::of::<super::known_hosts::KnownHosts>(),
        Entry::of::<super::lineinfile::LineInFile>(),
        Entry::of::<super::locale_gen::LocaleGen>(),
        Entry::of::<super::lvg::Lvg>(),
        Entry::of::<super::lvol::Lvol>(),
        Entry::of::<super::modprobe::Modprobe>(),
        Entry::of::<super::mount::Mount>(),
        Entry::of::<super::openssh_keypair::OpensshKeypair>(),
        Entry::of::<super::package_facts::PackageFacts>(),
        Entry::of::<super::package_versions::PackageVersions>(),
        Entry::of::<super::package::Package>(),
        Entry::of::<super::parted::Parted>(),
        Entry::of::<super::patroni_config::PatroniConfig>(),
        Entry::of::<super::patroni_health::PatroniHealth>(),
        Entry::of::<super::patroni_leader::PatroniLeader>(),
        Entry::of::<super::patroni_restart::PatroniRestart>(),
        Entry::of::<super::pause::Pause>(),
        Entry::of::<super::pcp_node::PcpNodeModule>(),
        Entry::of::<super::ping::Ping>(),
        Entry::of::<super::postgresql_db::PostgresqlDb>(),
        Entry::of::<super::postgresql_ext::PostgresqlExt>(),
        Entry::of::<super::postgresql_idx::PostgresqlIdx>(),
        Entry::of::<super::postgresql_membership::PostgresqlMembership>(),
        Entry::of::<super::postgresql_owner::PostgresqlOwner>(),
        Entry::of::<super::postgresql_ping::PostgresqlPing>(),
        Entry::of::<super::postgresql_privs::PostgresqlPrivs>(),
        Entry::of::<super::postgresql_query::PostgresqlQuery>(),
        Entry::of::<super::postgresql_schema::PostgresqlSchema>(),
        Entry::of::<super::postgresql_set::PostgresqlSet>(),
        Entry::of::<super::postgresql_slot::PostgresqlSlot>(),
        Entry::of::<super::postgresql_table::PostgresqlTable>(),
        Entry::of::<super::postgresql_user::PostgresqlUser>(),
        Entry::of::<super::raw::Raw>(),
        Entry::of::<super::reboot::Reboot>(),
        Entry::of::<super::replace::Replace>(),
        Entry::of::<super::rpm_key::RpmKey>(),
        Entry::of::<super::restore::DcsVerdict>(),
        Entry::of::<super::restore::EtcdVerdict>(),
        Entry::of::<super::restore::PgBeyond>(),
        Entry::of::<super::restore::PgFork>(),
        Entry::of::<super::restore::PgHandOver>(),
        Entry::of::<super::restore::PgHome>(),
        Entry::of::<super::restore::PgNode>(),
        Entry::of::<super::restore::PgPromotion>(),
        Entry::of::<super::restore::PgVerdict>(),
        Entry::of::<super::restore::ZookeeperVerdict>(),
        Entry::of::<super::restore::PatroniHandOver>(),
        Entry::of::<super::restore::PatroniHome>(),
        Entry::of::<super::restore::PatroniPromotion>(),
        Entry::of::<super::restore::PatroniSource>(),
        Entry::of::<super::script::Script>(),
        Entry::of::<super::service_facts::ServiceFacts>(),
        Entry::of::<super::set_fact::SetFact>(),
        Entry::of::<super::set_stats::SetStats>(),
        Entry::of::<super::setup::Setup>(),
        Entry::of::<super::shell::Shell>(),
        Entry::of::<super::slurp::Slurp>(),
        Entry::of::<super::stat::Stat>(),
        Entry::of::<super::sysctl::Sysctl>(),
        Entry::of::<super::systemd_service::SystemdService>(),
        Entry::of::<super::tempfile::Tempfile>(),
        Entry::of::<super::template::Template>(),
        Entry::of::<super::timezone::Timezone>(),
        Entry::of::<super::ufw::Ufw>(),
        Entry::of::<super::unarchive::Unarchive>(),
        Entry::of::<super::uri::Uri>(),
        Entry::of::<super::user::User>(),
        Entry::of::<super::validate_argument_spec::ValidateArgumentSpec>(),
        Entry::of::<super::wait_for::WaitFor>(),
        Entry::of::<super::wait_for_connection::WaitForConnection>(),
        Entry::of::<super::yum_repository::YumRepository>(),
    ]
});

/// Every module.
pub fn registry() -> &'static [Entry] {
    &REGISTRY
}

/// The module that a task names, by its short name or with its collection
/// (`copy`, `ansible.builtin.copy`, `ansible.legacy.copy`).
pub fn find(name: &str) -> Option<&'static Entry> {
    let called = |entry: &Entry, name: &str| entry.name == name || entry.also.contains(&name);
    registry().iter().find(|entry| match name.rsplit_once('.') {
        None => called(entry, name),
        Some((collection, short)) => {
            called(entry, short)
                && (entry.collection == collection
                    // Ansible leads names on that its own collection once had.
                    || collection == "ansible.builtin" && !entry.collection.starts_with("trueup.")
                    || collection == "ansible.legacy" && entry.collection == "ansible.builtin")
        }
    })
}

/// The short names of all modules.
pub fn names() -> impl Iterator<Item = &'static str> {
    registry()
        .iter()
        .flat_map(|entry| std::iter::once(entry.name).chain(entry.also.iter().copied()))
}
