//! Ansible's tests.

mod compare;
mod path;
mod result;
mod set;
mod text;
mod truth;
mod version;

use super::registry::Registry;
pub(super) use version::compare as compare_versions;

pub(super) fn register(to: &mut Registry) {
    compare::register(to);
    path::register(to);
    result::register(to);
    set::register(to);
    text::register(to);
    truth::register(to);
    version::register(to);
    super::filters::register_tests(to);
}
