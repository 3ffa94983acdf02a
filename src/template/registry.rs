//! Everything that templates can call, with its names, so that an unknown name is found without
//! a variable known and the right one can be suggested.

use minijinja::functions::Function;
use minijinja::value::{FunctionArgs, FunctionResult};
use minijinja::{Environment, Value};
use std::collections::BTreeSet;

/// An environment in the making, and the names in it.
pub(super) struct Registry {
    environment: Environment<'static>,
    filters: BTreeSet<&'static str>,
    tests: BTreeSet<&'static str>,
    functions: BTreeSet<&'static str>,
    lookups: BTreeSet<&'static str>,
    /// The full names of what collections have, as templates write them.
    foreign: BTreeSet<String>,
}

/// What Ansible's own filters, tests and lookups may be called by in full.
const OWN: [&str; 2] = ["ansible.builtin.", "ansible.legacy."];

/// The collections whose filters and tests are here.
pub(super) const GENERAL: &[&str] = &["community.general"];
/// Those that know addresses; `ansible.netcommon` had them first.
pub(super) const UTILS: &[&str] = &["ansible.utils", "ansible.netcommon"];

/// A name without Ansible's own collection before it.
pub(super) fn short(name: &str) -> &str {
    OWN.iter()
        .find_map(|own| name.strip_prefix(own))
        .unwrap_or(name)
}

/// The filters of the template engine itself that are Ansible's as they are.
const ENGINE_FILTERS: &[&str] = &[
    "attr", "count", "escape", "e", "first", "items", "last", "length", "list", "pprint", "reject",
    "reverse", "safe", "select", "string", "trim",
];

/// The tests of the template engine itself that are Ansible's as they are.
const ENGINE_TESTS: &[&str] = &[
    "boolean",
    "defined",
    "endingwith",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "integer",
    "iterable",
    "lower",
    "mapping",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// The functions of the template engine itself.
const ENGINE_FUNCTIONS: &[&str] = &["namespace", "range"];

impl Registry {
    pub(super) fn new(mut environment: Environment<'static>) -> Self {
        environment.remove_global("debug");
        Self {
            environment,
            filters: ENGINE_FILTERS.iter().copied().collect(),
            tests: ENGINE_TESTS.iter().copied().collect(),
            functions: ENGINE_FUNCTIONS.iter().copied().collect(),
            lookups: BTreeSet::new(),
            foreign: BTreeSet::new(),
        }
    }

    /// Whether a collection's filter or test is called so in full.
    pub(super) fn is_foreign(&self, name: &str) -> bool {
        self.foreign.contains(name)
    }

    pub(super) fn environment(&self) -> &Environment<'static> {
        &self.environment
    }

    pub(super) fn filters(&self) -> &BTreeSet<&'static str> {
        &self.filters
    }

    pub(super) fn tests(&self) -> &BTreeSet<&'static str> {
        &self.tests
    }

    pub(super) fn functions(&self) -> &BTreeSet<&'static str> {
        &self.functions
    }

    pub(super) fn lookups(&self) -> &BTreeSet<&'static str> {
        &self.lookups
    }

    /// Adds the names that `lookup` knows.
    pub(super) fn set_lookups(&mut self, names: impl IntoIterator<Item = &'static str>) {
        self.lookups = names.into_iter().collect();
    }

    /// Adds a filter, under Ansible's full name too.
    pub(super) fn filter<F, Rv, Args>(&mut self, name: &'static str, f: F)
    where
        F: Function<Rv, Args> + Clone,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        self.filters.insert(name);
        for own in OWN {
            self.environment
                .add_filter(format!("{own}{name}"), f.clone());
        }
        self.environment.add_filter(name, f);
    }

    /// Adds a filter of collections, under its full names and its short one.
    pub(super) fn filter_of<F, Rv, Args>(&mut self, collections: &[&str], name: &'static str, f: F)
    where
        F: Function<Rv, Args> + Clone,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        for collection in collections {
            let full = format!("{collection}.{name}");
            self.environment.add_filter(full.clone(), f.clone());
            self.foreign.insert(full);
        }
        if self.filters.insert(name) {
            self.environment.add_filter(name, f);
        }
    }

    /// Adds a test, under Ansible's full name too.
    pub(super) fn test<F, Rv, Args>(&mut self, name: &'static str, f: F)
    where
        F: Function<Rv, Args> + Clone,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        self.tests.insert(name);
        for own in OWN {
            self.environment.add_test(format!("{own}{name}"), f.clone());
        }
        self.environment.add_test(name, f);
    }

    /// Adds a test of a collection, under its full name alone.
    pub(super) fn test_of<F, Rv, Args>(&mut self, collection: &str, name: &str, f: F)
    where
        F: Function<Rv, Args> + Clone,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        let full = format!("{collection}.{name}");
        self.environment.add_test(full.clone(), f);
        self.foreign.insert(full);
    }

    /// Adds a function.
    pub(super) fn function<F, Rv, Args>(&mut self, name: &'static str, f: F)
    where
        F: Function<Rv, Args>,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        self.functions.insert(name);
        self.environment.add_global(name, Value::from_function(f));
    }
}
