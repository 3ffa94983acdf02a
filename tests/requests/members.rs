//! `etcd_member` against real members.

use crate::etcd::{Etcd, Member};
use crate::task::live;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use trueup::modules::TaskResult;

async fn member(
    etcd: &Etcd,
    asked: &[&Member],
    member: &Member,
    words: &str,
) -> Result<TaskResult, String> {
    let endpoints: Vec<&str> = asked.iter().map(|one| one.client.as_str()).collect();
    let params = format!(
        "endpoints: {endpoints:?}\nname: {}\npeer_url: {}\n{}{words}",
        member.name,
        member.peer,
        etcd.peer_words()
    );
    live("etcd_member", &params).await
}

fn initial(result: &TaskResult) -> String {
    result.values["initial_cluster"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// One member grows to three, loses one's data, gets it back, and gives it up.
#[tokio::test]
async fn a_cluster_grows_loses_a_member_s_data_and_heals() {
    let etcd = Etcd::new();
    let [mut a, mut b, mut c] = ["a", "b", "c"].map(Etcd::member);
    let refused = member(&etcd, &[&a], &a, "").await.unwrap_err();
    assert!(refused.starts_with("no etcd answers: "), "{refused}");
    let alone = format!("a={}", a.peer);
    etcd.start(&mut a, &alone, "new").await;
    let held = member(&etcd, &[&a], &a, "").await.unwrap();
    assert!(!held.changed && held.values["started"] == true);

    // The first endpoint is dead: the second is asked.
    let added = member(&etcd, &[&b, &a], &b, "").await.unwrap();
    assert!(added.changed && added.values["started"] == false);
    assert_eq!(initial(&added), format!("a={},b={}", a.peer, b.peer));
    let waiting = member(&etcd, &[&a], &b, "data_lost: true").await;
    // With two members, one of which never started, etcd says nothing that counts; 3.4 still lists.
    assert!(waiting.is_err() || !waiting.unwrap().changed);
    etcd.start(&mut b, &initial(&added), "existing").await;
    let added = member(&etcd, &[&a, &b], &c, "").await.unwrap();
    assert!(
        added.changed,
        "etcd takes it once the other two have found each other"
    );
    etcd.start(&mut c, &initial(&added), "existing").await;

    let kept = member(&etcd, &[&a], &c, "data_lost: true")
        .await
        .unwrap_err();
    assert!(kept.contains("it answers at"), "{kept}");
    c.kill();
    etcd.lose(&c);
    // etcd makes a member's id of its URLs and the second: in the same one it would give the id
    // that it has just removed for good.
    let second = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    let lost = second();
    while second() == lost {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = member(&etcd, &[&a, &b], &c, "").await.unwrap();
    let replaced = member(&etcd, &[&a, &b], &c, "data_lost: true")
        .await
        .unwrap();
    assert!(!before.changed && replaced.changed);
    let ids = |result: &TaskResult| {
        let members = result.values["members"].as_array().unwrap();
        let ids = members
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned());
        ids.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(ids(&before).difference(&ids(&replaced)).count(), 1);
    etcd.start(&mut c, &initial(&replaced), "existing").await;
    let held = member(&etcd, &[&c], &c, "").await.unwrap();
    assert!(!held.changed && held.values["started"] == true);

    b.kill();
    let refused = member(&etcd, &[&a], &c, "state: absent").await.unwrap_err();
    assert!(
        refused.contains("without c etcd would lose its quorum"),
        "{refused}"
    );
    let gone = member(&etcd, &[&a], &b, "state: absent").await.unwrap();
    assert!(gone.changed && gone.values["members"].as_array().unwrap().len() == 2);
}
