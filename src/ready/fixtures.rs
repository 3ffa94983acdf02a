//! Hosts as they may answer, for the cases.

use super::HostSpec;
use super::status::{Clock, DiskRoom, Host, Reached, Seen, Sudo, Survey, System, VERSION};
use crate::remote::{Address, Target};

pub fn spec(name: &str) -> HostSpec {
    HostSpec {
        name: name.into(),
        target: Target::default(),
        password: None,
        lab: false,
        needs: Vec::new(),
    }
}

pub fn host(name: &str, seen: Seen) -> Host {
    let address = Address {
        user: "ann".into(),
        host: format!("{name}.example"),
        port: 22,
        over: None,
    };
    Host {
        name: name.into(),
        address: Some(address),
        seen,
    }
}

/// A host with which all is well.
pub fn well(name: &str) -> Reached {
    Reached {
        milliseconds: 87,
        user: Some("ann".into()),
        sudo: Some(Sudo::Free),
        system: Some(System {
            distribution: "Ubuntu".into(),
            version: "24.04".into(),
            kernel: "6.8.0-31-generic".into(),
            architecture: "x86_64".into(),
            inside: Some("virtualbox".into()),
            container: false,
            processors: 2,
            memory_mib: 1963,
            memory_free_mib: 1500,
            machine_id: Some(format!("id of {name}")),
            host_key: Some(format!("key of {name}")),
        }),
        clock: Some(Clock {
            offset_seconds: 0.001,
            error_seconds: 0.002,
            kept_by: Some("timesyncd"),
            synchronised: Some(true),
        }),
        disks: vec![disk("/", 40_000), disk("/var/lib", 40_000)],
        ports: vec![],
        unread: vec![],
        machine: format!("machine {name}"),
    }
}

pub fn disk(folder: &str, free_mib: u64) -> DiskRoom {
    DiskRoom {
        folder: folder.into(),
        mount: "/".into(),
        total_mib: 60_000,
        free_mib,
    }
}

pub fn reached(name: &str, change: impl FnOnce(&mut Reached)) -> Host {
    let mut reached = well(name);
    change(&mut reached);
    host(name, Seen::Reached(Box::new(reached)))
}

pub fn system(reached: &mut Reached) -> &mut System {
    reached.system.as_mut().unwrap()
}

pub fn clock(offset_seconds: f64) -> impl FnOnce(&mut Reached) {
    move |reached| reached.clock.as_mut().unwrap().offset_seconds = offset_seconds
}

pub fn survey(hosts: Vec<Host>) -> Survey {
    Survey {
        version: VERSION,
        hosts,
    }
}
