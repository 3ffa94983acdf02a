//! The progress of what is no run: a lab that boots, an image that is built.

use super::Screen;
use super::style::{DIM, paint};
use super::visible::{visible, visible_lines};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tells steps, from several threads too.
pub struct Steps(Mutex<Screen>);

impl Steps {
    /// On stdout.
    pub fn open() -> Self {
        Self(Mutex::new(Screen::stdout()))
    }

    /// Something is done: a line that stays.
    pub fn done(&self, text: &str) {
        let mut screen = self.screen();
        screen.draw(&[]);
        screen.line(&visible_lines(text));
    }

    /// Something goes on: on a terminal a line that the next one takes the place of.
    pub fn doing(&self, text: &str) {
        let mut screen = self.screen();
        if screen.is_live() {
            screen.draw(&[paint(DIM, visible(text))]);
        } else {
            screen.line(&visible_lines(text));
        }
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        // A thread that panicked leaves the screen as usable as it was.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.screen().draw(&[]);
    }
}
