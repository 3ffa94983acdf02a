//! Tests of paths on the controller.

use super::super::registry::Registry;
use std::path::Path;

pub(super) fn register(to: &mut Registry) {
    for name in ["file", "is_file"] {
        to.test(name, |path: &str| Path::new(path).is_file());
    }
    for name in ["directory", "is_dir"] {
        to.test(name, |path: &str| Path::new(path).is_dir());
    }
    for name in ["link", "is_link"] {
        to.test(name, |path: &str| Path::new(path).is_symlink());
    }
    to.test("exists", |path: &str| Path::new(path).exists());
    to.test("link_exists", |path: &str| {
        Path::new(path).symlink_metadata().is_ok()
    });
    for name in ["abs", "is_abs"] {
        to.test(name, |path: &str| Path::new(path).is_absolute());
    }
}
