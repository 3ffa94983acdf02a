use super::*;
use crate::modules::trial::{left, planned, ready};
use crate::step::Action;
use serde_json::{Value, json};

/// What is run where the tool says this.
fn run(args: Value, said: &str) -> String {
    let answers = [("tables", said)];
    let plan = planned::<Iptables>(args.clone(), &answers).unwrap();
    if let Plan::Converge { .. } = plan
        && plan.is_change()
    {
        assert!(!left::<Iptables>(args, &answers).unwrap().is_change());
    }
    let text = plan.steps().first().map(|step| match &step.action {
        Action::Run(script) => script.text.lines().last().unwrap_or_default().to_owned(),
        other => panic!("{other:?}"),
    });
    text.unwrap_or_default()
}

#[test]
fn a_rule_is_added_and_taken_away() {
    let args = |state: &str| json!({ "chain": "INPUT", "protocol": "tcp", "destination_port": "5432", "source": "!10.0.0.0/24", "jump": "DROP", "state": state, "comment": "a b" });
    let rule =
        "-p tcp '!' -s 10.0.0.0/24 -j DROP --destination-port 5432 -m comment --comment 'a b'";
    assert_eq!(
        run(args("present"), ""),
        format!("iptables -t filter -A INPUT {rule}")
    );
    assert_eq!(run(args("present"), "yes\n"), "");
    assert_eq!(
        run(args("absent"), "yes\n"),
        format!("iptables -t filter -D INPUT {rule}")
    );
    let first = json!({ "chain": "INPUT", "jump": "ACCEPT", "action": "insert", "rule_num": "3", "ip_version": "ipv6", "wait": "5" });
    assert_eq!(
        run(first, ""),
        "ip6tables -w 5 -t filter -I INPUT 3 -j ACCEPT"
    );
}

#[test]
fn what_a_rule_matches_by_is_named_once() {
    let rule = |args: Value| {
        ready::<Iptables>("/".as_ref(), args)
            .unwrap()
            .rule
            .join(" ")
    };
    let states = json!(["NEW", "ESTABLISHED"]);
    assert_eq!(
        rule(json!({ "chain": "INPUT", "ctstate": states, "jump": "ACCEPT" })),
        "-j ACCEPT -m conntrack --ctstate NEW,ESTABLISHED"
    );
    assert_eq!(
        rule(json!({ "chain": "INPUT", "match": ["state"], "ctstate": states })),
        "-m state --state NEW,ESTABLISHED"
    );
    assert_eq!(
        rule(
            json!({ "chain": "INPUT", "destination_ports": ["80", "81:83"], "protocol": "tcp", "limit": "2/second" })
        ),
        "-p tcp -m multiport --dports 80,81:83 -m limit --limit 2/second"
    );
    assert_eq!(
        rule(json!({ "chain": "INPUT", "log_prefix": "x: " })),
        "-j LOG --log-prefix x: "
    );
    assert_eq!(
        rule(
            json!({ "chain": "INPUT", "syn": "negate", "reject_with": "tcp-reset", "protocol": "tcp" })
        ),
        "-p tcp ! --syn -j REJECT --reject-with tcp-reset"
    );
}

#[test]
fn chains_and_policies_are_set() {
    let policy = json!({ "chain": "INPUT", "policy": "DROP" });
    assert_eq!(
        run(policy.clone(), "-P INPUT ACCEPT\n"),
        "iptables -t filter -P INPUT DROP"
    );
    assert_eq!(run(policy.clone(), "-P INPUT DROP\n"), "");
    assert!(planned::<Iptables>(policy, &[("tables", "-N MINE\n")]).is_err());
    let chain = |state: &str| json!({ "chain": "MINE", "table": "nat", "state": state, "chain_management": true });
    assert_eq!(run(chain("present"), ""), "iptables -t nat -N MINE");
    assert_eq!(run(chain("absent"), "yes\n"), "iptables -t nat -X MINE");
    assert_eq!(run(chain("present"), "yes\n"), "");
    assert_eq!(
        run(json!({ "flush": true, "table": "nat" }), ""),
        "iptables -t nat -F"
    );
}

#[test]
fn what_can_t_be_meant_is_refused() {
    let refused = |args: Value| {
        ready::<Iptables>("/".as_ref(), args)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(json!({ "jump": "DROP" })).contains("`chain`"));
    assert!(
        refused(json!({ "chain": "X", "jump": "DROP", "log_prefix": "x" })).contains("jump: LOG")
    );
    assert!(refused(json!({ "chain": "X", "jump": "TEE" })).contains("gateway"));
}
