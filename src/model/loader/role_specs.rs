//! What a role says of its arguments: a task before its first holds them against it, as in Ansible.

use super::Loader;
use crate::diag::{Diag, Span};
use crate::model::Role;
use crate::model::files::vars_files;
use crate::yaml::{Mapping, Node, Value};

/// What only documentation needs; it may hold what looks like a template.
const DOCUMENTED: [&str; 5] = [
    "author",
    "description",
    "short_description",
    "version_added",
    "seealso",
];

impl Loader {
    /// The list with the task that holds a role's arguments against what `meta/argument_specs.yml`, or
    /// `meta/main.yml`, says of them where the role is entered by this file of tasks.
    pub(super) fn validation(
        &self,
        role: &Role,
        meta: &Mapping,
        entry: &str,
        errors: &mut Vec<Diag>,
    ) -> Option<Node> {
        let file = vars_files(&role.folder.join("meta"), "argument_specs");
        let specs = match file.first() {
            Some(path) => match self.yaml(path) {
                Ok(node) => node.as_map()?.get("argument_specs").cloned(),
                Err(diag) => {
                    errors.push(diag);
                    None
                }
            },
            None => meta.get("argument_specs").cloned(),
        };
        let spec = specs?.as_map()?.get(entry)?.clone();
        let at = spec.span.clone();
        let map = spec.as_map()?;
        let mut title = format!("Validating arguments against arg spec '{entry}'");
        if let Some(short) = map.get("short_description").and_then(Node::as_str) {
            title.push_str(&format!(" - {short}"));
        }
        let options = map.get("options").map_or_else(|| mapping([], &at), bare);
        let context = [
            ("type", word("role", &at)),
            ("name", word(&role.name, &at)),
            ("argument_spec_name", word(entry, &at)),
            ("path", word(&role.folder.to_string_lossy(), &at)),
        ];
        let params = Node::new(Value::Map((*role.params).clone()), at.clone());
        let args = [
            ("argument_spec", options),
            ("provided_arguments", params),
            ("validate_args_context", mapping(context, &at)),
        ];
        let task = [
            ("name", word(&title, &at)),
            ("ansible.builtin.validate_argument_spec", mapping(args, &at)),
            ("tags", word("always", &at)),
        ];
        Some(Node::new(Value::Seq(vec![mapping(task, &at)]), at.clone()))
    }
}

fn word(text: &str, at: &Span) -> Node {
    Node::new(Value::Str(text.to_owned()), at.clone())
}

fn mapping<const N: usize>(pairs: [(&str, Node); N], at: &Span) -> Node {
    let mut map = Mapping::new();
    for (key, value) in pairs {
        map.insert(word(key, at), value);
    }
    Node::new(Value::Map(map), at.clone())
}

/// Arguments without what only their documentation needs.
fn bare(options: &Node) -> Node {
    let Some(all) = options.as_map() else {
        return options.clone();
    };
    let mut kept = Mapping::new();
    for (name, said) in all.iter() {
        let Some(said_map) = said.as_map() else {
            kept.insert(name.clone(), said.clone());
            continue;
        };
        let mut map = Mapping::new();
        for (key, value) in said_map.iter() {
            match key.as_str().unwrap_or_default() {
                word if DOCUMENTED.contains(&word) => {}
                "options" => map.insert(key.clone(), bare(value)),
                _ => map.insert(key.clone(), value.clone()),
            }
        }
        kept.insert(name.clone(), Node::new(Value::Map(map), said.span.clone()));
    }
    Node::new(Value::Map(kept), options.span.clone())
}
