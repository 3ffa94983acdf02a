use super::{Brings, Inventory};
use std::path::PathBuf;

fn mixed() -> Inventory {
    Inventory::load(&[PathBuf::from("tests/inventories/mixed")])
        .unwrap()
        .0
}

fn load_text(ending: &str, text: &str) -> Result<Inventory, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("hosts{ending}"));
    std::fs::write(&path, text).unwrap();
    let prefix = format!("{}/", folder.path().display());
    match Inventory::load(&[path]) {
        Ok((inventory, _)) => Ok(inventory),
        Err(diags) => {
            let lines: Vec<String> = diags
                .iter()
                .map(|diag| diag.to_string().replace(&prefix, ""))
                .collect();
            Err(lines.join("\n"))
        }
    }
}

/// The file beside the inventory is what ansible-inventory 2.19 prints for it.
#[test]
fn the_list_is_the_one_that_ansible_prints() {
    let printed = std::fs::read_to_string("tests/inventories/mixed.json").unwrap();
    let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let ours = mixed().list_json(None).unwrap();
    assert_eq!(
        serde_json::to_string_pretty(&ours).unwrap(),
        serde_json::to_string_pretty(&printed).unwrap()
    );
}

#[test]
fn patterns_select_as_ansible_does() {
    let inventory = mixed();
    let select = |pattern: &str| inventory.select(pattern).unwrap().join(" ");
    assert_eq!(select("db"), "pg-a pg-b pg-c");
    assert_eq!(select("db:!pg-a"), "pg-b pg-c");
    assert_eq!(select("!db,!web"), "jump lonely");
    assert_eq!(select("site:&fast"), "pg-b web09.example.org");
    assert_eq!(select("&fast,site"), "pg-b web09.example.org");
    assert_eq!(select("db[0]"), "pg-a");
    assert_eq!(select("db[-1]"), "pg-c");
    assert_eq!(select("db[1:]"), "pg-b pg-c");
    assert_eq!(select("db[0:1]"), "pg-a pg-b");
    assert_eq!(
        select("web*"),
        "web08.example.org web09.example.org web10.example.org"
    );
    assert_eq!(
        select("*.example.org,pg-[!ab]"),
        "web08.example.org web09.example.org web10.example.org pg-c"
    );
    assert_eq!(select("~pg-[bc]"), "pg-b pg-c");
    assert_eq!(select("ungrouped"), "lonely jump");
    assert_eq!(select("localhost"), "localhost");
    assert_eq!(inventory.select("all").unwrap().len(), 8);
    let (none, warnings) = inventory.select_and_warn("dbb").unwrap();
    assert!(none.is_empty());
    insta::assert_snapshot!(warnings[0], @"`dbb` is no host and no group of the inventory; did you mean `db`?");
    insta::assert_snapshot!(inventory.select("db[9]").unwrap_err(), @"`db[9]` counts further than its 3 hosts");
    insta::assert_snapshot!(inventory.select("~(").unwrap_err().message.lines().next().unwrap(), @"`~(` is no pattern: regex parse error:");
}

#[test]
fn a_file_of_hosts_limits() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "pg-b\n\njump\n").unwrap();
    let pattern = format!("@{}", file.path().display());
    assert_eq!(mixed().select(&pattern).unwrap(), ["pg-b", "jump"]);
}

#[test]
fn groups_and_names() {
    let inventory = mixed();
    assert_eq!(inventory.name, "mixed");
    assert_eq!(inventory.groups_of("pg-b"), ["db", "fast", "site", "slow"]);
    assert_eq!(inventory.members("slow"), ["web09.example.org", "pg-b"]);
    let (list, _) = Inventory::load(&[PathBuf::from("a,b:2222,")]).unwrap();
    assert_eq!(list.members("all"), ["a", "b"]);
    assert_eq!(
        list.host_json("b", None).unwrap().to_string(),
        r#"{"ansible_port":2222}"#
    );
    assert!(list.host_json("c", None).is_err());
}

#[test]
fn variables_beside_the_playbook_win_over_those_beside_the_inventory() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("group_vars")).unwrap();
    std::fs::write(folder.path().join("group_vars/all"), "apt_mirror: beside\n").unwrap();
    let vars = mixed().host_json("jump", Some(folder.path())).unwrap();
    assert_eq!(vars["apt_mirror"], "beside");
}

