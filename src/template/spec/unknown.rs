//! What a pending task decides, in conditions and in whole variables.

use super::*;

/// `pending` is a result that is known in part, `lost` a variable of which nothing is known.
fn templar() -> Templar {
    let pending = |until: &str, known| Var::Pending {
        known,
        until: until.to_owned(),
        runs: true,
    };
    let item = super::super::pending(Value::from_pairs([("item", "a")]), "Probe it".into(), true);
    let looped = Value::from_pairs([("results", Value::from(vec![item]))]);
    let vars = [
        (
            "pending",
            pending("Probe it", Value::from_pairs([("cmd", "x")])),
        ),
        ("looped", pending("Probe it", looped)),
        ("lost", pending("Find it", Value::UNDEFINED)),
        ("yes", Var::Own(true.into())),
        ("no", Var::Own(false.into())),
    ];
    let vars = vars.map(|(name, var)| (name.to_owned(), var));
    Templar::new(Arc::new(Vars(vars.into())), Arc::default())
}

fn truth_or_error(condition: &str) -> String {
    match templar().test(&text(condition)) {
        Ok(holds) => holds.to_string(),
        Err(error) => failure::<()>(Err(error)),
    }
}

#[test]
fn what_is_unknown_is_never_false() {
    for (condition, until) in [
        ("pending is failed", "Probe it"),
        ("pending is not failed", "Probe it"),
        ("pending is succeeded", "Probe it"),
        ("pending is changed", "Probe it"),
        ("not pending.failed", "Probe it"),
        ("pending.rc in [0, 1]", "Probe it"),
        ("lost == 'x'", "Find it"),
        ("lost != 'x'", "Find it"),
        ("lost in ['x']", "Find it"),
        ("not lost", "Find it"),
        ("lost is none", "Find it"),
        ("lost | default('x') == 'x'", "Find it"),
        ("looped.results[0].rc == 0", "Probe it"),
        (
            "looped.results | selectattr('rc', 'equalto', 0) | list | length > 0",
            "Probe it",
        ),
        (
            "looped.results | map(attribute='stdout') | join == ''",
            "Probe it",
        ),
        // The first that is asked decides what is asked next.
        ("pending.rc == 0 and lost == 1", "Probe it"),
        ("lost == 1 or pending.rc == 0", "Find it"),
    ] {
        assert_eq!(
            truth_or_error(condition),
            format!("unknown until {until}"),
            "{condition}"
        );
    }
}

#[test]
fn what_is_known_beside_it_decides_where_it_can() {
    for (condition, holds) in [
        ("pending.rc == 0 and no", "false"),
        ("no and pending.rc == 0", "false"),
        ("pending.rc == 0 or yes", "true"),
        ("not (yes or pending.rc == 0)", "false"),
        (
            "not (pending.rc == 0 and (no or lost))",
            "unknown until Probe it",
        ),
        ("pending.rc == 0 and pending.cmd == 'y'", "false"),
        (
            "pending.rc == 0 and nowhere.at.all",
            "unknown until Probe it",
        ),
        ("pending is skipped", "false"),
        ("pending is not skipped", "true"),
        ("pending is reachable", "true"),
        ("pending.skipped is defined", "false"),
        ("pending is defined", "true"),
        ("looped.results | length == 1", "true"),
        ("looped.results[0].item == 'a'", "true"),
        ("looped.results[0] is skipped", "false"),
    ] {
        assert_eq!(truth_or_error(condition), holds, "{condition}");
    }
}

#[test]
fn of_several_conditions_one_that_is_false_decides() {
    let all = [text("pending.rc == 0"), text("no"), text("nowhere")];
    let templar = templar();
    assert_eq!(
        templar.broken(&all).unwrap().map(|node| node.as_str()),
        Some(Some("no"))
    );
    assert!(matches!(
        templar.broken(&[all[0].clone(), all[2].clone()]),
        Err(RenderError::Unknown { .. })
    ));
    assert!(matches!(
        templar.broken(&[all[2].clone(), all[0].clone()]),
        Err(RenderError::Bad(_))
    ));
}
