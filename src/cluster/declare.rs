//! Reads the declaration of a cluster out of an inventory, by the names of the role `pgpool_cluster`.

use super::spec::{ClusterSpec, Login, NodeSpec, Policy, PoolSpec, Role};
use crate::diag::{Diag, Source};
use crate::model::{Inventory, Layer, Layers, VarMap};
use crate::secret::Secret;
use crate::template::{Lookups, RenderError, Scope as _, Templar, Var};
use minijinja::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the inventory and the extra variables say of one host, rendered where it is asked for.
pub struct HostWords {
    layers: Arc<Layers>,
    templar: Templar,
}

impl HostWords {
    /// The variables of `host`; `state` is the folder of what the controller keeps.
    pub fn of(
        inventory: &Inventory,
        host: &str,
        extra: &Arc<VarMap>,
        state: &Path,
    ) -> Result<Self, Vec<Diag>> {
        let mut magic = VarMap::new();
        let mut set = |name: &str, value: Value| magic.insert(name.to_owned(), Var::Value(value));
        set("inventory_hostname", host.into());
        set("trueup_state", state.display().to_string().into());
        set("group_names", inventory.groups_of(host).into());
        let groups: BTreeMap<String, Vec<String>> = inventory
            .groups
            .keys()
            .map(|group| (group.clone(), inventory.members(group)))
            .collect();
        set("groups", Value::from(groups));
        let layers = Arc::new(
            Layers::new()
                .with(Layer::Inventory, inventory.variables(host, None)?)
                .with(Layer::ExtraVars, extra.clone())
                .with(Layer::Magic, Arc::new(magic)),
        );
        let templar = Templar::new(layers.clone(), Arc::new(Lookups::default()));
        Ok(Self { layers, templar })
    }

    /// The text of a variable, if it is defined and not null.
    pub fn text(&self, name: &str) -> Result<Option<String>, Diag> {
        if self.layers.get(name).is_none() {
            return Ok(None);
        }
        let place = Source::new(name, name).whole();
        match self.templar.expression(name, &place) {
            Ok(value) if value.is_none() || value.is_undefined() => Ok(None),
            Ok(value) => Ok(Some(value.to_string())),
            Err(RenderError::Bad(diag)) => Err(*diag),
            Err(RenderError::Unknown { until }) => {
                Err(Diag::error(format!("`{name}` is not known before {until}")))
            }
        }
    }

    fn number(&self, name: &str, default: u16) -> Result<u16, Diag> {
        let Some(text) = self.text(name)? else {
            return Ok(default);
        };
        text.trim()
            .parse()
            .map_err(|_| Diag::error(format!("`{name}` is `{text}`, which is no port")))
    }
}

