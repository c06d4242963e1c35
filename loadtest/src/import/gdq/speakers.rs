//! Picking a user by weight while weights come and go: a binary indexed tree (Fenwick 1994) of whole numbers.

/// The weight of each user, summed.
#[derive(Debug)]
pub(super) struct Speakers {
    /// Node `i` (from 1) holds the sum of the `i & -i` users up to user `i - 1`; node 0 holds nothing.
    sums: Vec<i64>,
    total: i64,
}

impl Speakers {
    pub(super) fn new() -> Self {
        Self { sums: vec![0], total: 0 }
    }

    /// The sum of all weights.
    pub(super) fn total(&self) -> u64 {
        self.total.unsigned_abs()
    }

    /// Makes room for one more user, who weighs nothing yet.
    pub(super) fn grow(&mut self) {
        let node = self.sums.len();
        // The new node covers its children: the nodes that end where each next lower one begins.
        let (mut sum, mut child, end) = (0, node - 1, node - lowest_bit(node));
        while child > end {
            sum += self.sums.get(child).copied().unwrap_or_default();
            child -= lowest_bit(child);
        }
        self.sums.push(sum);
    }

    /// Changes a user's weight.
    pub(super) fn add(&mut self, user: u32, change: i64) {
        self.total += change;
        let mut node = user as usize + 1;
        while let Some(sum) = self.sums.get_mut(node) {
            *sum += change;
            node += lowest_bit(node);
        }
    }

    /// The user in whose weight the place lies, of all weights one after the other; none beyond their sum.
    pub(super) fn pick(&self, place: u64) -> Option<u32> {
        let mut left = i64::try_from(place).ok().filter(|place| *place < self.total)?;
        let mut node = 0;
        let mut step = self.sums.len().next_power_of_two();
        while step > 0 {
            if let Some(sum) = self.sums.get(node + step).filter(|sum| **sum <= left) {
                left -= sum;
                node += step;
            }
            step /= 2;
        }
        u32::try_from(node).ok()
    }
}

fn lowest_bit(node: usize) -> usize {
    node & node.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_lies_in_the_weight_of_its_user_whatever_was_added_before() {
        let mut speakers = Speakers::new();
        let weights = [3, 0, 5, 1, 0, 2, 7];
        for (user, weight) in weights.iter().enumerate() {
            speakers.grow();
            speakers.add(user as u32, *weight);
        }
        speakers.add(2, -4);
        let picked: Vec<_> = (0..speakers.total()).filter_map(|place| speakers.pick(place)).collect();
        assert_eq!(picked, [0, 0, 0, 2, 3, 5, 5, 6, 6, 6, 6, 6, 6, 6]);
        assert_eq!(speakers.pick(14), None);
        assert_eq!(Speakers::new().pick(0), None);
    }
}
