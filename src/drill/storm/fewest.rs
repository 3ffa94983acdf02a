//! Which gusts of a storm that failed it takes to fail.

/// Looks for the fewest: each is left out once, and stays out where the rest still fails. What a
/// storm comes to is chance too, so that a gust may be kept without need; never one left out with
/// which alone it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fewest {
    kept: Vec<u32>,
    /// Of `kept`, how many are known to be needed.
    needed: usize,
}

impl Fewest {
    /// Of the gusts with these numbers, which failed together.
    pub fn of(failed: Vec<u32>) -> Self {
        Self {
            kept: failed,
            needed: 0,
        }
    }

    /// The fewest that are known to fail.
    pub fn kept(&self) -> &[u32] {
        &self.kept
    }

    /// What to play next, if anything is left to find out.
    pub fn next(&self) -> Option<Vec<u32>> {
        if self.kept.len() < 2 || self.needed == self.kept.len() {
            return None;
        }
        let mut without = self.kept.clone();
        without.remove(self.needed);
        Some(without)
    }

    /// Takes in what became of that.
    pub fn heard(&mut self, failed: bool) {
        if failed {
            self.kept.remove(self.needed);
        } else {
            self.needed += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_kept_fails_and_nothing_of_it_can_be_left_out(
            gusts in 1_u32..8,
            guilty in proptest::collection::btree_set(1_u32..8, 0..4),
        ) {
            let guilty: Vec<u32> = guilty.into_iter().filter(|number| *number <= gusts).collect();
            let fails = |numbers: &[u32]| guilty.iter().all(|number| numbers.contains(number));
            let mut fewest = Fewest::of((1..=gusts).collect());
            let mut played = 0;
            while let Some(next) = fewest.next() {
                fewest.heard(fails(&next));
                played += 1;
            }
            prop_assert!(played <= gusts);
            prop_assert!(fails(fewest.kept()));
            let one = fewest.kept().len() == 1;
            prop_assert!(one || fewest.kept() == guilty, "{:?} of {:?}", fewest.kept(), guilty);
        }
    }
}
