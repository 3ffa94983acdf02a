//! Plugs.

use crate::lab::Lab;

/// Pulls the plug of hosts at once.
#[track_caller]
pub fn poweroff(lab: &Lab, hosts: &[&str]) {
    lab.lab(&[&["poweroff"], hosts].concat());
}

/// Puts it in again.
#[track_caller]
pub fn poweron(lab: &Lab, hosts: &[&str]) {
    lab.lab(&[&["poweron"], hosts].concat());
}
