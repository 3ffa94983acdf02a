//! A service's main process is killed with SIGKILL; whether and how it comes back is what is tried.

use super::{Act, Done, named, server};
use crate::drill::scenario::{Kind, Service};
use crate::drill::site::Site;

/// The service's main process on these hosts is killed.
pub(super) struct Kill {
    pub hosts: Vec<String>,
    pub service: Service,
    pub kind: Kind,
}

/// The systemd unit of a service.
pub(super) fn unit(service: Service, kind: Kind) -> Result<&'static str, String> {
    match (service, kind) {
        (Service::Patroni, Kind::PatroniEtcd | Kind::PatroniZookeeper) => Ok("patroni.service"),
        (Service::Store, Kind::PatroniEtcd) => Ok("etcd.service"),
        (Service::Store, Kind::PatroniZookeeper) => Ok("zookeeper.service"),
        (Service::Proxy, Kind::Pgpool) => Ok("pgpool2.service"),
        (Service::Proxy, _) => Ok("haproxy.service"),
        (Service::Postgres, _) | (_, Kind::Pgpool) => Err("it has no unit of its own".to_owned()),
    }
}

impl Kill {
    async fn pid(&self, site: &Site, host: &str) -> Result<u32, String> {
        if self.service == Service::Postgres {
            return Ok(server::find(site, host).await?.pid);
        }
        let unit = unit(self.service, self.kind)?;
        let text = format!("systemctl show -p MainPID --value {unit}");
        let pid = site.ground.sh(host, text).await?;
        match pid.parse() {
            Ok(pid) if pid > 1 => Ok(pid),
            _ => Err(format!("{host}: {unit} does not run there")),
        }
    }
}

impl Act for Kill {
    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn words(&self) -> String {
        let what = match (self.service, self.kind) {
            (Service::Postgres, _) => "the postmaster",
            (Service::Patroni, _) => "Patroni",
            (Service::Store, Kind::PatroniZookeeper) => "ZooKeeper",
            (Service::Store, _) => "etcd",
            (Service::Proxy, Kind::Pgpool) => "pgpool",
            (Service::Proxy, _) => "HAProxy",
        };
        format!("{what} on {} is killed with SIGKILL", named(&self.hosts))
    }

    fn undo_words(&self) -> Option<String> {
        None
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                self.pid(site, host).await?;
            }
            Ok(())
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                let pid = self.pid(site, host).await?;
                // Sent twice by a broken connection it may find nobody any more.
                site.ground
                    .sh(host, format!("kill -s KILL {pid} || [ ! -d /proc/{pid} ]"))
                    .await?;
            }
            Ok(())
        })
    }

    fn undo<'a>(&'a self, _site: &'a Site) -> Done<'a> {
        Box::pin(async { Ok(()) })
    }
}