/// The cluster that the inventory declares. `arguments` are what the user typed after the verb.
pub fn declared(
    inventory: &Inventory,
    extra: &Arc<VarMap>,
    state: &Path,
    arguments: String,
) -> Result<ClusterSpec, Vec<Diag>> {
    let words = |host: &str| HostWords::of(inventory, host, extra, state);
    let first = inventory.hosts.keys().next().ok_or_else(|| {
        vec![Diag::error("the inventory has no hosts").help("name one with `-i`")]
    })?;
    let common = words(first)?;
    let said = |name: &str, default: &str| {
        common
            .text(name)
            .map(|text| text.unwrap_or_else(|| default.to_owned()))
            .map_err(|e| vec![e])
    };
    let (pg_group, pool_group) = (said("pg_group", "databases")?, said("pool_group", "pool")?);
    let members = inventory.members(&pg_group);
    if members.is_empty() {
        let diag = Diag::error(format!(
            "the inventory has no hosts in a group `{pg_group}`"
        ));
        let help = "put the database hosts in it, each with pg_role: primary, synchronous or asynchronous, or say the group's name in `pg_group`";
        return Err(vec![diag.help(help)]);
    }
    let mut errors = Vec::new();
    let mut nodes = Vec::new();
    let mut pools = Vec::new();
    for name in members {
        match words(&name).and_then(|words| node(&name, &words).map_err(|e| vec![e])) {
            Ok(node) => nodes.push(node),
            Err(diags) => errors.extend(diags),
        }
    }
    for name in inventory.members(&pool_group) {
        match words(&name).and_then(|words| pool(&name, &words).map_err(|e| vec![e])) {
            Ok(pool) => pools.push(pool),
            Err(diags) => errors.extend(diags),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let passwords = PathBuf::from(said(
        "passwords",
        &state.join("passwords").display().to_string(),
    )?);
    let policy = match said("failover_policy", "degrade")?.as_str() {
        "strict" => Policy::Strict,
        _ => Policy::Degrade,
    };
    let spec = ClusterSpec {
        nodes,
        pools,
        login: login("monitor", &passwords),
        pool_login: login("pgpool", &passwords),
        ca: std::fs::read(state.join("pki/ca.pem")).ok(),
        policy,
        arguments,
    };
    spec.check().map_err(|diag| vec![diag])?;
    Ok(spec)
}

fn node(name: &str, words: &HostWords) -> Result<NodeSpec, Diag> {
    let role = words.text("pg_role")?;
    let role = role.as_deref().and_then(Role::named).ok_or_else(|| {
        let said = role
            .as_deref()
            .map_or("does not say its pg_role".to_owned(), |role| {
                format!("says pg_role: {role}")
            });
        Diag::error(format!("the database host {name} {said}"))
            .help("say pg_role: primary, synchronous or asynchronous")
    })?;
    let (name, address) = (name.to_owned(), address(name, words)?);
    Ok(NodeSpec {
        name,
        role,
        address,
        port: words.number("pg_port", 5432)?,
    })
}

fn pool(name: &str, words: &HostWords) -> Result<PoolSpec, Diag> {
    let (name, address) = (name.to_owned(), address(name, words)?);
    Ok(PoolSpec {
        name,
        address,
        port: words.number("pool_port", 9999)?,
    })
}

fn address(name: &str, words: &HostWords) -> Result<String, Diag> {
    let address = match words.text("cluster_address")? {
        None => words.text("ansible_host")?,
        some => some,
    };
    Ok(address.unwrap_or_else(|| name.to_owned()))
}

/// The password that `apply` made and kept; without one the server says what it thinks of that.
fn login(user: &str, passwords: &Path) -> Login {
    let kept = std::fs::read_to_string(passwords.join(user)).ok();
    let password = kept.and_then(|text| text.split_whitespace().next().map(Secret::new));
    Login {
        user: user.to_owned(),
        password,
        database: "postgres".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ClusterSpec, Vec<Diag>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts.yml");
        std::fs::write(&path, text).unwrap();
        std::fs::create_dir(folder.path().join("passwords")).unwrap();
        std::fs::write(folder.path().join("passwords/monitor"), "s3cret\n").unwrap();
        let (inventory, _) = Inventory::load(&[path]).unwrap();
        declared(
            &inventory,
            &Arc::default(),
            folder.path(),
            "-i hosts.yml".into(),
        )
    }

    #[test]
    fn the_names_of_the_role_are_read_with_its_defaults() {
        let spec = read(
            "\
all:
  vars: {net: 10.77.9, failover_policy: strict, pg_port: 5433}
  children:
    databases:
      hosts:
        a: {pg_role: primary, ansible_host: 'a.example', cluster_address: '{{ net }}.11'}
        b: {pg_role: synchronous, ansible_host: 10.77.9.12}
        c: {pg_role: asynchronous}
    pool: {hosts: {p: {ansible_host: 10.77.9.14}}}
",
        )
        .unwrap();
        let nodes: Vec<String> = spec
            .nodes
            .iter()
            .map(|node| format!("{} {} {}:{}", node.name, node.role, node.address, node.port))
            .collect();
        insta::assert_snapshot!(nodes.join("\n"), @"
        a primary 10.77.9.11:5433
        b synchronous standby 10.77.9.12:5433
        c asynchronous standby c:5433
        ");
        assert_eq!(spec.pools[0].address, "10.77.9.14");
        assert_eq!((spec.pools[0].port, spec.policy), (9999, Policy::Strict));
        assert_eq!(spec.login.password, Some(Secret::new("s3cret")));
    }

    #[test]
    fn what_is_missing_is_told() {
        let told = |text: &str| {
            let diags = read(text).map(|_| ()).unwrap_err();
            diags
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        };
        insta::assert_snapshot!(told("databases: {hosts: {a: , b: {pg_role: leader}}}\n"), @"
        the database host a does not say its pg_role; say pg_role: primary, synchronous or asynchronous
        the database host b says pg_role: leader; say pg_role: primary, synchronous or asynchronous
        ");
        insta::assert_snapshot!(told("databases: {hosts: {a: {pg_role: sync}}}\n"), @"no host of the inventory's databases say pg_role: primary; say pg_role: primary for one host, synchronous or asynchronous for the others");
        insta::assert_snapshot!(told("all: {hosts: {a: }}\n"), @"the inventory has no hosts in a group `databases`; put the database hosts in it, each with pg_role: primary, synchronous or asynchronous, or say the group's name in `pg_group`");
    }
}
