//! All processes of a service stop where they are; later they go on, as if no time had passed.

use super::{Act, Done, kill, named, server, watch};
use crate::drill::scenario::{Kind, Service};
use crate::drill::site::Site;
use crate::step::quote;

/// What the switch is called.
const SWITCH: &str = "freeze";
/// Where a host keeps which unit sleeps.
const NOTE: &str = "/run/trueup-drill-frozen";

/// The units in which the service runs on these hosts are stopped, whoever else is in them: the server's
/// under Patroni is Patroni's too.
pub(super) struct Freeze {
    pub hosts: Vec<String>,
    pub service: Service,
    pub kind: Kind,
}

impl Freeze {
    async fn unit(&self, site: &Site, host: &str) -> Result<String, String> {
        if self.service == Service::Postgres {
            return Ok(server::find(site, host).await?.unit);
        }
        kill::unit(self.service, self.kind).map(str::to_owned)
    }

    fn what(&self) -> &'static str {
        match self.service {
            Service::Postgres | Service::Session => "server",
            Service::Patroni => "Patroni",
            Service::Store => "store",
            Service::Proxy => "proxy",
        }
    }
}

fn undo() -> String {
    format!(
        "[ ! -f {NOTE} ] || {{ systemctl kill --signal=CONT \"$(cat {NOTE})\" || true; rm {NOTE}; }}"
    )
}

impl Act for Freeze {
    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn words(&self) -> String {
        let hosts = named(&self.hosts);
        format!("the processes of {hosts}'s {} are frozen", self.what())
    }

    fn undo_words(&self) -> Option<String> {
        Some(format!("{}'s {} wakes up", named(&self.hosts), self.what()))
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                watch::check(site, host).await?;
                self.unit(site, host).await?;
            }
            Ok(())
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                let unit = self.unit(site, host).await?;
                let text = watch::armed(SWITCH, &undo())
                    + &format!(
                        "echo {unit} >{NOTE} && systemctl kill --signal=STOP {unit}",
                        unit = quote(&unit)
                    );
                site.ground.sh(host, text).await?;
            }
            Ok(())
        })
    }

    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                watch::heal(site, host, SWITCH, &undo()).await?;
            }
            Ok(())
        })
    }
}
