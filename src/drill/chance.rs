//! Chance that can be had again: what is chosen follows from the seed alone (`SplitMix64`).

/// A row of numbers that look like chance.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The row of numbers that belongs to this seed, and to this one of those who draw from it.
    pub fn of(seed: u64, who: u64) -> Self {
        let mut own = Self(seed ^ who.wrapping_mul(0xd1b5_4a32_d192_ed03));
        own.next();
        own
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 when the limit is.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next().checked_rem(limit).unwrap_or_default()
    }

    /// So many small letters.
    pub fn letters(&mut self, count: u64) -> String {
        (0..count)
            .filter_map(|_| char::from_digit(u32::try_from(10 + self.below(26)).ok()?, 36))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_and_others_give_others() {
        let drawn = |seed, who| Chance::of(seed, who).letters(12);
        assert_eq!(drawn(7, 1), drawn(7, 1));
        assert_ne!(drawn(7, 1), drawn(7, 2));
        assert_ne!(drawn(7, 1), drawn(8, 1));
        assert!(drawn(7, 1).chars().all(|c| c.is_ascii_lowercase()));
    }

    #[test]
    fn numbers_stay_below_their_limit_and_reach_all_of_it() {
        let mut chance = Chance::of(1, 0);
        let drawn: std::collections::BTreeSet<u64> = (0..200).map(|_| chance.below(5)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(chance.below(0), 0);
    }
}