#[test]
fn errors_of_the_yaml_format() {
    insta::assert_snapshot!(load_text(".yml", "all:\n  host:\n    a:\n  hosts:\n    - b\n  children:\n    x: 5\n    all:\n").unwrap_err(), @"
    hosts.yml:2:3: unknown key `host` in the group `all`; did you mean `hosts`?; a group has `hosts`, `vars` and `children`
    hosts.yml:5:5: `hosts` is a mapping, not a list; write `name:` instead of `- name`
    hosts.yml:7:8: the group `x` is a mapping, not an integer; give it `hosts`, `vars` or `children`
    hosts.yml:8:5: the group `all` can't be in `all`, which is in `all`; groups can't be in each other: remove one of the two
    ");
    insta::assert_snapshot!(load_text(".yml", "- a\n").unwrap_err(), @"hosts.yml:1:1: an inventory is a mapping of groups, not a list; begin with `all:` and give it `hosts:`");
    insta::assert_snapshot!(load_text(".yml", "plugin: aws_ec2\n").unwrap_err(), @"hosts.yml:1:1: inventory plugins are not supported; write the hosts down");
    insta::assert_snapshot!(load_text(".yml", "db:\n  hosts:\n    pg[a:5]:\n    x: 1\n").unwrap_err(), @"
    hosts.yml:3:5: `[a:5]` is no range: both ends must be numbers, or both one letter; a range is written `pg-[a:c]` or `web[01:10]`
    hosts.yml:4:8: a host has a mapping of variables, not an integer
    ");
}

#[test]
fn errors_of_the_ini_format() {
    let text = "a b\n[web]\nc x='\n[wbe:vars]\nd=1\n[web:wars]\n[my group]\n[x:children]\nnobody\n[web:vars]\nloose\n";
    insta::assert_snapshot!(load_text("", text).unwrap_err(), @"
    hosts:1:1: `b` after the host is no `key=value`; one host stands on one line
    hosts:3:1: a quote is never closed; close it, or remove it
    hosts:6:1: sections of the kind `wars` are not known; did you mean `vars`?
    hosts:7:1: `[my group]` is no section; write `[group]`, `[group:vars]` or `[group:children]`, without blanks
    hosts:11:1: `loose` is no `key=value`; write `name=value`
    hosts:4:1: [wbe:vars] gives variables to a group that nothing declares; did you mean `web`?; declare it with `[wbe]`
    hosts:9:1: [x:children] names the group `nobody`, which nothing declares; declare it with `[nobody]`
    ");
}

#[test]
fn inventories_of_one_name_have_places_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        "a/prod/hosts",
        "b/prod/hosts",
        "b/prod/more.yml",
        "c/hosts",
        "c/hosts.yml",
        "c/inv.yml",
        "x/..y/hosts",
    ];
    for file in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = if file.ends_with("yml") {
            "all: {hosts: {h: }}\n"
        } else {
            "h\n"
        };
        std::fs::write(path, text).unwrap();
    }
    let read = |path: &str| Inventory::load(&[folder.path().join(path)]).unwrap().0;
    assert_eq!(read("a/prod").name, read("b/prod").name);
    let mut places: Vec<String> = files.iter().map(|file| read(file).place).collect();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), files.len());
    // The one file of a folder that bears no name of its own is the folder, by whatever way.
    let whole = read("a/prod").place;
    assert_eq!(read("a/prod/hosts").place, whole);
    assert_eq!(read("a/../a/prod/").place, whole);
    let list = |words: &str| Inventory::load(&[words.into()]).unwrap().0.place;
    assert_ne!(list("a,b,"), list("a,c,"));
}

#[test]
fn what_a_task_may_bring_is_seen_by_patterns_that_could_select_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts.yml");
    let text =
        "all: {children: {pg: {children: {new: {}, old: {hosts: {a: }}}}, web: {hosts: {b: }}}}";
    std::fs::write(&path, text).unwrap();
    let (inventory, _) = Inventory::load(&[path]).unwrap();
    let brings = |host: Option<&str>, groups: Option<&[&str]>| Brings {
        task: "Bring it".into(),
        host: host.map(str::to_owned),
        groups: groups.map(|groups| groups.iter().map(|&name| name.to_owned()).collect()),
    };
    let selects = |pattern, brings: &Brings| inventory.may_select(pattern, brings);
    let named = brings(Some("c"), Some(&["new"]));
    for pattern in [
        "c", "new", "pg", "all", "x*", "!b", "web:new", "b,c", "new[0]", "~n",
    ] {
        assert!(selects(pattern, &named), "{pattern}");
    }
    for pattern in ["a", "web", "old", "d", "localhost", "web:&new", "ungrouped"] {
        assert!(!selects(pattern, &named), "{pattern}");
    }
    let nameless = brings(None, Some(&["web"]));
    assert!(selects("d", &nameless) && !selects("old", &nameless) && !selects("a", &nameless));
    let anywhere = brings(Some(""), None);
    assert!(selects("old", &anywhere) && selects("d", &anywhere) && !selects("a", &anywhere));
}
