//! The run, told: a terminal's lines, JSON lines, diffs, diagnostics. Only this room and `cli` print.
//!
//! The engine sends [`Event`]s over a bounded channel; [`drain`] hands them to a [`Reporter`].

mod by_host;
mod change;
mod copying;
mod diagnostic;
mod echo;
mod gate;
mod held;
mod html;
mod human;
mod json;
mod line;
mod plan;
mod running;
mod screen;
mod span;
mod steps;
mod stream;
pub mod style;
mod tally;
mod thing;
mod truth;
mod value;
mod visible;

pub use diagnostic::{print_diags, render_diag};
pub use html::{Html, STYLE};
pub use plan::{Unwritten, Wanted};
pub use screen::{Screen, aside, is_watched, print, print_json};
pub use span::span;
pub use steps::Steps;
pub use tally::count;
pub use truth::{Truth, Unreadable};
pub use visible::{steers, visible};

use crate::engine::Event;
use plan::{Document, Pages};
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// How often live progress is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Who asks to stop this often does not wait for anything any longer.
pub const LEAVE: u8 = 3;

/// In which form a run is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: headings, signs, diffs, a recap.
    #[default]
    Human,
    /// For programs: one JSON object a line, as docs/events.md defines it.
    Json,
}

/// In which order a plan is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// Task by task.
    #[default]
    Task,
    /// Host by host.
    Host,
}

/// How a run is told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// In which form.
    pub format: Format,
    /// How much: 1 shows results, 2 where tasks stand and what their steps do, 3 all output.
    pub verbosity: u8,
    /// Whether `apply` shows changes as `plan` always does.
    pub diff: bool,
    /// In which order a plan is told to people.
    pub by: By,
    /// What of a plan is written besides.
    pub pages: Wanted,
    /// What the user typed after the verb, for the command that comes next.
    pub arguments: String,
    /// What applies the plan that is saved, or goes on with it, after the verb.
    pub saved: Option<String>,
}

/// Tells a run as its events come.
pub trait Reporter: Send {
    /// Something happened.
    fn event(&mut self, event: &Event);

    /// Time went by; live progress is drawn anew.
    fn tick(&mut self) {}

    /// The run has ended, or is not waited for any longer.
    fn end(&mut self) -> Result<(), Unwritten> {
        Ok(())
    }

    /// The user asked to stop, for the `asked`th time.
    fn stopping(&mut self, asked: u8) {
        aside(stopping_words(asked));
    }
}

fn stopping_words(asked: u8) -> &'static str {
    match asked {
        0 | 1 => "Stopping: nothing new starts, what runs may end. Ctrl-C again ends it.",
        LEAVE.. => "Leaving: what runs on the hosts goes on.",
        _ => {
            "Ending what runs, but for package managers, which would leave a host half-way. \
             Ctrl-C again leaves at once."
        }
    }
}

/// The reporter that writes to stdout in the form that is asked for, and the pages that are.
pub fn open(mut options: Options) -> Result<Box<dyn Reporter>, Unwritten> {
    let pages = std::mem::take(&mut options.pages);
    let mut document = Document::new(options.arguments.clone());
    document.saved.clone_from(&options.saved);
    let inner: Box<dyn Reporter> = match options.format {
        Format::Human => Box::new(human::Human::new(Screen::stdout(), options)),
        Format::Json => Box::new(json::JsonLines::new(Screen::stdout())),
    };
    if pages.is_none() {
        return Ok(inner);
    }
    Ok(Box::new(Pages::beside(inner, pages, document)?))
}

/// Hands events to the reporter until the engine has dropped its sender, or the user won't wait
/// for that: `stop` counts how often they asked to stop.
pub async fn drain(
    mut events: Receiver<Event>,
    mut stop: watch::Receiver<u8>,
    mut reporter: Box<dyn Reporter>,
) -> Result<(), Unwritten> {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => reporter.event(&event),
                None => break,
            },
            Ok(()) = stop.changed() => {
                let asked = *stop.borrow_and_update();
                reporter.stopping(asked);
                if asked >= LEAVE {
                    break;
                }
            }
            _ = ticks.tick() => reporter.tick(),
        }
    }
    reporter.end()
}
