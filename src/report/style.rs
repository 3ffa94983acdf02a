//! The few colours, Ansible's where Ansible has one. `Screen` takes them out where they don't belong.

use super::thing::mark;
use crate::modules::Sign;
use anstyle::{AnsiColor, Style};
use std::fmt::Display;

/// Headings.
pub const BOLD: Style = Style::new().bold();
/// What matters less.
pub const DIM: Style = Style::new().dimmed();
/// As declared.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// Changed.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Failed, taken away.
pub const RED: Style = AnsiColor::Red.on_default();
/// Skipped, hunks of a diff.
pub const CYAN: Style = AnsiColor::Cyan.on_default();
/// Unknown, warnings.
pub const MAGENTA: Style = AnsiColor::Magenta.on_default();

/// The text in a style.
pub fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// How a change is marked.
pub fn sign(sign: Sign) -> (char, Style) {
    let colour = match sign {
        Sign::Add => GREEN,
        Sign::Modify | Sign::Run => YELLOW,
        Sign::Remove => RED,
    };
    (mark(sign), colour)
}
