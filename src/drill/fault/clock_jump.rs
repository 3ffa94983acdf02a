//! A service's clock jumps: libfaketime gives it another time than the machine has.
//!
//! The library is put before the service by a restart, with the right time; the jump itself is then
//! a matter of a file. The monotonic clock goes on undisturbed, as it does when somebody sets a clock.

use super::{Act, Done, named, watch};
use crate::drill::site::Site;
use crate::step::Script;
use std::time::Duration;

/// What the switch is called.
const SWITCH: &str = "clock";
/// Where the service reads what time it is.
const TIME: &str = "/run/trueup-drill-clock";
/// Lists the library, in the folder of whatever processor the host has.
const LIBRARY: &str = "ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null";
/// Put before the service as well: HAProxy's allocator asks for the time while libfaketime, which needs
/// memory, gets ready, and both would wait for ever.
const MEMORY: &str = "libc.so.6 libstdc++.so.6";
/// How far it jumps.
const JUMP: &str = "+3600s";
/// How long a restart may take.
const RESTART: Duration = Duration::from_secs(150);

/// The clock of this unit on these hosts jumps.
pub(super) struct JumpClock {
    pub hosts: Vec<String>,
    pub unit: &'static str,
}

impl JumpClock {
    fn folder(&self) -> String {
        format!("/run/systemd/system/{}.d", self.unit)
    }

    fn drop_in(&self) -> String {
        format!("{}/90-trueup-drill.conf", self.folder())
    }

    /// Does something in each folder that is `/` to one of its processes, but not to the host: there
    /// a service that locked itself in reads its clock.
    fn in_roots(&self, what: &str) -> String {
        format!(
            "for group in $(grep -ls '/{}$' /proc/[0-9]*/cgroup); do
    root=${{group%/cgroup}}/root
    case $(readlink \"$root\") in / | '') ;; *) {what} ;; esac
done\n",
            self.unit
        )
    }

    fn undone(&self) -> String {
        let (unit, file) = (self.unit, self.drop_in());
        let away = format!("rm -f \"$root{TIME}\"; rmdir \"$root/run\" 2>/dev/null");
        self.in_roots(&away)
            + &format!(
                "[ ! -f {file} ] || {{ rm {file}; systemctl daemon-reload; systemctl restart {unit}; }}; rm -f {TIME}"
            )
    }
}

impl Act for JumpClock {
    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn words(&self) -> String {
        format!(
            "the clock of {} on {} jumps an hour ahead",
            self.unit,
            named(&self.hosts)
        )
    }

    fn undo_words(&self) -> Option<String> {
        Some(format!(
            "{} on {} has the right time again",
            self.unit,
            named(&self.hosts)
        ))
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                watch::check(site, host).await?;
                let text = format!("{LIBRARY} || command -v apt-get");
                site.ground.sh(host, text).await.map_err(|_| {
                    format!("{host} has neither libfaketime nor apt-get, which would bring it: install libfaketime there")
                })?;
            }
            Ok(())
        })
    }

    fn lacking<'a>(&'a self, site: &'a Site) -> Done<'a, Vec<String>> {
        Box::pin(async move {
            let mut hosts = Vec::new();
            for host in &self.hosts {
                let text = format!("{LIBRARY} >/dev/null && echo there || echo lacking");
                if site.ground.sh(host, text).await? == "lacking" {
                    hosts.push(host.clone());
                }
            }
            Ok(hosts)
        })
    }

    fn prepare<'a>(&'a self, site: &'a Site) -> Done<'a, bool> {
        Box::pin(async move {
            for host in &self.hosts {
                let (unit, folder, file) = (self.unit, self.folder(), self.drop_in());
                let text = watch::armed(SWITCH, &self.undone())
                    + &format!(
                        "library=$({LIBRARY} | head -n 1)
echo +0s >{TIME} && chmod 644 {TIME} && mkdir -p {folder} || exit 1
printf '[Service]\\nEnvironment=\"LD_PRELOAD=%s {MEMORY}\" FAKETIME_TIMESTAMP_FILE={TIME} FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1\\n' \"$library\" >{file} || exit 1
systemctl daemon-reload && systemctl restart {unit}"
                    );
                self.restarted(site, host, text).await?;
            }
            Ok(true)
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                let put = "jump \"$root\"";
                let text = format!(
                    "jump() {{ mkdir -p \"$1/run\" && echo {JUMP} >\"$1{TIME}.new\" && chmod 644 \"$1{TIME}.new\" && mv \"$1{TIME}.new\" \"$1{TIME}\"; }}
jump '' || exit 1\n"
                ) + &self.in_roots(put);
                site.ground.sh(host, text).await?;
            }
            Ok(())
        })
    }

    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                self.restarted(site, host, self.undone()).await?;
                watch::heal(site, host, SWITCH, "true").await?;
            }
            Ok(())
        })
    }
}

impl JumpClock {
    async fn restarted(&self, site: &Site, host: &str, text: String) -> Result<(), String> {
        let script = Script {
            limit: Some(RESTART),
            ..Script::new(text)
        };
        let output = site.ground.run(host, &script).await;
        let output = output.map_err(|error| format!("{host}: {error}"))?;
        if output.ok() {
            return Ok(());
        }
        Err(format!(
            "{host}: {} was not restarted: {}",
            self.unit,
            output.err().trim()
        ))
    }
}
