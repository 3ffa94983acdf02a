//! What is said of arguments, and what is wrong with those that are given.

use super::types::{converted, name, text};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Arguments by their names.
pub type Spec = BTreeMap<String, Argument>;

/// What is said of an argument. What only its documentation needs is passed over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Argument {
    r#type: Option<String>,
    required: bool,
    default: Option<Value>,
    choices: Option<Vec<Value>>,
    elements: Option<String>,
    options: Option<Spec>,
    aliases: Vec<String>,
    apply_defaults: bool,
    mutually_exclusive: Vec<Vec<String>>,
    required_together: Vec<Vec<String>>,
    required_one_of: Vec<Vec<String>>,
    required_if: Vec<Vec<Value>>,
    required_by: BTreeMap<String, Value>,
}

/// What is wrong with the arguments; nothing where they are as they are said to be.
pub fn held(spec: &Spec, mut given: Map<String, Value>) -> Vec<String> {
    let mut held = Held::default();
    held.all(spec, &mut given);
    held.inner(spec, &mut given);
    if let Some(strangers) = held.strangers() {
        held.errors.push(strangers);
    }
    held.errors
}

#[derive(Default)]
struct Held {
    errors: Vec<String>,
    /// The arguments around what is looked at.
    within: Vec<String>,
    /// What nothing is said of, and what may stand there.
    unknown: Vec<(String, String)>,
}

impl Held {
    fn wrong(&mut self, what: String, join: &str) {
        let place = self.within.join(" -> ");
        self.errors.push(if place.is_empty() {
            what
        } else {
            format!("{what}{join}{place}")
        });
    }

    fn strangers(&self) -> Option<String> {
        let (_, known) = self.unknown.last()?;
        let mut names: Vec<&str> = self.unknown.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        Some(format!(
            "{}. Supported parameters include: {known}.",
            names.join(", ")
        ))
    }

    fn all(&mut self, spec: &Spec, given: &mut Map<String, Value>) {
        for (argument, said) in spec {
            let alias = said.aliases.iter().find(|alias| given.contains_key(*alias));
            if let Some(value) = alias.and_then(|alias| given.remove(alias)) {
                given.entry(argument.clone()).or_insert(value);
            }
        }
        let known: Vec<&str> = spec.keys().map(String::as_str).collect();
        for argument in given
            .keys()
            .filter(|argument| !spec.contains_key(*argument))
        {
            let place = self.within.iter().chain([argument]);
            let place = place.cloned().collect::<Vec<_>>().join(".");
            self.unknown.push((place, known.join(", ")));
        }
        for (argument, said) in spec {
            if let (Some(default), false) = (&said.default, given.contains_key(argument)) {
                given.insert(argument.clone(), default.clone());
            }
        }
        let missing = spec
            .iter()
            .filter(|(argument, said)| said.required && !given.contains_key(*argument));
        let missing: Vec<&str> = missing.map(|(argument, _)| argument.as_str()).collect();
        if !missing.is_empty() {
            self.wrong(
                format!("missing required arguments: {}", missing.join(", ")),
                " found in ",
            );
        }
        for (argument, said) in spec {
            self.typed(argument, said, given);
        }
        for (argument, said) in spec {
            self.chosen(argument, said, given);
        }
    }

    fn typed(&mut self, argument: &str, said: &Argument, given: &mut Map<String, Value>) {
        let Some(value) = given.get(argument).cloned() else {
            return;
        };
        if value.is_null() && !said.required && said.default.is_none() {
            return;
        }
        let wanted = said.r#type.as_deref().unwrap_or("str");
        match converted(wanted, &value) {
            Ok(mut fits) => {
                if let (Some(kind), Value::Array(elements)) = (&said.elements, &mut fits) {
                    for element in elements {
                        self.element(argument, kind, element);
                    }
                }
                given.insert(argument.to_owned(), fits);
            }
            Err(why) => {
                let place = self.within.join(" -> ");
                let place = if place.is_empty() {
                    place
                } else {
                    format!(" found in '{place}'.")
                };
                self.errors.push(format!(
                    "argument '{argument}' is of type {}{place} and we were unable to convert to {wanted}: {why}",
                    name(&value)
                ));
            }
        }
    }

    fn element(&mut self, argument: &str, kind: &str, element: &mut Value) {
        match converted(kind, element) {
            Ok(fits) => *element = fits,
            Err(why) => {
                let place = self.within.join(" -> ");
                let place = if place.is_empty() {
                    place
                } else {
                    format!(" found in '{place}'")
                };
                self.errors.push(format!(
                    "Elements value for option '{argument}'{place} is of type {} and we were unable to convert to {kind}: {why}",
                    name(element)
                ));
            }
        }
    }

    fn chosen(&mut self, argument: &str, said: &Argument, given: &Map<String, Value>) {
        let (Some(choices), Some(value)) = (&said.choices, given.get(argument)) else {
            return;
        };
        let texts = |values: &[&Value]| {
            values
                .iter()
                .map(|value| text(value))
                .collect::<Vec<_>>()
                .join(", ")
        };
        // YAML makes a boolean of a word that is a choice.
        let is = |value: &Value| {
            choices
                .iter()
                .any(|choice| choice == value || text(choice) == text(value))
        };
        let all = texts(&choices.iter().collect::<Vec<_>>());
        match value {
            Value::Array(values) => {
                let others: Vec<&Value> = values.iter().filter(|value| !is(value)).collect();
                if !others.is_empty() {
                    let others = texts(&others);
                    self.wrong(
                        format!("value of {argument} must be one or more of: {all}. Got no match for: {others}"),
                        " found in ",
                    );
                }
            }
            Value::Null if !said.required && said.default.is_none() => {}
            value if !is(value) => {
                let got = text(value);
                self.wrong(
                    format!("value of {argument} must be one of: {all}, got: {got}"),
                    " found in ",
                );
            }
            _ => {}
        }
    }

