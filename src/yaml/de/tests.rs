use super::super::{from_node, parse};
use crate::diag::Source;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Params {
    name: String,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default = "yes")]
    update: bool,
    #[serde(default, alias = "group")]
    groups: Vec<String>,
    #[serde(default)]
    state: State,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    sub: Option<Box<Params>>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    Present,
    Absent,
    Yes,
}

fn yes() -> bool {
    true
}

fn read(text: &str) -> Result<Params, String> {
    let node = parse(&Source::new("p.yml", text)).unwrap();
    from_node(&node).map_err(|diags| {
        diags
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    })
}

#[test]
fn values_are_as_lenient_as_ansible() {
    let params = read(
        "{name: 5, port: '5432', update: 'No', groups: 'a, b', state: yes, environment: {A: 1}}",
    );
    let params = params.unwrap();
    assert_eq!(params.name, "5");
    assert_eq!(params.port, Some(5432));
    assert!(!params.update);
    assert_eq!(params.groups, ["a", "b"]);
    assert_eq!(params.state, State::Yes);
    assert_eq!(params.environment["A"], "1");
    assert_eq!(
        read("{name: x, environment: 'A=1 B=2'}")
            .unwrap()
            .environment
            .len(),
        2
    );
    assert_eq!(read("{name: x, group: 7}").unwrap().groups, ["7"]);
    let nothing = read("name: x\nport:\nupdate: ~\ngroups:\nstate: null\n").unwrap();
    assert_eq!(
        (nothing.port, nothing.update, nothing.state),
        (None, true, State::Present)
    );
}

#[test]
fn errors_stand_at_their_places() {
    insta::assert_snapshot!(read("name: x\nprot: 1\nstat: absent\n").unwrap_err(), @"
    p.yml:2:1: unknown key `prot`; did you mean `port`?
    p.yml:3:1: unknown key `stat`; did you mean `state`?
    ");
    insta::assert_snapshot!(read("port: 1\n").unwrap_err(), @"p.yml:1:1: `name` is missing; give `name`");
    insta::assert_snapshot!(read("name: x\nport: many\n").unwrap_err(), @"p.yml:2:7: `port`: an integer is wanted here, not the string `many`");
    insta::assert_snapshot!(read("name: x\nport: 70000\n").unwrap_err(), @"p.yml:2:7: `port`: integer `70000` does not fit here; wanted is u16");
    insta::assert_snapshot!(read("name: x\nstate: absnt\n").unwrap_err(), @"p.yml:2:8: `state`: `absnt` is not one of `present`, `absent`, `yes`; did you mean `absent`?");
    insta::assert_snapshot!(read("name: [x]\n").unwrap_err(), @"p.yml:1:7: `name`: a string is wanted here, not a list");
    insta::assert_snapshot!(read("name: x\nsub: {name: y,\n  update: maybe}\n").unwrap_err(), @"p.yml:3:11: `update`: a boolean (`true` or `false`) is wanted here, not the string `maybe`");
    insta::assert_snapshot!(read("- x\n").unwrap_err(), @"p.yml:1:1: a mapping is wanted here, not a list");
    insta::assert_snapshot!(read("name: x\ngroups: [[1]]\n").unwrap_err(), @"p.yml:2:10: `groups`: a string is wanted here, not a list");
}
