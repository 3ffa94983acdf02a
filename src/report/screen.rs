//! Where lines go: stdout, with colours and a live region only where a terminal shows them.

use super::echo::Echo;
use super::visible::{steered, visible_json, visible_lines};
use crate::secret::masked;
use anstream::{AutoStream, ColorChoice};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// Takes whole lines, and draws the live region under them.
///
/// A reader that went away (`trueup plan | head`) is no reason to stop a run half-way: what
/// can't be written any more is dropped.
pub struct Screen {
    out: Box<dyn Write + Send>,
    colour: bool,
    width: usize,
    begun: bool,
    live: Option<Live>,
}

/// The lines that a terminal shows at the bottom while something runs.
struct Live {
    multi: MultiProgress,
    bars: Vec<ProgressBar>,
    _echo: Echo,
}

/// Whether somebody may be looking: stdout is a terminal.
pub fn is_watched() -> bool {
    io::stdout().is_terminal()
}

/// How wide headings are where no terminal says so.
const WIDTH: usize = 80;

impl Screen {
    /// Stdout. `NO_COLOR`, `CLICOLOR_FORCE` and `TERM=dumb` are honoured.
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let colour = AutoStream::choice(&stdout) != ColorChoice::Never;
        let can_move = std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        let live = (stdout.is_terminal() && can_move).then(|| Live {
            multi: MultiProgress::with_draw_target(ProgressDrawTarget::stdout()),
            bars: Vec::new(),
            _echo: Echo::without_ctrl_c(),
        });
        Self {
            out: Box::new(stdout),
            colour,
            width: WIDTH,
            begun: false,
            live,
        }
    }

    /// Writes elsewhere, without colours.
    #[cfg(test)]
    pub fn plain(out: Box<dyn Write + Send>) -> Self {
        Self {
            colour: false,
            ..Self::coloured(out)
        }
    }

    /// Writes elsewhere, with colours.
    #[cfg(test)]
    pub fn coloured(out: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            colour: true,
            width: WIDTH,
            begun: false,
            live: None,
        }
    }

    /// Whether there is a live region.
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// How wide headings are.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Writes a blank line, unless nothing stands above it.
    pub fn gap(&mut self) {
        if self.begun {
            self.line("");
        }
    }

    /// Writes a line (or several, parted by newlines) above the live region.
    pub fn line(&mut self, text: &str) {
        self.begun = true;
        let Self {
            out, colour, live, ..
        } = self;
        let mut write = || {
            let text = coloured(text, *colour);
            // The reader may have gone away; see the type's words on that.
            let _ = writeln!(out, "{text}").and_then(|()| out.flush());
        };
        match live {
            Some(live) => live.multi.suspend(write),
            None => write(),
        }
    }

    /// Takes the live region away for good.
    pub fn close(&mut self) {
        self.draw(&[]);
        self.live = None;
    }

    /// Says something on stderr without tearing the live region.
    pub fn aside(&mut self, text: &str) {
        match &self.live {
            Some(live) => live.multi.suspend(|| aside(text)),
            None => aside(text),
        }
    }

    /// Draws the live region: these lines and no others.
    pub fn draw(&mut self, lines: &[String]) {
        let Some(live) = &mut self.live else { return };
        while live.bars.len() > lines.len() {
            if let Some(bar) = live.bars.pop() {
                bar.finish_and_clear();
                live.multi.remove(&bar);
            }
        }
        while live.bars.len() < lines.len() {
            let style = ProgressStyle::with_template("{wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = live.multi.add(ProgressBar::new_spinner().with_style(style));
            live.bars.push(bar);
        }
        for (bar, line) in live.bars.iter().zip(lines) {
            bar.set_message(coloured(line, self.colour));
        }
    }
}

/// The text with its colours, or without, and without secrets; nothing else in it steers the terminal.
fn coloured(text: &str, colour: bool) -> String {
    let text = masked(text);
    let text = steered(&text);
    if colour {
        text.into_owned()
    } else {
        anstream::adapter::strip_str(&text).to_string()
    }
}

/// Prints a line to stderr.
pub fn aside(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", visible_lines(&masked(text)));
}

/// Prints a text without colours and secrets to stdout; a reader that went away is no error.
pub fn print(text: &str) {
    write(&visible_lines(text));
}

/// Prints a value to stdout as JSON that a person can read too.
pub fn print_json(value: &impl Serialize) -> Result<(), serde_json::Error> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    write(&visible_json(&text));
    Ok(())
}

fn write(text: &str) {
    let mut out = io::stdout().lock();
    let text = masked(text);
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
