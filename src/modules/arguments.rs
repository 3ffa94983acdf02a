//! A task's arguments as its module wants them, and what can be said of them without any host.

use super::Entry;
use crate::diag::Diag;
use crate::yaml::{Mapping, Node, Value};

/// The key under which a task's free text stands.
const FREE_TEXT: &str = "_raw_params";

impl Entry {
    /// The arguments under the names that the module's parameters have: aliases resolved, free
    /// text under its parameter.
    pub fn arguments(&self, args: &Node) -> Result<Node, Vec<Diag>> {
        let Value::Map(map) = &args.value else {
            let what = format!(
                "the arguments of `{}` are a mapping, not {}",
                self.name,
                args.kind()
            );
            return Err(vec![Diag::error(what).at(&args.span, "")]);
        };
        let mut named = Mapping::new();
        let mut errors = Vec::new();
        for (key, value) in map.iter() {
            let word = key.as_str().unwrap_or_default();
            let name = match (word, self.free_form) {
                (FREE_TEXT, Some(parameter)) => parameter,
                (FREE_TEXT, None) => {
                    errors.push(self.no_free_text(value));
                    continue;
                }
                _ => self
                    .aliases
                    .iter()
                    .find(|(alias, _)| *alias == word)
                    .map_or(word, |(_, name)| name),
            };
            if let Some((first, _)) = named.entry(name) {
                errors.push(
                    Diag::error(format!("`{name}` is given twice"))
                        .at(&key.span, format!("`{word}` is `{name}` too"))
                        .also(&first.span, "first here")
                        .help("remove one of them"),
                );
                continue;
            }
            named.insert(
                Node::new(Value::Str(name.to_owned()), key.span.clone()),
                value.clone(),
            );
        }
        if errors.is_empty() {
            Ok(Node::new(Value::Map(named), args.span.clone()))
        } else {
            Err(errors)
        }
    }

    fn no_free_text(&self, value: &Node) -> Diag {
        let text = value.as_str().unwrap_or_default();
        let shown = text.lines().next().unwrap_or_default();
        let diag = Diag::error(format!("`{}` takes no free text (`{shown}`)", self.name))
            .at(&value.span, "");
        diag.help("write its parameters as `name: value` lines")
    }

    /// What is wrong with arguments before any template in them is rendered: unknown parameters,
    /// missing ones, values that can't be right.
    pub fn check(&self, args: &Node) -> Vec<Diag> {
        let args = match self.arguments(args) {
            Ok(args) => args,
            Err(errors) => return errors,
        };
        let Value::Map(map) = &args.value else {
            return Vec::new();
        };
        let schema = (self.schema)();
        let known = schema
            .get("properties")
            .and_then(|properties| properties.as_object());
        let open = schema
            .get("additionalProperties")
            .is_none_or(|more| more.as_bool() != Some(false));
        let required = schema
            .get("required")
            .and_then(|required| required.as_array());
        let mut errors = Vec::new();
        let mut fitting = Mapping::new();
        for (key, value) in map.iter() {
            let word = key.as_str().unwrap_or_default();
            if open || known.is_some_and(|known| known.contains_key(word)) {
                fitting.insert(key.clone(), value.clone());
                continue;
            }
            let names = known
                .into_iter()
                .flat_map(|known| known.keys().map(String::as_str));
            let names = names
                .chain(self.aliases.iter().map(|(alias, _)| *alias))
                .filter(|name| *name != FREE_TEXT);
            let diag =
                Diag::error(format!("`{}` has no parameter `{word}`", self.name)).at(&key.span, "");
            // Free text may have been taken apart in the midst of a value.
            let diag = if key.span.text() == word {
                diag.of_names()
            } else {
                diag
            };
            errors.push(match crate::diag::did_you_mean(word, names.clone()) {
                Some(best) => diag.help(format!("did you mean `{best}`?")),
                None => diag.help(format!("it has {}", names.collect::<Vec<_>>().join(", "))),
            });
        }
        let missing = required
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str());
        let missing: Vec<&str> = missing
            .filter(|name| map.get(name).is_none_or(Node::is_null))
            .collect();
        for name in &missing {
            let what = if *name == FREE_TEXT {
                "the command"
            } else {
                name
            };
            let diag = Diag::error(format!("`{}` needs `{what}`", self.name)).at(&args.span, "");
            errors.push(diag.of_names());
        }
        if missing.is_empty() {
            errors.extend(self.misfits(&Node::new(Value::Map(fitting), args.span.clone())));
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use crate::diag::Source;
    use crate::modules::find;
    use crate::yaml::parse;

    fn check(module: &str, args: &str) -> String {
        let args = parse(&Source::new("t.yml", args)).unwrap();
        let found = find(module).unwrap().check(&args);
        found
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn free_text_and_aliases_get_their_names() {
        let args = parse(&Source::new("t.yml", "{_raw_params: ls, chdir: /}")).unwrap();
        assert_eq!(find("command").unwrap().arguments(&args).unwrap(), args);
        let args = parse(&Source::new("t.yml", "{name: /etc/x, state: touch}")).unwrap();
        let named = find("file").unwrap().arguments(&args).unwrap();
        assert_eq!(
            named.to_json().to_string(),
            r#"{"path":"/etc/x","state":"touch"}"#
        );
    }

    #[test]
    fn what_templates_decide_is_left_open() {
        assert_eq!(
            check(
                "postgresql_db",
                "{name: '{{ n }}', login_port: '{{ port }}', state: '{{ s }}'}"
            ),
            ""
        );
        assert_eq!(
            check(
                "file",
                "{path: '{{ a }}/b', mode: '{{ m }}', recurse: '{{ r }}'}"
            ),
            ""
        );
    }

    #[test]
    fn what_can_not_be_right_is_told() {
        insta::assert_snapshot!(check("command", "{cmd: ls, chidr: /}"), @"t.yml:1:11: `command` has no parameter `chidr`; did you mean `chdir`?");
        insta::assert_snapshot!(check("postgresql_db", "{name: '{{ n }}', login_port: many}"), @"t.yml:1:31: `port`: an integer is wanted here, not the string `many`");
        insta::assert_snapshot!(check("file", "{path: /x, state: directry}"), @"t.yml:1:19: `state`: `directry` is not one of `absent`, `directory`, `file`, `hard`, `link`, `touch`; did you mean `directory`?");
        insta::assert_snapshot!(check("file", "{state: touch}"), @"t.yml:1:1: `file` needs `path`");
        insta::assert_snapshot!(check("file", "{_raw_params: /x}"), @"t.yml:1:15: `file` takes no free text (`/x`); write its parameters as `name: value` lines");
        insta::assert_snapshot!(check("file", "{path: /x, dest: /y}"), @"t.yml:1:12: `path` is given twice; remove one of them");
    }
}
