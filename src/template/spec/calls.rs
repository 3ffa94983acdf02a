//! Checks without variables, and lookups.

use super::*;

#[test]
fn checks_find_without_variables_what_can_be_found() {
    let source = Source::new(
        "task.yml",
        "msg: '{{ prot | uper }} {{ maybe | default(1) }} {{ lookup(\"fil\", x) }}'\nlist:\n  - '{% for i in items %}{{ i.name }}{% endfor %}'\n  - '{{ broken'\n",
    );
    let (diags, references) = check_node(&crate::yaml::parse(&source).unwrap());
    let mut told = String::new();
    for diag in diags {
        writeln!(told, "{diag}").unwrap();
    }
    for reference in references {
        writeln!(
            told,
            "{} {}{}",
            reference.span,
            reference.name,
            if reference.guarded { " (guarded)" } else { "" }
        )
        .unwrap();
    }
    assert_snapshot!(told, @r#"
task.yml:1:17: there is no filter `uper`; did you mean `upper`?
task.yml:1:60: there is no lookup `fil`; did you mean `file`?
task.yml:4:9: the template can't be read: unexpected end of input, expected end of variable block
task.yml:3:18 items
task.yml:1:28 maybe (guarded)
task.yml:1:10 prot
task.yml:1:67 x
"#);
    let (diags, references) =
        check_expression("a.b is defnd and c", &text("a.b is defnd and c").span);
    assert_eq!(diags.len(), 1);
    assert_eq!(
        references.into_iter().map(|r| r.name).collect::<Vec<_>>(),
        ["a", "c"]
    );
    let file = Source::new(
        "x.j2",
        "{% macro m(a) %}{{ a }}{{ b }}{% endmacro %}{{ m(c) }}\n{{ d",
    );
    assert_eq!(check_file(&file).0.len(), 1);
}

#[test]
fn lookups_serve_loops() {
    let templar = templar("list: [1, [2, 3]]\nmap: {a: 1}");
    let found = |name: &str, terms: &str| {
        let found = templar
            .lookup(name, &crate::yaml::parse(&Source::new("t", terms)).unwrap())
            .unwrap();
        print::text(&Value::from(found))
    };
    assert_eq!(found("items", "'{{ list }}'"), "[1, 2, 3]");
    assert_eq!(found("dict", "'{{ map }}'"), "[{'key': 'a', 'value': 1}]");
    assert_eq!(found("nested", "[[1, 2], [a]]"), "[[1, 'a'], [2, 'a']]");
    assert_eq!(
        found("sequence", "start=1 end=3 format=h%02d"),
        "['h01', 'h02', 'h03']"
    );
    assert_eq!(found("indexed_items", "[a]"), "[[0, 'a']]");
    assert!(
        failure(templar.lookup("nested", &text("{{ nowhere }}")))
            .contains("`nowhere` is undefined")
    );
    assert!(failure(templar.lookup("fileglb", &text("*"))).contains("did you mean `fileglob`"));
}

#[test]
fn secrets_of_a_plan_stay_the_same_and_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |keep| {
        let lookups = Lookups {
            search: vec![folder.path().to_owned()],
            keep,
        };
        Templar::new(Arc::new(Vars::default()), Arc::new(lookups))
    };
    let password = text("{{ lookup('password', 'secrets/admin length=12 chars=digits') }}");
    let planned = at(false).value(&password).unwrap();
    assert_eq!(planned, at(false).value(&password).unwrap());
    assert!(!folder.path().join("secrets").exists());
    let kept = at(true).value(&password).unwrap();
    assert_eq!(kept.as_str().unwrap().len(), 12);
    assert_eq!(
        std::fs::read_to_string(folder.path().join("secrets/admin"))
            .unwrap()
            .trim(),
        kept.as_str().unwrap()
    );
    let issued = at(true)
        .value(&text(
            "{{ lookup('certificate', 'a', state='pki', sans=['a', '10.0.0.1']) }}",
        ))
        .unwrap();
    assert!(
        issued
            .get_attr("key")
            .unwrap()
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN PRIVATE KEY-----")
    );
    assert!(folder.path().join("pki/ca.pem").exists());
}
