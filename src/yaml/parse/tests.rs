use super::super::{Node, Value, parse};
use crate::diag::Source;
use proptest::prelude::*;

fn read(text: &str) -> Node {
    parse(&Source::new("a.yml", text)).unwrap()
}

fn refused(text: &str) -> String {
    let diag = parse(&Source::new("a.yml", text)).unwrap_err();
    let also: String = diag
        .also
        .iter()
        .map(|(span, label)| format!(" [{span} {label}]"))
        .collect();
    format!("{diag}{also}")
}

fn json(text: &str) -> String {
    read(text).to_json().to_string()
}

#[test]
fn a_real_looking_play_is_read() {
    let text = "\
---
# the first play
- hosts: db
  vars:
    port: 5432
    mode: 0640
    quoted: '0640'
    on: yes
    2: \"two\\n\"
    empty:
    text: |
      one
        two

    folded: >-
      a
      b
  tasks:
  - name: größe  # a comment
    command: \"ls {{ x }}\"
";
    insta::assert_snapshot!(json(text), @r#"[{"hosts":"db","vars":{"port":5432,"mode":416,"quoted":"0640","on":true,"2":"two\n","empty":null,"text":"one\n  two\n","folded":"a b"},"tasks":[{"name":"größe","command":"ls {{ x }}"}]}]"#);
}

#[test]
fn spans_are_bytes_of_what_is_meant() {
    let node = read(
        "größe: wert # c\nb: &x {c: [1, zwölf]}\nd: |\n  block\n  text\n\ne: ''\nf:\n  g: h   \n",
    );
    let map = node.as_map().unwrap();
    let (key, value) = map.entry("größe").unwrap();
    assert_eq!((key.span.text(), value.span.text()), ("größe", "wert"));
    let flow = map.get("b").unwrap();
    assert_eq!(flow.span.text(), "{c: [1, zwölf]}");
    assert_eq!(
        flow.as_map().unwrap().get("c").unwrap().span.text(),
        "[1, zwölf]"
    );
    assert_eq!(map.get("d").unwrap().span.text(), "block\n  text");
    assert_eq!(map.get("e").unwrap().span.text(), "''");
    assert_eq!(map.get("f").unwrap().span.text(), "g: h");
    assert_eq!(map.get("f").unwrap().span.to_string(), "a.yml:9:3");
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_keep_the_places() {
    let node = read("\u{feff}a: 1\r\nb: zwei\r\n");
    assert_eq!(node.as_map().unwrap().get("b").unwrap().span.text(), "zwei");
}

#[test]
fn anchors_aliases_and_merge_keys() {
    assert_eq!(
        json(
            "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nuse: {<<: [*b, *o], x: 9}\nlist: [*b]\n"
        ),
        r#"{"base":{"x":1,"y":2},"other":{"y":3,"z":4},"use":{"y":2,"z":4,"x":9},"list":[{"x":1,"y":2}]}"#
    );
    assert_eq!(json("a: &k word\n*k : 1\n"), r#"{"a":"word","word":1}"#);
    assert_eq!(json("{'<<': 1}"), r#"{"<<":1}"#);
}

#[test]
fn tags_of_the_core_are_known() {
    assert_eq!(
        json("a: !!str 5\nb: !!int '5'\nc: !!float 5\nd: ! 5\ne: !!seq [1]\n"),
        r#"{"a":"5","b":5,"c":5.0,"d":"5","e":[1]}"#
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    insta::assert_snapshot!(refused("a: 1\nb: 2\na: 3\n"), @"a.yml:3:1: the key `a` stands here twice; remove one of them [a.yml:1:1 first here]");
    insta::assert_snapshot!(refused("a: {{ b }}\n"), @r#"a.yml:1:5: a mapping can't be a key; a value that begins with `{{` must stand in quotes: `key: "{{ name }}"`"#);
    insta::assert_snapshot!(refused("a: {{ b }}/c\n"), @r#"a.yml:1:5: a mapping can't be a key; a value that begins with `{{` must stand in quotes: `key: "{{ name }}"`"#);
    insta::assert_snapshot!(refused("a: b: c\n"), @"a.yml:1:5: this is not YAML: mapping values are not allowed in this context; put the value in quotes if `: ` belongs to it, or check the indentation");
    insta::assert_snapshot!(refused("a:\n\tb: c\n"), @"a.yml:2:2: this is not YAML: tabs disallowed within this context (block indentation); indent with blanks, not with tabs");
    insta::assert_snapshot!(refused("a: [1, 2\nb: 3\n"), @"a.yml:2:2: this is not YAML: illegal placement of ':' indicator");
    insta::assert_snapshot!(refused("a: *b\n"), @"a.yml:1:4: this is not YAML: while parsing node, found unknown anchor");
    insta::assert_snapshot!(refused("a: &b [*b]\n"), @"a.yml:1:8: an alias can't stand inside what it names");
    insta::assert_snapshot!(refused("a: !vault words\n"), @"a.yml:1:4: a value with the tag `!vault` is a text that ansible-vault encrypted; `trueup vault encrypt-string` makes one");
    insta::assert_snapshot!(refused("a: !unsafe '{{'\n"), @"a.yml:1:4: the tag `!unsafe` is not supported; write it inside `{% raw %}` and `{% endraw %}` instead");
    insta::assert_snapshot!(refused("a: 1\n---\nb: 2\n"), @"a.yml:2:1: a second document begins here; a file holds one document: put it into a file of its own");
    insta::assert_snapshot!(refused("a: 1\n<<: 5\n"), @"a.yml:2:5: `<<` merges a mapping or a list of mappings, not an integer");
    insta::assert_snapshot!(refused(": 5\n"), @"a.yml:1:1: a key is missing before the `:`");
    insta::assert_snapshot!(refused("a: \"open\n"), @"a.yml:1:4: this is not YAML: while scanning a quoted scalar, found unexpected end of stream");
}

#[test]
fn an_empty_text_is_nothing() {
    for text in ["", "---\n", "# only a comment\n", "\n\n"] {
        assert_eq!(read(text).value, Value::Null, "{text:?}");
    }
}

#[test]
fn hostile_texts_are_refused_soon() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let m = n - 1;
        laughs += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{m}"); 10].join(", "));
    }
    assert!(refused(&laughs).contains("aliases"));
    assert!(refused(&"[".repeat(100_000)).contains("deep"));
    assert!(refused(&"- ".repeat(50_000)).contains("deep"));
    let mut deep = "a0: &a0 x\n".to_owned();
    for n in 1..5000 {
        deep += &format!("a{n}: &a{n} [*a{}]\n", n - 1);
    }
    assert!(refused(&deep).contains("aliases"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = parse(&Source::new("a.yml", text));
    }

    #[test]
    fn any_text_that_looks_like_yaml_is_read_or_refused(text in "([-:?&*!|>'\"{}\\[\\],#%@` \n\t]|[a-z0-9ö\u{feff}]|<<: |- |: |\\.\\.\\.\n|---\n){0,60}") {
        let _ = parse(&Source::new("a.yml", text));
    }

    #[test]
    fn json_is_read_as_it_was_meant(value in arbitrary_json()) {
        let node = read(&value.to_string());
        prop_assert_eq!(node.to_json(), value.clone());
        prop_assert_eq!(Node::from_json(&value, &node.span), node);
    }
}

fn arbitrary_json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value, json};
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i32>().prop_map(|value| json!(value)),
        "[a-zA-Z0-9 :#{}ö\\n-]{0,12}".prop_map(|value| json!(value)),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::hash_map("[a-z]{1,6}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
