//! What the room promises, seen from outside.

mod calls;
mod files;
mod robust;
mod unknown;

use super::*;
use crate::yaml::{Mapping, Value as Yaml};
use insta::assert_snapshot;
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Default)]
struct Vars(BTreeMap<String, Var>);

impl Scope for Vars {
    fn get(&self, name: &str) -> Option<Var> {
        self.0.get(name).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

fn text(text: &str) -> Node {
    Node::new(
        Yaml::Str(text.into()),
        Source::new("play.yml", text).whole(),
    )
}

/// A templar over the mapping in a YAML text, and a few final values.
fn templar(vars: &str) -> Templar {
    let node = crate::yaml::parse(&Source::new("vars.yml", vars)).unwrap();
    let empty = Mapping::new();
    let map = node.as_map().unwrap_or(&empty);
    let vars = map.iter().map(|(key, value)| {
        (
            key.as_str().unwrap().to_owned(),
            Var::Node(Arc::new(value.clone())),
        )
    });
    let mut all: BTreeMap<String, Var> = vars.collect();
    let known = Value::from_pairs([("changed", Value::from(true))]);
    all.insert(
        "pending".into(),
        Var::Pending {
            known,
            until: "Install it".into(),
            runs: true,
        },
    );
    all.insert(
        "fact".into(),
        Var::Value(Value::from("{{ not a template }}")),
    );
    Templar::new(Arc::new(Vars(all)), Arc::default())
}

fn failure<T: std::fmt::Debug>(result: Result<T, RenderError>) -> String {
    match result.unwrap_err() {
        RenderError::Unknown { until } => format!("unknown until {until}"),
        RenderError::Bad(diag) => {
            let mut out = diag.to_string();
            for (span, label) in &diag.also {
                write!(out, "\n  {span}: {label}").unwrap();
            }
            out
        }
    }
}

fn failures(templar: &Templar, texts: &[&str]) -> String {
    texts
        .iter()
        .map(|from| format!("{from}\n    {}\n", failure(templar.value(&text(from)))))
        .collect()
}

#[test]
fn an_undefined_variable_is_told_with_its_place_and_what_may_be_meant() {
    let templar = templar("port: 1\nhosts:\n  a: {ip: x}\nlost: 'at {{ nowhere }}'\nlist: [1]\n");
    assert_snapshot!(failures(&templar, &[
        "a {{ prot }}",
        "{{ hosts.a.ipp }}",
        "{{ hosts.b.ip }}",
        "{{ list[3] }}",
        "{{ port.x }}",
        "{{ lost }}",
        "{{ prot + 1 }}",
        "{{ prot | upper }}",
        "{{ prot is defined }} {{ prot }}",
        "{% for h in hosts %}{{ h.ip }}{% endfor %}",
        "{{ 'a' if false }}",
    ]), @r#"
a {{ prot }}
    play.yml:1:6: `prot` is undefined; did you mean `port`?
{{ hosts.a.ipp }}
    play.yml:1:4: `hosts.a.ipp` is undefined; did you mean `ip`?
{{ hosts.b.ip }}
    play.yml:1:4: `hosts.b` is undefined
{{ list[3] }}
    play.yml:1:4: `list[3]` is undefined; `list` has 1 item(s)
{{ port.x }}
    play.yml:1:4: `port.x` is undefined; `port` is a number, not a mapping
{{ lost }}
    vars.yml:4:14: `nowhere` is undefined
  play.yml:1:4: needed here
{{ prot + 1 }}
    play.yml:1:4: `prot` is undefined; did you mean `port`?
{{ prot | upper }}
    play.yml:1:4: `prot` is undefined; did you mean `port`?
{{ prot is defined }} {{ prot }}
    play.yml:1:26: `prot` is undefined; did you mean `port`?
{% for h in hosts %}{{ h.ip }}{% endfor %}
    play.yml:1:24: `h.ip` is undefined; say what holds then, with `| default(...)`
{{ 'a' if false }}
    play.yml:1:1: this has no value: something in it is undefined; say what holds then, with `| default(...)`
"#);
}

#[test]
fn what_cannot_be_read_or_called_is_told_with_its_place() {
    let templar = templar("port: 1");
    assert_snapshot!(failures(&templar, &[
        "{{ port",
        "{{ port + }}",
        "{% if port %}",
        "{{ port | uper }}",
        "{{ port is chnged }}",
        "{{ lokup('file', 'x') }}",
        "{{ lookup('fil', 'x') }}",
        "{{ lookup('url', 'http://a') }}",
        "{{ 'x' | from_json }}",
        "{{ port | b64decode(1) }}",
        "{{ [1].append(2) }}",
        "{{ 'x'.nomethod() }}",
        "{{ port.items() }}",
        "{{ port / 0 }}",
        "{{ port | regex_replace('(', '') }}",
        "{{ port | combine({}) }}",
        "{{ port is changed }}",
    ]), @r#"
{{ port
    play.yml:1:4: the template can't be read: unexpected end of input, expected end of variable block
{{ port + }}
    play.yml:1:11: the template can't be read: unexpected end of variable block
{% if port %}
    play.yml:1:12: the template can't be read: unexpected end of input, expected end of block
{{ port | uper }}
    play.yml:1:11: there is no filter `uper`; did you mean `upper`?
{{ port is chnged }}
    play.yml:1:12: there is no test `chnged`; did you mean `changed`?
{{ lokup('file', 'x') }}
    play.yml:1:4: there is no function `lokup`; did you mean `lookup`?
{{ lookup('fil', 'x') }}
    play.yml:1:4: there is no lookup `fil`; did you mean `file`?
{{ lookup('url', 'http://a') }}
    play.yml:1:4: there is no lookup `url`: it asks the network while templates are rendered; fetch it with a task `uri` and `delegate_to: localhost`
{{ 'x' | from_json }}
    play.yml:1:10: this is no JSON: expected value at line 1 column 1
{{ port | b64decode(1) }}
    play.yml:1:11: there are too many arguments
{{ [1].append(2) }}
    play.yml:1:7: `append` would change a value in place; make a new one with `+` or `| combine(...)`
{{ 'x'.nomethod() }}
    play.yml:1:7: string has no method named nomethod
{{ port.items() }}
    play.yml:1:8: number has no method named items
{{ port / 0 }}
    play.yml:1:4: unable to calculate 1 / 0
{{ port | regex_replace('(', '') }}
    play.yml:1:11: `(` is no regular expression: regex parse error:
    (
    ^
error: unclosed group
{{ port | combine({}) }}
    play.yml:1:11: `combine` needs mappings, not number
{{ port is changed }}
    play.yml:1:12: this tests the result of a task, but the value is a number
"#);
}

#[test]
fn variables_that_need_each_other_are_told_as_a_chain() {
    let mut chain = String::from("a: '{{ b }}'\nb: 'x{{ c.d }}'\nc:\n  d: '{{ a }}'\ndeep0: end\n");
    for n in 1..200 {
        writeln!(chain, "deep{n}: '{{{{ deep{} }}}}'", n - 1).unwrap();
    }
    let templar = templar(&chain);
    assert_snapshot!(failures(&templar, &["{{ a }}"]), @r#"
{{ a }}
    vars.yml:1:4: the variable `a` needs itself: a -> b -> c.d -> a; give one of them a value that does not use the others
  vars.yml:4:6: needed here
  vars.yml:2:9: needed here
  play.yml:1:1: needed here
"#);
    assert!(failure(templar.value(&text("{{ deep199 }}"))).contains("too many variables"));
    assert_eq!(
        templar.value(&text("{{ deep40 }}")).unwrap(),
        Value::from("end")
    );
}

#[test]
fn what_a_pending_task_decides_is_unknown_through_any_depth() {
    let templar = templar(
        "level1: '{{ pending.stdout }}'\nlevel2: {x: '{{ level1 }}!'}\nflag: '{{ pending.changed }}'",
    );
    for unknown in [
        "{{ pending.stdout }}",
        "{{ pending }}",
        "x{{ pending }}",
        "{{ pending.stdout | default('x') }}",
        "{{ pending.stdout is defined }}",
        "{{ pending is failed }}",
        "{{ pending | length }}",
        "{{ pending == {} }}",
        "{{ level2.x }}",
        "{{ level2 }}",
        "{{ level2.x | default('x') }}",
        "{{ [pending] | to_json }}",
        "{{ pending.results | map(attribute='rc') | list }}",
        "{% for line in pending.stdout_lines %}{{ line }}{% endfor %}",
        "{% if pending %}x{% endif %}",
    ] {
        assert_eq!(
            failure(templar.value(&text(unknown))),
            "unknown until Install it",
            "{unknown}"
        );
    }
    assert_eq!(
        templar.value(&text("{{ pending.changed }}")).unwrap(),
        Value::from(true)
    );
    assert!(templar.test(&text("pending is changed and flag")).unwrap());
    assert!(templar.test(&text("pending is defined")).unwrap());
    assert!(
        !templar
            .test(&text("not pending.changed and pending.rc == 0"))
            .unwrap()
    );
    assert_eq!(
        failure(templar.test(&text("pending.rc == 0"))),
        "unknown until Install it"
    );
}

#[test]
fn what_a_host_said_is_never_a_template() {
    assert_eq!(
        templar("x: '{{ fact }}'").value(&text("{{ x }}")).unwrap(),
        Value::from("{{ not a template }}")
    );
}

#[test]
fn a_no_break_space_is_white_space_in_code_and_itself_in_texts() {
    let templar = templar("n: 1");
    let value = |template: &str| templar.value(&text(template)).unwrap();
    assert_eq!(value("{{ [1]\u{a0}|\u{2003}length }}"), Value::from(1));
    assert!(templar.test(&text("n\u{a0}== 1")).unwrap());
    assert_eq!(
        value("\u{a0}{{ 'a\u{a0}b'\u{a0}~\u{a0}n }}\u{a0}"),
        Value::from("\u{a0}a\u{a0}b1\u{a0}")
    );
}

#[test]
fn nodes_keep_their_places_and_lose_what_is_omitted() {
    let templar = templar("n: 5\nname: mode");
    let source = Source::new(
        "task.yml",
        "a: '{{ n }}'\nb: '{{ omit }}'\n'{{ name }}': [1, '{{ omit }}', '{{ missing | default(omit) }}']\n",
    );
    let node = templar.node(&crate::yaml::parse(&source).unwrap()).unwrap();
    let map = node.as_map().unwrap();
    assert_eq!(map.keys().collect::<Vec<_>>(), ["a", "mode"]);
    let a = map.get("a").unwrap();
    assert_eq!((a.value.clone(), a.span.line()), (Yaml::Int(5), 1));
    assert_eq!(map.get("mode").unwrap().as_seq().unwrap().len(), 1);
}

#[test]
fn a_condition_must_be_a_boolean_and_never_shows_what_it_is_instead() {
    let templar = templar("secret: hunter2\nlist: [1]\nnothing: null\nn: 1");
    let told: String = ["secret", "list", "nothing", "n", "nowhere"]
        .iter()
        .map(|condition| failure(templar.test(&text(condition))) + "\n")
        .collect();
    assert_snapshot!(told, @r#"
play.yml:1:1: a condition must be true or false, but this is a string; `secret` is no comparison; compare it, such as with `| length > 0`; a text like `yes` becomes a boolean with `| bool`
play.yml:1:1: a condition must be true or false, but this is a list or mapping; `list` is no comparison; compare its size: `| length > 0`
play.yml:1:1: a condition must be true or false, but this is nothing; `nothing` is no comparison; compare it: `is none` or `is not none`
play.yml:1:1: a condition must be true or false, but this is a number; `n` is no comparison; compare it, such as with `> 0`
play.yml:1:1: `nowhere` is undefined
"#);
    assert!(!told.contains("hunter2"));
    let both = Node::synthetic(
        Yaml::Seq(vec![text("n == 1"), text("list | length > 1")]),
        "when",
    );
    assert!(!templar.test(&both).unwrap());
}
