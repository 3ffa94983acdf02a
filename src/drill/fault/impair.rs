//! What a host sends leaves it slowly, or only in part; what it receives comes as ever.

use super::{Act, Done, named, watch};
use crate::drill::cast::Cast;
use crate::drill::site::Site;
use crate::step::quote;

/// The device by which a host sends to `peer`. Shell text.
fn device(peer: &str) -> String {
    format!(
        "read -r to _ <<END\n$(getent ahostsv4 {})\nEND\n[ -n \"$to\" ] || exit 1
dev=$(ip -o route get \"$to\" | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')\n[ -n \"$dev\" ] || exit 1\n",
        quote(peer)
    )
}

/// What is done to what the hosts send.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// 512 kbit/s, by the queue of the device.
    Slow,
    /// A third is lost, by a rule of nftables.
    Lossy,
}

/// What these hosts send is impaired.
pub(super) struct Impair {
    pub hosts: Vec<String>,
    /// The address of another node, to which they send.
    peer: String,
    how: How,
}

impl Impair {
    /// What the hosts send to the rest of the cluster.
    pub fn new(cast: &Cast, hosts: Vec<String>, how: How) -> Result<Self, String> {
        let mut nodes = std::iter::once(&cast.primary).chain(&cast.standbys);
        let peer = nodes.find(|node| !hosts.contains(&node.name));
        let peer = peer.ok_or("the cluster has no other node")?.address.clone();
        Ok(Self { hosts, peer, how })
    }
}

impl How {
    /// What the switch is called.
    fn switch(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Lossy => "lossy",
        }
    }

    fn strike(self) -> &'static str {
        match self {
            Self::Slow => {
                r#"echo "$dev" >/run/trueup-drill-slow
tc qdisc replace dev "$dev" root tbf rate 512kbit burst 16kb latency 400ms"#
            }
            Self::Lossy => {
                "nft -f - <<END
table inet trueup_drill
delete table inet trueup_drill
table inet trueup_drill {
    chain out {
        type filter hook output priority 0;
        oifname \"$dev\" numgen random mod 3 == 0 drop
    }
}
END"
            }
        }
    }

    fn undo(self) -> &'static str {
        match self {
            Self::Slow => {
                "[ ! -f /run/trueup-drill-slow ] || { tc qdisc del dev \"$(cat /run/trueup-drill-slow)\" root; rm /run/trueup-drill-slow; }"
            }
            Self::Lossy => {
                "nft list table inet trueup_drill >/dev/null 2>&1 || exit 0; nft delete table inet trueup_drill"
            }
        }
    }

    /// Whether it can be done. Asks only.
    fn possible(self) -> &'static str {
        match self {
            Self::Slow => {
                "command -v tc >/dev/null || { echo tc of iproute2 is not there >&2; exit 1; }
tc qdisc show dev \"$dev\" root | grep -Eq '^qdisc (noqueue|pfifo_fast|fq_codel|mq|fq) ' || { echo \"$dev has a queue that somebody set up\" >&2; exit 1; }"
            }
            Self::Lossy => {
                "command -v nft >/dev/null || { echo nftables is not there >&2; exit 1; }"
            }
        }
    }
}

impl Act for Impair {
    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn words(&self) -> String {
        let hosts = named(&self.hosts);
        match self.how {
            How::Slow => format!("what {hosts} sends leaves it slowly"),
            How::Lossy => format!("a third of what {hosts} sends is lost"),
        }
    }

    fn undo_words(&self) -> Option<String> {
        Some(format!("{} is heard as ever again", named(&self.hosts)))
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                watch::check(site, host).await?;
                let text = device(&self.peer) + self.how.possible();
                site.ground.sh(host, text).await?;
            }
            Ok(())
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                let armed = watch::armed(self.how.switch(), self.how.undo());
                let text = armed + &device(&self.peer) + self.how.strike();
                site.ground.sh(host, text).await?;
            }
            Ok(())
        })
    }

    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                watch::heal(site, host, self.how.switch(), self.how.undo()).await?;
            }
            Ok(())
        })
    }
}
