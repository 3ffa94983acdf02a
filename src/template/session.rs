//! One templar's variables, looked up and rendered when they are needed.

use super::compile;
use super::convert::{has_templates, is_template, settle, to_value};
use super::error::{Fault, carried};
use super::lazy::{Lazy, Path};
use super::omit::omit;
use super::pending::{pending, unknown};
use super::trace::Nested;
use super::translate::{Origin, described, fault};
use super::{Lookups, Scope, Var, limits, lookups, nodes, trace};
use crate::diag::{Diag, Span};
use crate::secret;
use crate::yaml::{Node, Value as Yaml};
use minijinja::value::{Enumerator, Kwargs, Object, ValueKind};
use minijinja::{State, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The name under which functions and filters find the session. No variable can have it.
const SELF: &str = "\0session";

/// One templar's variables.
pub(super) struct Session {
    pub(super) scope: Arc<dyn Scope>,
    pub(super) lookups: Arc<Lookups>,
    known: Mutex<HashMap<String, Known>>,
    this: Weak<Session>,
}

/// A variable that was rendered.
#[derive(Clone)]
struct Known {
    value: Value,
    /// Whether outsiders have a part in it.
    told: bool,
}

impl Known {
    fn used(self) -> Value {
        if self.told {
            trace::note_told();
        }
        self.value
    }
}

impl Session {
    pub(super) fn new(scope: Arc<dyn Scope>, lookups: Arc<Lookups>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            scope,
            lookups,
            known: Mutex::default(),
            this: this.clone(),
        })
    }

    /// The session in whose templates a function or filter was called.
    pub(super) fn of(state: &State) -> Option<Arc<Self>> {
        state
            .lookup(SELF)?
            .downcast_object_ref::<Root>()?
            .0
            .upgrade()
    }

    /// What templates are rendered with.
    pub(super) fn root(&self) -> Value {
        Value::from_object(Root(self.this.clone()))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        // What a thread that panicked left behind is still a map of whole values.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The variable `name`; a failure is an invalid value, except that what rests on an undefined
    /// variable is undefined itself.
    pub(super) fn variable(&self, name: &str) -> Option<Value> {
        let value = self.found(name)?;
        if secret::is_secret_name(name)
            && let Some(text) = value.as_str()
        {
            secret::hide(text);
        }
        Some(value)
    }

    fn found(&self, name: &str) -> Option<Value> {
        match self.scope.get(name) {
            Some(Var::Own(value)) => Some(value),
            Some(Var::Value(value)) => {
                trace::note_told();
                Some(value)
            }
            Some(Var::Pending { known, until, .. }) if known.is_undefined() => {
                trace::note_told();
                Some(unknown(&until))
            }
            Some(Var::Pending { known, until, runs }) => {
                trace::note_told();
                Some(pending(known, until, runs))
            }
            Some(Var::Node(node)) => self.stored(&node, &Path::new(name)),
            None if name == "omit" => Some(omit()),
            None if name == "vars" => Some(self.root()),
            None => None,
        }
    }

    /// What stands at `path` below `root`.
    pub(super) fn stored(&self, root: &Arc<Node>, path: &Path) -> Option<Value> {
        let node = path.find(root)?;
        if !has_templates(node) {
            if node.is_told() {
                trace::note_told();
            }
            return Some(to_value(node));
        }
        if trace::is_deep() {
            let diag = Diag::error(format!(
                "`{path}` holds itself, or stands too deep in others"
            ))
            .at(&node.span, "")
            .help("give it a value that does not use what it stands in");
            return Some(trace::refuse(diag));
        }
        if let Some(diag) = limits::refused(trace::count_part(), &node.span) {
            return Some(trace::refuse(diag));
        }
        let name = path.to_string();
        let known = self.known().get(&name).cloned();
        if let Some(known) = known {
            return Some(known.used());
        }
        let ((result, volatile), told) = trace::noting_outsiders(|| {
            trace::volatile(|| {
                trace::evaluating(std::ptr::from_ref(self).addr(), &name, || {
                    self.rendered(node, root, path)
                })
                .unwrap_or_else(|nested| Err(too_nested(&nested, &node.span)))
            })
        });
        match result {
            Ok(value) => {
                if !volatile {
                    let value = value.clone();
                    self.known().insert(name, Known { value, told });
                }
                Some(value)
            }
            Err(Fault::Undefined(why)) => {
                trace::note_undefined(&name, why);
                None
            }
            Err(fault) => Some(Value::from(minijinja::Error::from(fault))),
        }
    }

    fn rendered(&self, node: &Node, root: &Arc<Node>, path: &Path) -> Result<Value, Fault> {
        match &node.value {
            Yaml::Str(text) => self.text(text, &node.span),
            _ => Ok(Value::from_object(Lazy {
                session: self.this.clone(),
                root: root.clone(),
                path: path.clone(),
            })),
        }
    }

    /// The value of a text that may have templates in it; what is lazy in it stays lazy.
    pub(super) fn text(&self, text: &str, span: &Span) -> Result<Value, Fault> {
        self.run(&compile::text, text, span, Ok)
    }

    /// The value of a text that may have templates in it, computed to the end.
    pub(super) fn settled(&self, text: &str, span: &Span) -> Result<Value, Fault> {
        if !is_template(text) {
            return Ok(Value::from(text));
        }
        self.run(&compile::text, text, span, |value| settle(&value))
    }

    /// The value of a bare expression, computed to the end. Braces around it are forgiven.
    pub(super) fn expression(&self, text: &str, span: &Span) -> Result<Value, Fault> {
        self.bare(&compile::expression, text, span)
    }

    /// The value of a condition.
    pub(super) fn condition(&self, text: &str, span: &Span) -> Result<Value, Fault> {
        self.bare(&compile::condition, text, span)
    }

    fn bare(
        &self,
        compile: &dyn Fn(&str) -> Arc<compile::Result>,
        text: &str,
        span: &Span,
    ) -> Result<Value, Fault> {
        if text.trim_start().starts_with("{{") || text.contains("{%") {
            return self.settled(text.trim(), span);
        }
        self.run(compile, text, span, |value| settle(&value))
    }

    /// What the lookup `name` finds for `terms`.
    pub(super) fn lookup(&self, name: &str, terms: &Node) -> Result<Vec<Value>, Fault> {
        let value = nodes::value(self, terms)?;
        let failed = |error: &minijinja::Error| match carried(error) {
            Some(fault) => fault.seen_from(&terms.span),
            None => Fault::bad(described(error).at(&terms.span, "")),
        };
        let listed = matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable);
        let terms = if listed {
            value.try_iter().map_err(|error| failed(&error))?.collect()
        } else {
            vec![value]
        };
        // A session lives as long as its templar, which is what calls this.
        let Some(session) = self.this.upgrade() else {
            return Ok(Vec::new());
        };
        lookups::run(
            session,
            name,
            terms,
            std::iter::empty::<(&str, Value)>().collect::<Kwargs>(),
        )
        .map_err(|error| failed(&error))
    }

    fn run(
        &self,
        compile: &dyn Fn(&str) -> Arc<compile::Result>,
        text: &str,
        span: &Span,
        end: impl FnOnce(Value) -> Result<Value, minijinja::Error>,
    ) -> Result<Value, Fault> {
        let compiled = compile(text);
        let compiled = match &*compiled {
            Ok(compiled) => compiled,
            Err(broken) => return Err(broken.fault(span)),
        };
        let origin = Origin::Scalar { compiled, span };
        let failed = |error: minijinja::Error| fault(self, &error, &origin);
        let (value, emitted) = trace::watched(|| compiled.evaluate(self.root()).map_err(failed))?;
        let printed = value.as_str().map(str::len).filter(|_| compiled.prints());
        if value
            .as_str()
            .is_some_and(|text| text.len() > limits::LONGEST)
        {
            return Err(failed(limits::too_long()));
        }
        let value = match (printed, emitted.last) {
            // Nothing but one value was printed: the text keeps its type.
            (Some(bytes), Some(only)) if emitted.times == 1 && bytes == emitted.bytes => only,
            (Some(0), None) => Value::from(()),
            _ => value,
        };
        if value.is_undefined() {
            return Err(failed(minijinja::Error::from(
                minijinja::ErrorKind::UndefinedError,
            )));
        }
        let (value, _) = trace::watched(|| end(value).map_err(failed))?;
        Ok(value)
    }
}

pub(super) fn too_nested(nested: &Nested, span: &Span) -> Fault {
    Fault::bad(match nested {
        Nested::Cycle(chain) => {
            let name = chain.first().map_or("", String::as_str);
            let what = if name.contains(' ') {
                name.to_owned()
            } else {
                format!("the variable `{name}`")
            };
            Diag::error(format!("{what} needs itself: {}", chain.join(" -> ")))
                .at(span, "")
                .help("give one of them a value that does not use the others")
        }
        Nested::TooDeep => Diag::error("too many variables rest on each other in one chain")
            .at(span, "")
            .help("shorten the chain"),
    })
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

/// A session as the context of templates.
#[derive(Debug)]
struct Root(Weak<Session>);

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if key == SELF {
            return Some(Value::from_dyn_object(self.clone()));
        }
        self.0.upgrade()?.variable(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self
            .0
            .upgrade()
            .map(|session| session.scope.names())
            .unwrap_or_default();
        Enumerator::Values(names.into_iter().map(Value::from).collect())
    }
}
