//! Which nodes belong together: a union-find over whatever connects them.

/// Disjoint sets of `0..n`; a set is named by its smallest member.
pub(super) struct Components {
    parents: Vec<usize>,
}

impl Components {
    pub(super) fn new(members: usize) -> Self {
        Self { parents: (0..members).collect() }
    }

    /// Puts two members into one set.
    pub(super) fn connect(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        let (low, high) = (a.min(b), a.max(b));
        if let Some(parent) = self.parents.get_mut(high) {
            *parent = low;
        }
    }

    /// The smallest member of the set.
    pub(super) fn find(&self, mut member: usize) -> usize {
        while let Some(&parent) = self.parents.get(member) {
            if parent == member {
                break;
            }
            member = parent;
        }
        member
    }

    /// Every set's smallest member, in order.
    pub(super) fn roots(&self) -> Vec<usize> {
        (0..self.parents.len()).filter(|member| self.find(*member) == *member).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_connected_has_one_root_the_smallest() {
        let mut components = Components::new(6);
        for (a, b) in [(4, 2), (5, 4), (3, 1)] {
            components.connect(a, b);
        }
        assert_eq!(components.roots(), [0, 1, 2]);
        assert_eq!((components.find(5), components.find(3)), (2, 1));
    }
}
