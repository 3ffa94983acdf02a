//! Hosts lose their power or their network, and get them again.

use crate::drill::site::Commands;

/// What is done to a host from outside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Power off.
    Off,
    /// Power on.
    On,
    /// Network off.
    Cut,
    /// Network on.
    Heal,
}

impl Turn {
    /// The variable that names the command for it.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Off => "power_off_command",
            Self::On => "power_on_command",
            Self::Cut => "cut_command",
            Self::Heal => "heal_command",
        }
    }
}

impl Commands {
    /// The command for this, if the inventory says one.
    pub(super) fn of(&self, turn: Turn) -> Option<&str> {
        match turn {
            Turn::Off => self.power_off.as_deref(),
            Turn::On => self.power_on.as_deref(),
            Turn::Cut => self.cut.as_deref(),
            Turn::Heal => self.heal.as_deref(),
        }
    }
}
