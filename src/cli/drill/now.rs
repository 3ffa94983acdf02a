//! What the clients have right now: a small curve, rates, and how long writes have been waiting.

use super::view::clock;
use crate::drill::report::Slice;
use crate::drill::said;
use crate::report::span;
use crate::report::style::{GREEN, MAGENTA, RED, YELLOW, paint};
use anstyle::Style;
use std::collections::VecDeque;
use std::time::Duration;

/// How many slices the small curve shows.
const CURVE: usize = 40;
/// From how long on (in seconds) it is said that nothing was acknowledged.
const STOPPED: f64 = 1.0;

const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last slices, and the last success.
#[derive(Default)]
pub struct Now {
    slices: VecDeque<Slice>,
    acknowledged: Option<f64>,
    stopped: bool,
}

impl Now {
    /// Whether anything was measured.
    pub fn is_known(&self) -> bool {
        !self.slices.is_empty()
    }

    /// Takes in a slice; that writes stopped, or go on, is a line that stays.
    pub fn hear(&mut self, slice: Slice) -> Vec<String> {
        let mut lines = Vec::new();
        if slice.acknowledged > 0 {
            let last = self.acknowledged.replace(slice.from + slice.seconds);
            let gap = last.map_or(0.0, |last| slice.from - last);
            if std::mem::take(&mut self.stopped) && gap >= STOPPED {
                let words = format!("writes go on after about {}", said::length(gap));
                lines.push(format!("{}   {}", clock(slice.from), paint(GREEN, words)));
            }
        } else if let Some(last) = self.acknowledged {
            let since = slice.from + slice.seconds - last;
            if since >= STOPPED && !std::mem::replace(&mut self.stopped, true) {
                let words = "no write is acknowledged any more";
                lines.push(format!("{}   {}", clock(last), paint(RED, words)));
            }
        }
        self.slices.push_back(slice);
        while self.slices.len() > CURVE {
            self.slices.pop_front();
        }
        lines
    }

    /// Acknowledged writes as a small curve; red where there were none, yellow where some were refused.
    pub fn curve(&self) -> String {
        let most = self.slices.iter().map(|slice| slice.acknowledged).max();
        let most = most.unwrap_or(0).max(1);
        let bar = |slice: &Slice| {
            let height = (slice.acknowledged * 7).div_ceil(most);
            let height = usize::try_from(height).unwrap_or(0).min(7);
            let style = match slice {
                Slice { unknown: 1.., .. } => MAGENTA,
                Slice { refused: 1.., .. } => YELLOW,
                Slice {
                    acknowledged: 0, ..
                } => RED,
                _ => GREEN,
            };
            paint(style, HEIGHTS[height])
        };
        let blanks = " ".repeat(CURVE - self.slices.len());
        blanks + &self.slices.iter().map(bar).collect::<String>()
    }

    /// `412/s written, 900/s read`, and how long writes have been waiting.
    pub fn rates(&self, now: f64) -> String {
        let recent = || self.slices.iter().rev().take(2);
        let seconds: f64 = recent().map(|slice| slice.seconds).sum();
        let rate = |field: fn(&Slice) -> u64| {
            // A count of transactions is far below what a float holds exactly.
            #[allow(clippy::cast_precision_loss)]
            let number = recent().map(field).sum::<u64>() as f64;
            number / seconds.max(0.1)
        };
        let shown = |number: f64, word: &str, style: Option<Style>| {
            let words = format!("{number:.0}/s {word}");
            style.map_or(words.clone(), |style| paint(style, words))
        };
        let mut words = vec![shown(rate(|slice| slice.acknowledged), "written", None)];
        let unhappy = [
            (rate(|slice| slice.refused), "refused", YELLOW),
            (rate(|slice| slice.unknown), "unknown", MAGENTA),
        ];
        for (number, word, style) in unhappy {
            if number > 0.0 {
                words.push(shown(number, word, Some(style)));
            }
        }
        words.push(shown(rate(|slice| slice.reads), "read", None));
        let waiting = self.acknowledged.map_or(0.0, |last| now - last);
        if self.stopped && waiting >= STOPPED {
            let since = span(Duration::from_secs_f64(waiting));
            words.push(paint(RED, format!("no write for {since}")));
        }
        words.join(", ")
    }
}
