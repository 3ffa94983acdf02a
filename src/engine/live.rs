//! What of a step's output is told while it runs: all of it, unless it is a flood.

use std::time::Instant;

/// How much is told at once.
const BURST: usize = 256 << 10;
/// How much of a flood is told each second: hours of it stay readable, and its log small.
const RATE: usize = 4 << 10;
/// A line without end is told in pieces.
const LINE: usize = 8 << 10;

/// What is told now.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// Whole lines.
    pub text: String,
    /// How many bytes came before them that are not told.
    pub left_out: u64,
}

/// The output of one step.
pub struct Live {
    rest: Vec<u8>,
    room: usize,
    dry: bool,
    since: Instant,
    told: u64,
    left_out: u64,
}

impl Live {
    /// Nothing yet.
    pub fn new(now: Instant) -> Self {
        Self {
            rest: Vec::new(),
            room: BURST,
            dry: false,
            since: now,
            told: 0,
            left_out: 0,
        }
    }

    /// More was printed; what is to be told of it.
    pub fn take(&mut self, bytes: &[u8], now: Instant) -> Option<Told> {
        self.rest.extend_from_slice(bytes);
        let whole = self.rest.iter().rposition(|&byte| byte == b'\n');
        let end = match whole {
            Some(at) => at + 1,
            None if self.rest.len() > LINE => self.rest.len(),
            None => return None,
        };
        let rest = self.rest.split_off(end);
        let lines = std::mem::replace(&mut self.rest, rest);
        self.tell(&lines, now)
    }

    /// The step has ended, having printed `total` bytes: what is still to be told.
    pub fn end(&mut self, total: u64, now: Instant) -> Option<Told> {
        let lines = std::mem::take(&mut self.rest);
        let last = self.tell(&lines, now);
        // What the reader was too slow for is counted too.
        let missing = total.saturating_sub(self.told);
        match last {
            Some(last) => Some(last),
            None if missing > 0 => Some(Told {
                text: String::new(),
                left_out: missing,
            }),
            None => None,
        }
    }

    fn tell(&mut self, lines: &[u8], now: Instant) -> Option<Told> {
        let waited = now.duration_since(self.since).as_millis();
        let more = usize::try_from(waited)
            .unwrap_or(BURST)
            .saturating_mul(RATE)
            / 1000;
        if more > 0 {
            self.room = self.room.saturating_add(more).min(BURST);
            self.since = now;
        }
        // A flood is told once a second, not line by line.
        self.dry &= self.room < RATE;
        let fits = if self.dry {
            0
        } else {
            fitting(lines, self.room)
        };
        self.dry |= fits < lines.len();
        self.room -= fits;
        let told = (fits > 0).then(|| Told {
            text: String::from_utf8_lossy(&lines[..fits]).into_owned(),
            left_out: std::mem::take(&mut self.left_out),
        });
        if let Some(told) = &told {
            self.told += fits as u64 + told.left_out;
        }
        self.left_out += (lines.len() - fits) as u64;
        told
    }
}

/// How many bytes of these lines fit, in whole lines where there are any.
fn fitting(lines: &[u8], room: usize) -> usize {
    if lines.len() <= room {
        return lines.len();
    }
    let whole = lines[..room].iter().rposition(|&byte| byte == b'\n');
    whole.map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_no_flood_is_told_whole() {
        let now = Instant::now();
        let mut live = Live::new(now);
        let told = |text: &str| {
            Some(Told {
                text: text.to_owned(),
                left_out: 0,
            })
        };
        assert_eq!(live.take(b"a\nb", now), told("a\n"));
        assert_eq!(live.take(b"c", now), None);
        assert_eq!(live.take(b"\n", now), told("bc\n"));
        assert_eq!(live.take(b"rest", now), None);
        assert_eq!(live.end(9, now), told("rest"));
    }

    #[test]
    fn a_flood_is_told_in_part_and_the_rest_is_counted() {
        let begun = Instant::now();
        let mut live = Live::new(begun);
        let block = b"0123456\n".repeat(4096);
        let (mut printed, mut texts, mut left_out, mut events) = (0, 0, 0, 0);
        for block_number in 0..10_000_u64 {
            // 32 MB a second, for ten seconds.
            let now = begun + Duration::from_millis(block_number);
            printed += block.len() as u64;
            if let Some(told) = live.take(&block, now) {
                assert!(told.text.starts_with("0123456\n") && told.text.ends_with('\n'));
                texts += told.text.len();
                left_out += told.left_out;
                events += 1;
            }
        }
        assert!((BURST..=BURST + 11 * RATE).contains(&texts), "{texts}");
        assert!(events < 30, "{events}");
        // The reader was too slow for some, which counts as well.
        let last = live
            .end(printed + 7, begun + Duration::from_secs(10))
            .unwrap();
        assert_eq!(texts as u64 + left_out + last.left_out, printed + 7);
    }

    #[test]
    fn a_line_without_end_is_told_in_pieces() {
        let now = Instant::now();
        let mut live = Live::new(now);
        for _ in 0..1000 {
            live.take(&[b'x'; 1 << 10], now);
            assert!(live.rest.len() <= LINE + (1 << 10));
        }
        assert!(live.end(1000 << 10, now).unwrap().left_out > 0);
    }
}
