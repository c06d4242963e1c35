//! Picking a place by its weight while weights come and go: a tree of sums, so that neither costs more than its height.

use crate::random::Generator;

/// A complete binary tree of sums over places 0, 1, 2, ... Every inner node is computed anew from its two children, so that no
/// rounding error piles up. Node 1 is the root; place `p` is the node `places + p`.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    nodes: Vec<f64>,
    /// The number of leaves: a power of two.
    places: usize,
}

impl Weights {
    pub(super) fn new() -> Self {
        Self { nodes: vec![0.0; 2], places: 1 }
    }

    /// Sets the weight (>= 0) of a place; the tree grows to hold it.
    pub(super) fn set(&mut self, place: usize, weight: f64) {
        while place >= self.places {
            self.double();
        }
        let mut node = self.places + place;
        if let Some(leaf) = self.nodes.get_mut(node) {
            *leaf = weight;
        }
        while node > 1 {
            node /= 2;
            self.refresh(node);
        }
    }

    /// A place drawn by weight; none when all weights are zero.
    pub(super) fn pick(&self, generator: &mut Generator) -> Option<usize> {
        let total = self.at(1);
        if total <= 0.0 {
            return None;
        }
        let mut left = generator.uniform() * total;
        let mut node = 1;
        while node < self.places {
            node *= 2;
            let (first, second) = (self.at(node), self.at(node + 1));
            // Rounding may leave `left` at the very end of the first half: an empty half is never entered.
            if left >= first && second > 0.0 {
                left -= first;
                node += 1;
            }
        }
        Some(node - self.places)
    }

    fn at(&self, node: usize) -> f64 {
        self.nodes.get(node).copied().unwrap_or(0.0)
    }

    fn refresh(&mut self, node: usize) {
        let sum = self.at(2 * node) + self.at(2 * node + 1);
        if let Some(inner) = self.nodes.get_mut(node) {
            *inner = sum;
        }
    }

    fn double(&mut self) {
        let leaves: Vec<f64> = self.nodes.iter().skip(self.places).copied().collect();
        self.places *= 2;
        self.nodes = vec![0.0; self.places];
        self.nodes.extend(leaves);
        self.nodes.resize(2 * self.places, 0.0);
        for node in (1..self.places).rev() {
            self.refresh(node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_out_in_proportion_to_their_weights() {
        let mut weights = Weights::new();
        for (place, weight) in [(0, 1.0), (2, 3.0), (5, 6.0), (6, 9.0)] {
            weights.set(place, weight);
        }
        weights.set(6, 0.0);
        let mut generator = Generator::new(3);
        let mut counts = [0; 8];
        for _ in 0..10_000 {
            counts[weights.pick(&mut generator).unwrap()] += 1;
        }
        let expected = [1_000, 0, 3_000, 0, 0, 6_000, 0, 0];
        assert!(counts.iter().zip(expected).all(|(count, mean): (&i32, i32)| (count - mean).abs() < 200), "{counts:?}");
        assert!(counts.iter().zip(expected).all(|(count, mean)| mean > 0 || *count == 0), "{counts:?}");
    }

    #[test]
    fn nobody_is_picked_from_no_one() {
        let mut weights = Weights::new();
        weights.set(4, 2.0);
        weights.set(4, 0.0);
        assert_eq!(weights.pick(&mut Generator::new(1)), None);
    }
}