    /// The arguments in mappings and in lists of mappings.
    fn inner(&mut self, spec: &Spec, given: &mut Map<String, Value>) {
        for (argument, said) in spec {
            let kind = said.r#type.as_deref();
            let mappings = kind == Some("list") && said.elements.as_deref() == Some("dict");
            let Some(inside) = said
                .options
                .as_ref()
                .filter(|_| mappings || kind == Some("dict"))
            else {
                continue;
            };
            if said.apply_defaults && given.get(argument).is_none_or(Value::is_null) {
                given.insert(argument.clone(), Value::Object(Map::new()));
            }
            let Some(value) = given.get_mut(argument).filter(|value| !value.is_null()) else {
                continue;
            };
            let each: Vec<&mut Value> = match value {
                Value::Array(values) => values.iter_mut().collect(),
                other => vec![other],
            };
            self.within.push(argument.clone());
            for one in each {
                let Value::Object(map) = one else {
                    self.errors.push(format!(
                        "value of '{argument}' must be of type dict or list of dicts"
                    ));
                    continue;
                };
                self.all(inside, map);
                self.together(said, map);
                self.inner(inside, map);
            }
            self.within.pop();
        }
    }

    /// What arguments ask of each other.
    fn together(&mut self, said: &Argument, given: &Map<String, Value>) {
        let there = |name: &String| given.contains_key(name);
        for terms in said
            .mutually_exclusive
            .iter()
            .filter(|terms| terms.iter().filter(|name| there(name)).count() > 1)
        {
            self.wrong(
                format!("parameters are mutually exclusive: {}", terms.join("|")),
                " found in ",
            );
        }
        for terms in &said.required_together {
            let count = terms.iter().filter(|name| there(name)).count();
            if count > 0 && count < terms.len() {
                self.wrong(
                    format!("parameters are required together: {}", terms.join(", ")),
                    " found in ",
                );
            }
        }
        for terms in said
            .required_one_of
            .iter()
            .filter(|terms| !terms.iter().any(there))
        {
            self.wrong(
                format!("one of the following is required: {}", terms.join(", ")),
                " found in ",
            );
        }
        for (name, needs) in said.required_by.iter().filter(|(name, _)| there(name)) {
            let needs: Vec<String> = match needs {
                Value::Array(names) => names.iter().map(text).collect(),
                other => vec![text(other)],
            };
            let missing: Vec<String> = needs.into_iter().filter(|name| !there(name)).collect();
            if !missing.is_empty() {
                let what = format!(
                    "missing parameter(s) required by '{name}': {}",
                    missing.join(", ")
                );
                self.wrong(what, " found in ");
            }
        }
        for rule in &said.required_if {
            let (Some(name), Some(value), Some(Value::Array(needs))) =
                (rule.first(), rule.get(1), rule.get(2))
            else {
                continue;
            };
            let any = rule.get(3) == Some(&Value::Bool(true));
            let missing: Vec<String> = needs.iter().map(text).filter(|name| !there(name)).collect();
            let lacks = if any {
                missing.len() == needs.len()
            } else {
                !missing.is_empty()
            };
            if given.get(&text(name)) == Some(value) && lacks {
                let how = if any { "any" } else { "all" };
                let what = format!(
                    "{} is {} but {how} of the following are missing: {}",
                    text(name),
                    text(value),
                    missing.join(", ")
                );
                self.wrong(what, " found in ");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn errors(spec: Value, given: Value) -> String {
        let spec: Spec = serde_json::from_value(spec).unwrap();
        let Value::Object(given) = given else {
            panic!("a mapping")
        };
        held(&spec, given).join("\n")
    }

    #[test]
    fn arguments_that_fit_are_taken() {
        let spec = json!({
            "port": { "type": "int", "required": true, "description": "which" },
            "on": { "type": "bool", "default": false },
            "names": { "type": "list", "elements": "str", "choices": ["a", "b"] },
            "size": { "type": "bytes" },
            "user": { "type": "dict", "options": { "name": { "required": true }, "id": { "type": "int" } } },
        });
        let given = json!({ "port": "5432", "on": "yes", "names": "a,b", "size": "1.5 GB", "user": { "name": "x" } });
        assert_eq!(errors(spec, given), "");
    }

    #[test]
    fn what_is_wrong_is_told_in_ansible_s_words() {
        let spec = json!({
            "port": { "type": "int", "required": true },
            "host": { "required": true },
            "level": { "choices": ["debug", "info"] },
            "names": { "type": "list", "elements": "int", "choices": [1, 2] },
            "users": { "type": "list", "elements": "dict", "options": {
                "name": { "type": "str", "required": true },
                "id": { "type": "int" },
            }, "required_one_of": [["id", "key"]], "mutually_exclusive": [["id", "name"]] },
        });
        let given = json!({
            "port": "many", "level": "loud", "names": [1, "x", 3],
            "users": [{ "id": 1, "name": "n", "nick": "o" }, {}], "stranger": 1,
        });
        insta::assert_snapshot!(errors(spec, given), @r#"
        missing required arguments: host
        Elements value for option 'names' is of type str and we were unable to convert to int: "'x'" cannot be converted to an int
        argument 'port' is of type str and we were unable to convert to int: "'many'" cannot be converted to an int
        value of level must be one of: debug, info, got: loud
        value of names must be one or more of: 1, 2. Got no match for: x, 3
        parameters are mutually exclusive: id|name found in users
        missing required arguments: name found in users
        one of the following is required: id, key found in users
        stranger, users.nick. Supported parameters include: id, name.
        "#);
    }
}
