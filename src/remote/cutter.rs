//! A stream that is cut at marks.

/// How much of a step's output is kept, from its end.
const KEEP: usize = 16 << 20;
/// How much more comes together before what is too much is dropped: dropping moves the rest.
const SLACK: usize = 8 << 20;

/// One of the two streams that come back. It grows as it is fed: whoever feeds it says how far.
#[derive(Default)]
pub(super) struct Cutter {
    bytes: Vec<u8>,
    searched: usize,
    shown: usize,
    dropped: u64,
}

/// What stood before a mark.
pub(super) struct Piece {
    /// What of it is there.
    pub bytes: Vec<u8>,
    /// How many bytes came before that and were dropped.
    pub dropped: u64,
    /// The rest of the mark's line.
    pub words: String,
}

impl Cutter {
    /// More of it came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// How much is held.
    pub fn held(&self) -> usize {
        self.bytes.len()
    }

    /// Of an endless output only the end is kept; what may be part of a mark is not touched.
    pub fn keep_the_end(&mut self) {
        if self.bytes.len() > KEEP + SLACK {
            let spare = self.searched.min(self.bytes.len() - KEEP);
            self.bytes.drain(..spare);
            self.searched -= spare;
            self.shown = self.shown.saturating_sub(spare);
            self.dropped += spare as u64;
        }
    }

    /// Drops all that is held: it is nobody's answer.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// What stands before the mark, and the rest of the mark's line; `None` until it came whole.
    pub fn cut(&mut self, mark: &str) -> Option<Piece> {
        let at = self.find(mark.as_bytes())?;
        let after = at + mark.len();
        let end = after + self.bytes[after..].iter().position(|&byte| byte == b'\n')?;
        let rest = String::from_utf8_lossy(&self.bytes[after..end])
            .trim()
            .to_owned();
        let mut before = std::mem::take(&mut self.bytes);
        self.bytes = before.split_off(end + 1);
        before.truncate(at);
        (self.searched, self.shown) = (0, 0);
        Some(Piece {
            bytes: before,
            dropped: std::mem::take(&mut self.dropped),
            words: rest,
        })
    }

    /// All that is held, where no mark came.
    pub fn take(&mut self) -> Piece {
        let all = std::mem::take(self);
        Piece {
            bytes: all.bytes,
            dropped: all.dropped,
            words: String::new(),
        }
    }

    /// Whether a prompt came, which ends without a newline; it is taken out with all before it.
    /// It is looked for beside another mark, so each search begins anew.
    pub fn cut_prompt(&mut self, prompt: &str) -> bool {
        self.searched = 0;
        let found = self.find(prompt.as_bytes());
        if let Some(at) = found {
            self.bytes.drain(..at + prompt.len());
        }
        self.searched = 0;
        found.is_some()
    }

    /// What can be shown by now: not shown before, and surely no part of the mark.
    pub fn fresh(&mut self, mark: &str) -> Vec<u8> {
        let end = match self.find(mark.as_bytes()) {
            Some(at) => at,
            None => self.searched,
        };
        let fresh = self.bytes.get(self.shown..end).unwrap_or_default().to_vec();
        self.shown = self.shown.max(end);
        fresh
    }

    /// All that came and was not cut off.
    pub fn rest(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the mark begins. `searched` then stands there, or where a mark may have begun that
    /// has not come whole, or at the end.
    fn find(&mut self, mark: &[u8]) -> Option<usize> {
        let first = *mark.first()?;
        while let Some(at) = self.bytes[self.searched..]
            .iter()
            .position(|&byte| byte == first)
        {
            self.searched += at;
            let tail = &self.bytes[self.searched..];
            if tail.starts_with(mark) {
                return Some(self.searched);
            }
            if mark.starts_with(tail) {
                return None;
            }
            self.searched += 1;
        }
        self.searched = self.bytes.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_come_in_pieces_are_found_and_never_shown() {
        let mut cutter = Cutter::default();
        let mut shown = Vec::new();
        for byte in b"a~b~tr~true 7\nrest" {
            cutter.push(&[*byte]);
            shown.extend(cutter.fresh("~true"));
            if let Some(Piece { bytes, words, .. }) = cutter.cut("~true") {
                assert_eq!((bytes.as_slice(), words.as_str()), (&b"a~b~tr"[..], "7"));
                assert_eq!(shown, b"a~b~tr");
            }
        }
        assert_eq!(cutter.rest(), b"rest");
    }

    #[test]
    fn an_endless_answer_keeps_its_end() {
        let mut cutter = Cutter::default();
        let block = vec![b'x'; 1 << 20];
        for _ in 0..70 {
            cutter.push(&block);
            assert_eq!(cutter.find(b"~m"), None);
            cutter.keep_the_end();
            assert!(cutter.held() <= KEEP + SLACK);
        }
        cutter.push(b"~m 0\n");
        let before = cutter.cut("~m").expect("the mark is there");
        assert!(before.bytes.len() >= KEEP);
        assert_eq!(before.bytes.len() as u64 + before.dropped, 70 << 20);
    }
}
