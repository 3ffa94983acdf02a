//! A rule as the words of a command line, in Ansible's order.

use super::params::{Family, Params, Syn};

/// Words that are gathered.
#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    /// `FLAG VALUE`; `! FLAG VALUE` where the value begins with a `!`.
    fn value(&mut self, flag: &str, value: Option<&String>) {
        let Some(value) = value else {
            return;
        };
        let value = match value.strip_prefix('!') {
            Some(rest) => {
                self.0.push("!".to_owned());
                rest.trim_start()
            }
            None => value,
        };
        self.0.extend([flag.to_owned(), value.to_owned()]);
    }

    fn list(&mut self, flag: &str, values: &[String]) {
        if !values.is_empty() {
            self.0.extend([flag.to_owned(), values.join(",")]);
        }
    }

    fn plain(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(|word| (*word).to_owned()));
    }
}

impl Params {
    /// The words of the rule; none where it is about a chain.
    pub fn rule(&self) -> Vec<String> {
        let mut words = Words::default();
        words.value("-p", self.protocol.as_ref());
        words.value("-s", self.source.as_ref());
        words.value("-d", self.destination.as_ref());
        for one in &self.matches {
            words.value("-m", Some(one));
        }
        if let Some((flags, set)) = self
            .tcp_flags
            .as_ref()
            .and_then(|all| all.flags.as_ref().zip(all.flags_set.as_ref()))
        {
            words.plain(&["--tcp-flags", &flags.join(","), &set.join(",")]);
        }
        words.value("-j", self.jump.as_ref());
        let jumps = |name: &str| {
            self.jump
                .as_ref()
                .is_some_and(|jump| jump.eq_ignore_ascii_case(name))
        };
        if jumps("tee") {
            words.value("--gateway", self.gateway.as_ref());
        }
        words.value("--log-prefix", self.log_prefix.as_ref());
        words.value("--log-level", self.log_level.as_ref());
        words.value("--to-destination", self.to_destination.as_ref());
        if !self.destination_ports.is_empty() {
            words.plain(&["-m", "multiport"]);
            words.list("--dports", &self.destination_ports);
        }
        for (flag, value) in [
            ("--to-source", &self.to_source),
            ("-g", &self.goto),
            ("-i", &self.in_interface),
            ("-o", &self.out_interface),
            ("-f", &self.fragment),
            ("-c", &self.set_counters),
            ("--source-port", &self.source_port),
            ("--destination-port", &self.destination_port),
            ("--to-ports", &self.to_ports),
        ] {
            words.value(flag, value.as_ref());
        }
        for (flag, mark) in [
            ("--set-dscp", &self.set_dscp_mark),
            ("--set-dscp-class", &self.set_dscp_mark_class),
        ] {
            words.value(flag, mark.as_ref());
            if mark.is_some() && !jumps("dscp") {
                words.plain(&["-j", "DSCP"]);
            }
        }
        match self.syn {
            Syn::Ignore => {}
            Syn::Match => words.plain(&["--syn"]),
            Syn::Negate => words.plain(&["!", "--syn"]),
        }
        self.matched(&mut words);
        if self.jump.is_none() && self.reject_with.is_some() {
            words.plain(&["-j", "REJECT"]);
        }
        words.value("--reject-with", self.reject_with.as_ref());
        let icmp = match self.ip_version {
            Family::Ipv4 => "--icmp-type",
            Family::Ipv6 => "--icmpv6-type",
        };
        words.value(icmp, self.icmp_type.as_ref());
        if let Some(comment) = &self.comment {
            words.plain(&["-m", "comment", "--comment", comment]);
        }
        words.0
    }

    /// What needs a `-m`, which may be given already.
    fn matched(&self, words: &mut Words) {
        let given = |name: &str| self.matches.iter().any(|one| one == name);
        if given("state") && !given("conntrack") {
            words.list("--state", &self.ctstate);
        } else if !self.ctstate.is_empty() {
            if !given("conntrack") {
                words.plain(&["-m", "conntrack"]);
            }
            words.list("--ctstate", &self.ctstate);
        }
        if self.src_range.is_some() || self.dst_range.is_some() {
            if !given("iprange") {
                words.plain(&["-m", "iprange"]);
            }
            words.value("--src-range", self.src_range.as_ref());
            words.value("--dst-range", self.dst_range.as_ref());
        }
        if self.match_set.is_some() {
            if !given("set") {
                words.plain(&["-m", "set"]);
            }
            words.value("--match-set", self.match_set.as_ref());
            words.plain(
                &self
                    .match_set_flags
                    .map(|flags| [flags.word()])
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>(),
            );
        }
        if self.limit.is_some() || self.limit_burst.is_some() {
            words.plain(&["-m", "limit"]);
            words.value("--limit", self.limit.as_ref());
            words.value("--limit-burst", self.limit_burst.as_ref());
        }
        for (flag, owner) in [
            ("--uid-owner", &self.uid_owner),
            ("--gid-owner", &self.gid_owner),
        ] {
            if owner.is_some() {
                words.plain(&["-m", "owner"]);
                words.value(flag, owner.as_ref());
            }
        }
    }
}
