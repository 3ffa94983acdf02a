//! `serial`: a play's hosts in batches, as Ansible cuts them.

/// Cuts `hosts` into batches. Each size is a number of hosts or a percentage of all (at least
/// one host); the last size repeats; no sizes, or a size of 0, mean all that are left.
pub fn batches<T: Clone>(hosts: &[T], sizes: &[Size]) -> Vec<Vec<T>> {
    let mut rest = hosts;
    let mut batches = Vec::new();
    let mut sizes = sizes.iter();
    let mut last = Size::All;
    while !rest.is_empty() {
        last = sizes.next().copied().unwrap_or(last);
        let count = match last {
            Size::All | Size::Hosts(0) => rest.len(),
            Size::Hosts(count) => count,
            Size::Percent(percent) => (hosts.len() * usize::from(percent) / 100).max(1),
        };
        let (batch, left) = rest.split_at(count.min(rest.len()));
        batches.push(batch.to_vec());
        rest = left;
    }
    batches
}

/// The size of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// All that are left.
    All,
    /// So many hosts.
    Hosts(usize),
    /// So many of a hundred of the play's hosts.
    Percent(u8),
}

impl Size {
    /// Reads `3`, `"3"` or `"30%"`.
    pub fn read(text: &str) -> Option<Self> {
        match text.trim().strip_suffix('%') {
            Some(percent) => percent
                .trim()
                .parse()
                .ok()
                .filter(|p| *p <= 100)
                .map(Self::Percent),
            None => text.trim().parse().ok().map(Self::Hosts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_size_repeats_and_percentages_are_of_all_hosts() {
        let hosts: Vec<u8> = (0..10).collect();
        let lengths = |sizes: &[Size]| {
            batches(&hosts, sizes)
                .iter()
                .map(Vec::len)
                .collect::<Vec<_>>()
        };
        assert_eq!(lengths(&[]), [10]);
        assert_eq!(lengths(&[Size::Hosts(1), Size::Hosts(4)]), [1, 4, 4, 1]);
        assert_eq!(lengths(&[Size::Percent(30)]), [3, 3, 3, 1]);
        assert_eq!(lengths(&[Size::Percent(1)]).len(), 10);
        assert_eq!(Size::read("30%"), Some(Size::Percent(30)));
        assert_eq!(Size::read("x"), None);
    }
}
