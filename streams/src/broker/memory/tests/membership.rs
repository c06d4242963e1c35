//! Whatever members do: a partition has at most one owner, and in the end each has exactly one.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::Workbench;
use crate::broker::memory::{MemoryConsumer, Settings};
use crate::broker::{Admin, Broker, Cleanup, Consumer, ConsumerConfig, GroupEvent, TopicPartition, TopicSpec};

const PARTITIONS: u32 = 5;
const SESSION_TIMEOUT_MS: u64 = 1000;

#[derive(Debug, Clone, Copy)]
enum Step {
    Start(usize),
    Poll(usize),
    Release(usize),
    Leave(usize),
    Kill(usize),
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let seat = 0..4_usize;
    prop_oneof![
        3 => seat.clone().prop_map(Step::Start),
        8 => seat.clone().prop_map(Step::Poll),
        4 => seat.clone().prop_map(Step::Release),
        1 => seat.clone().prop_map(Step::Leave),
        2 => seat.prop_map(Step::Kill),
        2 => Just(Step::Wait),
    ]
}

struct Member {
    consumer: MemoryConsumer,
    owned: BTreeSet<TopicPartition>,
    revoked: Vec<TopicPartition>,
}

struct World {
    workbench: Workbench,
    seats: Vec<Option<Member>>,
}

impl World {
    fn new() -> Self {
        let workbench = Workbench::new(Settings::default());
        let spec = TopicSpec {
            name: "topic".to_owned(),
            partitions: PARTITIONS,
            cleanup: Cleanup::Delete,
            retention_ms: None,
        };
        workbench.broker.admin().unwrap().create_topics(&[spec]).unwrap();
        Self { workbench, seats: (0..4).map(|_| None).collect() }
    }

    fn act(&mut self, step: Step) {
        match step {
            Step::Start(seat) if self.seats[seat].is_none() => self.seats[seat] = Some(self.member(seat)),
            Step::Start(_) => {}
            Step::Poll(seat) => drop(self.poll(seat)),
            Step::Release(seat) => drop(self.release(seat)),
            Step::Leave(seat) => {
                if let Some(mut member) = self.seats[seat].take() {
                    member.consumer.leave().unwrap();
                }
            }
            Step::Kill(seat) => self.seats[seat] = None,
            Step::Wait => self.workbench.clock.advance(600),
        }
        let mut seen = BTreeSet::new();
        for partition in self.seats.iter().flatten().flat_map(|member| &member.owned) {
            assert!(seen.insert(partition.clone()), "{partition} has two owners");
        }
    }

    /// The first two seats are static.
    fn member(&self, seat: usize) -> Member {
        let config = ConsumerConfig {
            group: "group".to_owned(),
            client: format!("client-{seat}"),
            group_instance: (seat < 2).then(|| format!("instance-{seat}")),
            session_timeout_ms: SESSION_TIMEOUT_MS,
            max_poll_interval_ms: u64::from(u32::MAX),
        };
        let mut consumer = self.workbench.broker.consumer(&config).unwrap();
        consumer.subscribe(&["topic"]).unwrap();
        Member { consumer, owned: BTreeSet::new(), revoked: Vec::new() }
    }

    fn poll(&mut self, seat: usize) -> bool {
        let Some(member) = &mut self.seats[seat] else { return false };
        match member.consumer.poll_group().unwrap() {
            Some(GroupEvent::Assigned(partitions)) => {
                for partition in partitions {
                    assert!(member.owned.insert(partition));
                }
            }
            Some(GroupEvent::Revoked(partitions)) => {
                assert!(partitions.iter().all(|partition| member.owned.contains(partition)));
                member.revoked.extend(partitions);
            }
            Some(GroupEvent::Lost(_)) => panic!("nobody is slow here"),
            None => return false,
        }
        true
    }

    fn release(&mut self, seat: usize) -> bool {
        let Some(member) = &mut self.seats[seat] else { return false };
        let revoked = std::mem::take(&mut member.revoked);
        for partition in &revoked {
            member.owned.remove(partition);
        }
        member.consumer.release(&revoked).unwrap();
        !revoked.is_empty()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_partition_has_one_owner_whoever_comes_goes_or_dies(steps in proptest::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        for step in steps {
            world.act(step);
        }
        world.act(Step::Start(3));
        world.workbench.clock.advance(i64::try_from(SESSION_TIMEOUT_MS).unwrap() + 1);
        for _ in 0..100 {
            for seat in 0..4 {
                world.act(Step::Poll(seat));
                world.act(Step::Release(seat));
            }
        }
        let shares: Vec<usize> = world.seats.iter().flatten().map(|member| member.owned.len()).collect();
        prop_assert_eq!(shares.iter().sum::<usize>(), PARTITIONS as usize, "{:?}", shares);
        prop_assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1, "{:?}", shares);
    }
}
