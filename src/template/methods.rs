//! The methods of Python's strings, mappings and lists that playbooks call.

use minijinja::{Error, State, Value};

/// Calls `name` on `value`.
pub(super) fn call(
    state: &mut State,
    value: &Value,
    name: &str,
    args: &[Value],
) -> Result<Value, Error> {
    minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args)
}
