//! What a change of members does to the quorum.

use crate::facts::etcd::Member;

/// The members, and who of them is healthy.
pub(super) struct Quorum<'a> {
    /// All members.
    pub members: &'a [Member],
    /// Id, and what is wrong.
    pub health: &'a [(String, Option<String>)],
}

fn of(members: usize) -> usize {
    members / 2 + 1
}

impl Quorum<'_> {
    fn is_healthy(&self, member: &Member) -> bool {
        self.health
            .iter()
            .any(|(id, ill)| *id == member.id && ill.is_none())
    }

    fn healthy(&self, besides: Option<&Member>) -> usize {
        let counted = |member: &&Member| besides != Some(member) && self.is_healthy(member);
        self.members.iter().filter(counted).count()
    }

    /// Who is not healthy, and why.
    fn ill(&self) -> String {
        let words = self.health.iter().filter_map(|(id, ill)| {
            let member = self.members.iter().find(|member| member.id == *id)?;
            Some(format!("{}: {}", member.called(), ill.as_ref()?))
        });
        let words: Vec<String> = words.collect();
        if words.is_empty() {
            "all are healthy".to_owned()
        } else {
            words.join("; ")
        }
    }

    /// There is a majority now, without which etcd changes nothing.
    fn stands(&self) -> Result<(), String> {
        let (all, healthy) = (self.members.len(), self.healthy(None));
        if healthy >= of(all) {
            return Ok(());
        }
        Err(format!(
            "etcd has no quorum: {healthy} of {all} members are healthy, {} are needed to change \
             anything ({}); start the others first, or restore the cluster from a snapshot",
            of(all),
            self.ill()
        ))
    }

    /// A new member may be added: it counts at once and starts later.
    pub fn may_grow(&self) -> Result<(), String> {
        self.stands()?;
        let (all, healthy) = (self.members.len(), self.healthy(None));
        // A single member becomes two without a vote of the second.
        if all == 1 || healthy >= of(all + 1) {
            return Ok(());
        }
        Err(format!(
            "with one more member etcd would need {} healthy ones and has {healthy} ({}): start or \
             replace those first",
            of(all + 1),
            self.ill()
        ))
    }

    /// The member may be removed.
    pub fn may_lose(&self, member: &Member) -> Result<(), String> {
        self.stands()?;
        let (rest, healthy) = (self.members.len() - 1, self.healthy(Some(member)));
        if rest == 0 {
            return Err(format!(
                "{} is the only member: without it there is no cluster; stop its service if the \
                 cluster is to end",
                member.called()
            ));
        }
        if healthy >= of(rest) {
            return Ok(());
        }
        Err(format!(
            "without {} etcd would lose its quorum: {healthy} of the {rest} others are healthy, \
             {} are needed ({}); start those first",
            member.called(),
            of(rest),
            self.ill()
        ))
    }

    /// The member may be removed and come back empty.
    pub fn may_replace(&self, member: &Member) -> Result<(), String> {
        if self.is_healthy(member) {
            return Err(format!(
                "data_lost is said of {}, but it answers at {} and is healthy: stop it first if its \
                 data really is to be given up",
                member.name,
                member.client_urls.join(",")
            ));
        }
        self.may_lose(member)
    }
}
