use super::*;
use crate::modules::trial::planned;

const LIST: &str = "POST https://a:2379/v3/cluster/member/list";

fn member(id: u8) -> Value {
    let name = char::from(b'a' + id - 1);
    json!({ "ID": id.to_string(), "name": name, "peerURLs": [format!("https://{name}:2380")], "clientURLs": [format!("https://{name}:2379")] })
}

fn answer(body: &Value) -> &'static str {
    Box::leak(format!("200 -\n\n{body}").into_boxed_str())
}

/// What is planned with these members, of whom `healthy` answer.
fn plan(members: &[Value], healthy: &str, params: Value) -> Result<Plan, String> {
    let mut answers = vec![
        ("p=/ca", "bytes\nCA"),
        (
            "POST https://b:2379/v3/cluster/member/list",
            answer(
                &json!({ "members": if healthy.contains('B') { &members[..2] } else { members } }),
            ),
        ),
        (LIST, answer(&json!({ "members": members }))),
    ];
    for (name, question) in [
        ('a', "GET https://a:2379/health"),
        ('b', "GET https://b:2379/health"),
        ('c', "GET https://c:2379/health"),
    ] {
        let healthy = healthy.contains(name);
        answers.push((
            question,
            answer(&json!({ "health": healthy.to_string(), "reason": "no leader" })),
        ));
    }
    let mut args = json!({ "endpoints": ["https://a:2379"], "ca_path": "/ca", "name": "c", "peer_url": "https://c:2380" });
    let Value::Object(params) = params else {
        panic!("a mapping")
    };
    args.as_object_mut().unwrap().extend(params);
    planned::<EtcdMember>(args, &answers)
}

fn orders(plan: &Plan) -> String {
    let orders = plan.steps().iter().map(|step| {
        let Action::Request(request) = &step.action else {
            panic!("a request")
        };
        format!(
            "{} {}",
            request.url.rsplit('/').next().unwrap(),
            String::from_utf8_lossy(&request.body)
        )
    });
    orders.collect::<Vec<_>>().join("; ")
}

