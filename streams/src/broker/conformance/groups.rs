//! Who has which partition, and how partitions move.

use super::Harness;
use super::stage::{MAX_POLL_INTERVAL_MS, SESSION_TIMEOUT_MS, Stage};
use crate::broker::{BrokerError, Cleanup, Consumer, GroupEvent};

pub(super) fn the_first_member_gets_every_partition<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 3);
    let mut member = stage.member("m", None);
    stage.settle_group(&mut [&mut member]);
    assert_eq!(member.owned, (0..3).map(|number| stage.partition(number)).collect());
}

pub(super) fn a_partition_moves_only_after_its_release<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 2);
    let mut first = stage.member("first", None);
    stage.settle_group(&mut [&mut first]);
    let mut second = stage.member("second", None);
    // The first one is told, and takes its time.
    let mut told = None;
    for _ in 0..100 {
        assert!(second.poll().is_none_or(|event| event == GroupEvent::Assigned(Vec::new())));
        if let Some(GroupEvent::Revoked(partitions)) = first.consumer.poll_group().unwrap() {
            told = Some(partitions);
            break;
        }
        harness.settle();
    }
    let told = told.expect("nothing was revoked");
    assert_eq!(told.len(), 1);
    for _ in 0..10 {
        assert!(second.poll().is_none_or(|event| event == GroupEvent::Assigned(Vec::new())));
        assert!(!matches!(first.consumer.poll_group().unwrap(), Some(GroupEvent::Revoked(_) | GroupEvent::Lost(_))));
        harness.settle();
    }
    first.owned.remove(&told[0]);
    first.consumer.release(&told).unwrap();
    stage.settle_group(&mut [&mut first, &mut second]);
    assert_eq!(second.owned, told.into_iter().collect());
    assert_eq!(first.owned.len(), 1);
}

pub(super) fn members_keep_what_they_have_when_another_joins<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 6);
    let (mut first, mut second) = (stage.member("first", None), stage.member("second", None));
    stage.settle_group(&mut [&mut first, &mut second]);
    assert_eq!((first.owned.len(), second.owned.len()), (3, 3));
    let before = (first.owned.clone(), second.owned.clone());
    let mut third = stage.member("third", None);
    stage.settle_group(&mut [&mut first, &mut second, &mut third]);
    assert_eq!((first.owned.len(), second.owned.len(), third.owned.len()), (2, 2, 2));
    assert!(first.owned.is_subset(&before.0));
    assert!(second.owned.is_subset(&before.1));
}

/// In all, not each by itself: Kafka's cooperative assignor counts partitions, whatever their topics.
pub(super) fn several_lead_topics_are_spread_evenly_in_all<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 4);
    let other = harness.name("other");
    stage.create(&other, 4, Cleanup::Delete);
    let topics = [&*stage.topic, &other];
    let mut first = stage.member_of("first", None, &topics);
    stage.settle_group(&mut [&mut first]);
    assert_eq!(first.owned.len(), 8);
    let mut second = stage.member_of("second", None, &topics);
    stage.settle_group(&mut [&mut first, &mut second]);
    assert_eq!((first.owned.len(), second.owned.len()), (4, 4));
}

pub(super) fn a_leaving_member_hands_its_partitions_on_at_once<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 4);
    let (mut first, mut second) = (stage.member("first", None), stage.member("second", None));
    stage.settle_group(&mut [&mut first, &mut second]);
    first.consumer.leave().unwrap();
    stage.settle_group(&mut [&mut second]);
    assert_eq!(second.owned.len(), 4);
    assert!(matches!(first.consumer.poll_group(), Err(BrokerError::InvalidState { .. })));
}

pub(super) fn a_static_member_that_leaves_hands_its_partitions_on_at_once<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 4);
    let (mut first, mut second) = (stage.member("first", Some("one")), stage.member("second", Some("two")));
    stage.settle_group(&mut [&mut first, &mut second]);
    first.consumer.leave().unwrap();
    stage.settle_group(&mut [&mut second]);
    assert_eq!(second.owned.len(), 4);
}

pub(super) fn a_dead_member_is_put_out_after_the_session_time_out<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 4);
    let (mut first, mut second) = (stage.member("first", None), stage.member("second", None));
    stage.settle_group(&mut [&mut first, &mut second]);
    harness.kill(first.consumer);
    harness.advance(SESSION_TIMEOUT_MS / 2);
    stage.settle_group(&mut [&mut second]);
    assert_eq!(second.owned.len(), 2);
    harness.advance(SESSION_TIMEOUT_MS);
    stage.settle_group(&mut [&mut second]);
    assert_eq!(second.owned.len(), 4);
}

pub(super) fn a_static_member_keeps_its_partitions_across_a_restart<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 4);
    let (mut first, mut second) = (stage.member("first", Some("one")), stage.member("second", Some("two")));
    stage.settle_group(&mut [&mut first, &mut second]);
    let generation = second.consumer.group_metadata().unwrap().generation;
    second.events.clear();
    let owned = first.owned.clone();
    // It stops as in a rolling restart, and is back in time.
    drop(first.consumer);
    harness.advance(SESSION_TIMEOUT_MS / 2);
    stage.settle_group(&mut [&mut second]);
    let mut again = stage.member("first", Some("one"));
    stage.settle_group(&mut [&mut again, &mut second]);
    assert_eq!(again.owned, owned);
    assert!(!second.was_interrupted(), "{:?}", second.events);
    assert_eq!(second.consumer.group_metadata().unwrap().generation, generation);
    assert_eq!(again.consumer.group_metadata().unwrap().generation, generation);
}

pub(super) fn a_second_consumer_of_an_instance_fences_the_first<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 2);
    let mut first = stage.member("first", Some("one"));
    stage.settle_group(&mut [&mut first]);
    let mut second = stage.member("second", Some("one"));
    stage.settle_group(&mut [&mut second]);
    assert_eq!(second.owned.len(), 2);
    let fenced = BrokerError::FencedInstance { group_instance: "one".to_owned() };
    assert_eq!(first.consumer.poll_group(), Err(fenced.clone()));
    assert_eq!(first.consumer.poll_group(), Err(fenced));
    stage.settle_group(&mut [&mut second]);
    assert_eq!(second.owned.len(), 2);
}

pub(super) fn a_member_that_was_put_out_loses_its_partitions_and_comes_back<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 4);
    let (mut slow, mut other) = (stage.member("slow", None), stage.member("other", None));
    stage.settle_group(&mut [&mut slow, &mut other]);
    harness.advance(MAX_POLL_INTERVAL_MS / 2 + 1);
    stage.settle_group(&mut [&mut other]);
    harness.advance(MAX_POLL_INTERVAL_MS / 2 + 1);
    let had = std::mem::take(&mut slow.owned);
    stage.settle_group(&mut [&mut other]);
    assert_eq!(other.owned.len(), 4);
    // It still believes in what it had until it polls.
    slow.owned = had;
    assert!(matches!(slow.poll(), Some(GroupEvent::Lost(_))));
    stage.settle_group(&mut [&mut slow, &mut other]);
    assert_eq!((slow.owned.len(), other.owned.len()), (2, 2));
}
