//! Inputs that are nearly right, which is where readers go wrong.

/// Makes inputs out of others; the same ones for the same seed.
pub struct Mutator {
    state: u64,
    words: &'static [&'static str],
}

/// Longer ones only take longer.
const LONGEST: usize = 20_000;

impl Mutator {
    pub fn new(seed: u64, words: &'static [&'static str]) -> Self {
        Self { state: seed, words }
    }

    /// The next number, by `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).expect("a small number");
        usize::try_from(self.next() % bound).expect("a small number")
    }

    /// One of the seeds, changed a few times.
    pub fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut bytes, seeds);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(bytes.len() + 1);
        let end = at + self.below((bytes.len() - at).min(64) + 1);
        match self.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1_u8 << self.below(8),
            1 if at < bytes.len() => bytes[at] = b"\0\xff\n\t {}[]'\"\\:#%"[self.below(15)],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let part = bytes[at..end].to_vec();
                let power = self.below(12);
                let times = 1 + self.below(1 << power);
                let many = part.repeat(times.min(LONGEST / part.len().max(1)));
                bytes.splice(at..at, many);
            }
            4 => {
                let other = &seeds[self.below(seeds.len())];
                let from = self.below(other.len() + 1);
                let to = from + self.below(other.len() - from + 1);
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            5 => bytes.truncate(at),
            _ if !self.words.is_empty() => {
                let word = self.words[self.below(self.words.len())];
                let power = if self.below(8) == 0 {
                    self.below(12)
                } else {
                    0
                };
                let times = 1 << power;
                let many = word.repeat(times.min(LONGEST / word.len().max(1)));
                bytes.splice(at..end, many.into_bytes());
            }
            _ => bytes.insert(at, b'0'),
        }
    }
}
