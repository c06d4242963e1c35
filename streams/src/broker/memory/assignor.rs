//! Who should have which partition: balanced within each topic and over all, and otherwise as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::broker::TopicPartition;

/// A member as the assignor sees it.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) topics: BTreeSet<Arc<str>>,
    pub(super) owned: BTreeSet<TopicPartition>,
}

/// The share of each candidate, in their order.
///
/// Within a topic no two subscribers differ by more than one partition; the surplus goes to whoever has the least of the
/// earlier topics, then to whoever has more of this one already.
pub(super) fn assign(candidates: &[Candidate], partitions: &BTreeMap<Arc<str>, u32>) -> Vec<BTreeSet<TopicPartition>> {
    let mut shares = vec![BTreeSet::new(); candidates.len()];
    for (topic, count) in partitions {
        assign_topic(candidates, topic, *count, &mut shares);
    }
    shares
}

/// One subscriber's place in the sharing of one topic.
struct Place {
    candidate: usize,
    has: Vec<u32>,
    total: usize,
    quota: usize,
}

fn assign_topic(candidates: &[Candidate], topic: &Arc<str>, count: u32, shares: &mut [BTreeSet<TopicPartition>]) {
    let mut places: Vec<Place> = candidates
        .iter()
        .zip(shares.iter())
        .enumerate()
        .filter(|(_, (candidate, _))| candidate.topics.contains(topic))
        .map(|(number, (candidate, share))| Place {
            candidate: number,
            has: held(&candidate.owned, topic, count),
            total: share.len(),
            quota: 0,
        })
        .collect();
    if places.is_empty() {
        return;
    }
    let (floor, surplus) = (count as usize / places.len(), count as usize % places.len());
    places.sort_by_key(|place| (place.total, std::cmp::Reverse(place.has.len()), place.candidate));
    for (rank, place) in places.iter_mut().enumerate() {
        place.quota = floor + usize::from(rank < surplus);
        place.has.truncate(place.quota);
    }
    let taken: BTreeSet<u32> = places.iter().flat_map(|place| place.has.iter().copied()).collect();
    let mut free = (0..count).filter(|partition| !taken.contains(partition));
    places.sort_by_key(|place| place.candidate);
    for place in &mut places {
        let missing = place.quota - place.has.len();
        place.has.extend(free.by_ref().take(missing));
        if let Some(share) = shares.get_mut(place.candidate) {
            share.extend(place.has.iter().map(|partition| TopicPartition::new(Arc::clone(topic), *partition)));
        }
    }
}

fn held(owned: &BTreeSet<TopicPartition>, topic: &Arc<str>, count: u32) -> Vec<u32> {
    owned.iter().filter(|held| held.topic == *topic && held.partition < count).map(|held| held.partition).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(topics: &[&str], owned: &[(&str, u32)]) -> Candidate {
        Candidate {
            topics: topics.iter().map(|topic| Arc::from(*topic)).collect(),
            owned: owned.iter().map(|(topic, partition)| TopicPartition::new(*topic, *partition)).collect(),
        }
    }

    fn counts(topics: &[(&str, u32)]) -> BTreeMap<Arc<str>, u32> {
        topics.iter().map(|(topic, count)| (Arc::from(*topic), *count)).collect()
    }

    #[test]
    fn the_surplus_of_two_topics_goes_to_different_members() {
        let members = vec![candidate(&["a", "b"], &[]); 2];
        let shares = assign(&members, &counts(&[("a", 3), ("b", 3)]));
        assert_eq!(shares.iter().map(BTreeSet::len).collect::<Vec<_>>(), [3, 3]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
        #[test]
        fn every_partition_has_one_owner_shares_are_even_and_a_second_look_moves_nothing(
            members in 1_usize..6,
            a in 0_u32..9,
            b in 0_u32..9,
            joiner in any::<bool>(),
        ) {
            let counts = counts(&[("a", a), ("b", b)]);
            let topics = ["a", "b"];
            let mut group = vec![candidate(&topics, &[]); members];
            let settle = |group: &mut Vec<Candidate>| {
                let shares = assign(group, &counts);
                for (member, share) in group.iter_mut().zip(&shares) {
                    member.owned.clone_from(share);
                }
                shares
            };
            let before = settle(&mut group);
            if joiner {
                group.push(candidate(&topics, &[]));
            }
            let shares = settle(&mut group);
            let all: BTreeSet<_> = shares.iter().flatten().cloned().collect();
            prop_assert_eq!(all.len() as u32, a + b);
            prop_assert_eq!(shares.iter().map(BTreeSet::len).sum::<usize>() as u32, a + b);
            for lens in [
                shares.iter().map(BTreeSet::len).collect::<Vec<_>>(),
                shares.iter().map(|share| share.iter().filter(|held| &*held.topic == "a").count()).collect(),
                shares.iter().map(|share| share.iter().filter(|held| &*held.topic == "b").count()).collect(),
            ] {
                prop_assert!(lens.iter().max().unwrap() - lens.iter().min().unwrap() <= 1, "{lens:?}");
            }
            prop_assert_eq!(settle(&mut group), shares.clone());
            if !joiner {
                prop_assert_eq!(before, shares);
            }
        }
    }
}
