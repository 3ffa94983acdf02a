//! What must hold of every promotion by hand, tried over states by chance of two to five nodes.

use super::{Asked, Promotion, Refusal, promotion};
use crate::decide::chance::{NAMES, node};
use crate::decide::{Node, Pool, SystemIdentifier};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["nobody", NAMES[0], NAMES[1], NAMES[2], NAMES[3]])
}

/// Mostly states in which nobody leads: in others there is nothing to decide.
fn asked() -> impl Strategy<Value = Asked> {
    let nodes = prop::collection::vec(node(), 2..=5);
    let record = prop::option::weighted(0.95, (name(), name()));
    let to = prop::option::of(prop::sample::select(NAMES.to_vec()));
    let said = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.1));
    (nodes, record, to, said).prop_map(|(nodes, record, to, (accept_loss, strict, led))| {
        let names: Vec<String> = NAMES[..nodes.len()]
            .iter()
            .map(ToString::to_string)
            .collect();
        let says = names.iter().cloned().zip(nodes);
        let says = says.filter_map(|(name, node)| {
            let mut node = node?;
            if let Some(server) = node.says.as_mut().filter(|_| !led) {
                "yes".clone_into(&mut server.recovery);
            }
            Some((name, node))
        });
        Asked {
            to: to.map(str::to_owned),
            says: says.collect(),
            nodes: names,
            pool_host: "pool".to_owned(),
            pool: record.map(|(primary, sure)| Pool {
                record: format!("{primary} {sure} 2"),
                ..Pool::default()
            }),
            made: Some(SystemIdentifier(7)),
            declared: None,
            accept_loss,
            strict,
            inventory: "hosts.yml".to_owned(),
        }
    })
}

/// The hosts once this was carried out.
fn carried_out(asked: &Asked, promotion: &Promotion) -> Asked {
    let mut after = asked.clone();
    let node = after.says.get_mut(&promotion.candidate).unwrap();
    node.standby = false;
    if let Some(server) = &mut node.says {
        "no".clone_into(&mut server.recovery);
    }
    if let Some(pool) = &mut after.pool {
        pool.record = format!("{} nobody 3", promotion.candidate);
    }
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn nothing_that_was_acknowledged_is_given_up_unasked(asked in asked()) {
        let Ok(promotion) = promotion(&asked) else { return Ok(()) };
        let (old, sure) = asked.pool.as_ref().unwrap().last();
        let has_all = Some(promotion.candidate.as_str()) == sure || promotion.candidate == old;
        prop_assert!(has_all || asked.accept_loss, "{promotion:?}");
        prop_assert_eq!(promotion.loses, !has_all);
        let told = promotion.lines.iter().any(|line| line.contains("LOST with accept_loss=true"));
        prop_assert_eq!(told, promotion.loses);
    }

    #[test]
    fn nobody_is_promoted_beside_a_primary(asked in asked()) {
        if asked.says.values().any(Node::leads) {
            let leads = matches!(
                promotion(&asked).map_err(|refused| refused.why),
                Err(Refusal::Leads(_) | Refusal::NoPool)
            );
            prop_assert!(leads);
        }
    }

    #[test]
    fn nobody_is_promoted_unasked_who_was_left_by_one_that_can_go_on(asked in asked()) {
        let Ok(promotion) = promotion(&asked) else { return Ok(()) };
        let (old, _) = asked.pool.as_ref().unwrap().last();
        if let Some(says) = asked.says.get(old) && says.holds && !says.standby && !asked.accept_loss {
            prop_assert_eq!(promotion.candidate, old);
        }
    }

    #[test]
    fn who_is_promoted_answers_and_holds_this_cluster(asked in asked()) {
        let Ok(promotion) = promotion(&asked) else { return Ok(()) };
        let says = &asked.says[&promotion.candidate];
        prop_assert!(says.holds && says.id == asked.made, "{promotion:?}");
        let (old, _) = asked.pool.as_ref().unwrap().last();
        prop_assert!(says.recovers() || promotion.candidate == old, "{promotion:?}");
    }

    #[test]
    fn the_order_of_the_nodes_decides_nothing(asked in asked()) {
        let mut turned = asked.clone();
        turned.nodes.reverse();
        // Which of two that got as far is not to be decided.
        prop_assume!(asked.best() == turned.best());
        prop_assume!(!asked.says.values().any(Node::leads));
        let told = |asked: &Asked| {
            let told = promotion(asked);
            told.map(|told| (told.candidate, told.loses)).map_err(|refused| refused.why)
        };
        prop_assert_eq!(told(&asked), told(&turned));
    }

    #[test]
    fn after_a_promotion_nobody_is_promoted(asked in asked()) {
        let Ok(promoted) = promotion(&asked) else { return Ok(()) };
        let after = carried_out(&asked, &promoted);
        if after.says[&promoted.candidate].says.is_some() {
            let again = promotion(&after).map_err(|refused| refused.why);
            prop_assert_eq!(again, Err(Refusal::Leads(promoted.candidate)));
        } else {
            // It still starts: to say so once more does no harm.
            let to = Some(promoted.candidate.clone());
            let again = promotion(&Asked { to, ..after }).map(|again| again.candidate);
            prop_assert_eq!(again.ok(), Some(promoted.candidate));
        }
    }
}
