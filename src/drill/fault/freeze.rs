//! All processes of the server stop where they are; later they go on, as if no time had passed.

use super::{Act, Done, named, server, watch};
use crate::drill::site::Site;
use crate::step::quote;

/// What the switch is called.
const SWITCH: &str = "freeze";
/// Where a host keeps which unit sleeps.
const NOTE: &str = "/run/trueup-drill-frozen";

/// The units in which the servers of these hosts run are stopped, whoever else is in them: under
/// Patroni that is Patroni too.
pub(super) struct Freeze {
    pub hosts: Vec<String>,
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
        format!(
            "the processes of {}'s server are frozen",
            named(&self.hosts)
        )
    }

    fn undo_words(&self) -> Option<String> {
        Some(format!("{}'s server wakes up", named(&self.hosts)))
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                watch::check(site, host).await?;
                server::find(site, host).await?;
            }
            Ok(())
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                let unit = server::find(site, host).await?.unit;
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