#[test]
fn a_new_member_is_added_and_a_listed_one_left_alone() {
    let added = plan(&[member(1), member(2)], "ab", json!({})).unwrap();
    assert_eq!(orders(&added), r#"add {"peerURLs":["https://c:2380"]}"#);
    assert!(
        !plan(&[member(1), member(2), member(3)], "", json!({}))
            .unwrap()
            .is_change()
    );
    let waiting = json!({ "ID": "3", "peerURLs": ["https://c:2380"] });
    for lost in [false, true] {
        let members = [member(1), member(2), waiting.clone()];
        let held = plan(&members, "ab", json!({ "data_lost": lost }));
        assert!(!held.unwrap().is_change());
    }
    let members = [member(1), member(2), waiting];
    let Plan::Wait { what, .. } = plan(&members, "aB", json!({})).unwrap() else {
        panic!("b has not heard of it")
    };
    assert_eq!(what, "b to hear of member c of etcd");
}

#[test]
fn lost_data_is_given_up_only_where_the_others_stand() {
    let three = [member(1), member(2), member(3)];
    let lost = json!({ "data_lost": true });
    let replaced = plan(&three, "ab", lost.clone()).unwrap();
    assert_eq!(
        orders(&replaced),
        r#"remove {"ID":"3"}; add {"peerURLs":["https://c:2380"]}"#
    );
    insta::assert_snapshot!(plan(&three, "abc", lost.clone()).unwrap_err(), @"data_lost is said of c, but it answers at https://c:2379 and is healthy: stop it first if its data really is to be given up");
    insta::assert_snapshot!(plan(&three, "a", lost).unwrap_err(), @"etcd has no quorum: 1 of 3 members are healthy, 2 are needed to change anything (b: no leader; c: no leader); start the others first, or restore the cluster from a snapshot");
}

#[test]
fn a_member_goes_only_where_a_quorum_stays() {
    let gone = json!({ "state": "absent" });
    let three = [member(1), member(2), member(3)];
    assert_eq!(
        orders(&plan(&three, "abc", gone.clone()).unwrap()),
        r#"remove {"ID":"3"}"#
    );
    assert_eq!(
        orders(&plan(&three, "ab", gone.clone()).unwrap()),
        r#"remove {"ID":"3"}"#
    );
    insta::assert_snapshot!(plan(&three, "ac", gone.clone()).unwrap_err(), @"without c etcd would lose its quorum: 1 of the 2 others are healthy, 2 are needed (b: no leader); start those first");
    insta::assert_snapshot!(plan(&[member(3)], "c", gone.clone()).unwrap_err(), @"c is the only member: without it there is no cluster; stop its service if the cluster is to end");
    assert!(!plan(&[member(1)], "a", gone).unwrap().is_change());
}

#[test]
fn growing_never_costs_the_quorum() {
    assert!(plan(&[member(1)], "a", json!({})).unwrap().is_change());
    insta::assert_snapshot!(plan(&[member(1), member(2), json!({ "ID": "9", "peerURLs": ["https://x:2380"] })], "ab", json!({})).unwrap_err(), @"with one more member etcd would need 3 healthy ones and has 2 (https://x:2380 (never started): it never started): start or replace those first");
}

#[test]
fn an_address_that_changed_is_updated_and_a_taken_one_refused() {
    let three = [member(1), member(2), member(3)];
    let moved = plan(&three, "", json!({ "peer_url": "https://10.0.0.3:2380" })).unwrap();
    assert_eq!(
        orders(&moved),
        r#"update {"ID":"3","peerURLs":["https://10.0.0.3:2380"]}"#
    );
    insta::assert_snapshot!(plan(&three, "", json!({ "name": "d" })).unwrap_err(), @"https://c:2380 is the peer URL of member c (3): two members can't share one; remove that one first (state: absent), or give this one its own");
}

#[test]
fn the_result_is_ready_for_the_configuration() {
    let params: Params = serde_json::from_value(
        json!({ "endpoints": ["http://a:2379"], "name": "c", "peer_url": "https://c:2380" }),
    )
    .unwrap();
    let members = vec![
        member(1),
        json!({ "ID": "255", "peerURLs": ["https://c:2380"] }),
        json!({ "ID": "16", "peerURLs": ["https://d:2380"] }),
    ];
    let members: Vec<Member> = members
        .into_iter()
        .map(|member| serde_json::from_value(member).unwrap())
        .collect();
    assert_eq!(
        params.initial_cluster(&members),
        "10=https://d:2380,a=https://a:2380,c=https://c:2380"
    );
}

/// The members that a cluster of one lists once this was done to it.
fn list_after(change: Vec<Effect>) -> Vec<Member> {
    let mut pending = crate::facts::Foreseen::default();
    pending.add("Add it", "root", change);
    let asked = step::Request::new(
        "POST",
        "https://other:2379/v3/cluster/member/list",
        step::Tls::default(),
        Duration::from_secs(1),
    );
    let response = step::Response {
        status: 200,
        body: json!({ "members": [member(1), member(2)] })
            .to_string()
            .into_bytes(),
        ..step::Response::default()
    };
    let answer = pending.answered(&asked, Ok(Ok(response))).unwrap().unwrap();
    let document: Value = serde_json::from_slice(&answer.body).unwrap();
    serde_json::from_value(document["members"].clone()).unwrap()
}

#[test]
fn what_is_done_to_members_is_told_whoever_is_asked() {
    let added = plan(&[member(1), member(2)], "ab", json!({})).unwrap();
    let effects: Vec<Effect> = added.steps().iter().flat_map(Step::effects).collect();
    assert!(effects[0].afar().is_some(), "{effects:?}");
    let members = list_after(effects.clone());
    assert_eq!(members.len(), 3);
    let to_come = members[2].pending.as_ref().unwrap();
    assert_eq!((&*to_come.name, &*to_come.until), ("c", "Add it"));
    assert!(!members[2].started());
    // Of another cluster nothing is told.
    let Effect::Etcd(_, change) = effects[0].clone() else {
        panic!("{effects:?}")
    };
    assert_eq!(
        list_after(vec![Effect::Etcd(vec!["77".into()], change)]).len(),
        2
    );
    let removed = plan(
        &[member(1), member(2), member(3)],
        "abc",
        json!({ "name": "b", "state": "absent" }),
    );
    let removed = removed.unwrap();
    let effects = removed.steps().iter().flat_map(Step::effects).collect();
    assert_eq!(list_after(effects).len(), 1);
}

#[test]
fn who_is_to_come_counts_as_one_that_runs() {
    let to_come = |name: &str| {
        json!({
            "ID": format!("of {name}"), "peerURLs": [format!("https://{name}:2380")],
            "pending": { "name": name, "until": "Add it" },
        })
    };
    // Its own: nothing is left to do.
    let own = plan(&[member(1), to_come("c")], "aB", json!({}));
    assert!(!own.unwrap().is_change());
    // The next one may come, as after an apply.
    let next = json!({ "name": "d", "peer_url": "https://d:2380" });
    let next = plan(&[member(1), to_come("c")], "a", next).unwrap();
    assert_eq!(orders(&next), r#"add {"peerURLs":["https://d:2380"]}"#);
}
