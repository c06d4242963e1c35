//! What is told of topics that change, or keep less than what is read.

use super::*;
use crate::runtime::slot::Slot;
use crate::runtime::topics::Topics;
use crate::runtime::watch::Watch;
use crate::task::TaskId;

const HOUR_MS: u64 = 60 * 60 * 1000;

fn watch<B: Broker>(fixture: &Fixture, broker: B) -> Watch<B> {
    Watch::new(&fixture.topology, broker, true)
}

/// Deletes `side` and creates it again.
fn create_side_again(fixture: &Fixture, partitions: u32) {
    let admin = fixture.broker.admin().unwrap();
    assert!(admin.delete_topic("side"));
    admin.create_topics(&[topic("side", partitions)]).unwrap();
}

#[test]
fn a_topic_that_was_created_again_is_told() {
    let fixture = Fixture::new(2);
    let mut watch = watch(&fixture, fixture.broker.clone());
    assert_eq!((watch.look_at_topics(), watch.look_at_topics()), (Ok(()), Ok(())));
    create_side_again(&fixture, 2);
    let error = watch.look_at_topics().unwrap_err().to_string();
    assert!(error.starts_with("side was deleted and created again"), "{error}");
}

#[test]
fn partitions_that_were_added_are_told() {
    let fixture = Fixture::new(2);
    let mut watch = watch(&fixture, fixture.broker.clone());
    watch.look_at_topics().unwrap();
    // The broker in memory can not add any; what was seen is changed instead.
    let before = watch.before.as_mut().unwrap();
    before.get_mut("side").unwrap().spec.partitions = 1;
    let error = watch.look_at_topics().unwrap_err().to_string();
    assert!(error.starts_with("side has 2 partitions, and had 1 when the stream started"), "{error}");
}

#[test]
fn a_topic_that_is_not_seen_is_nothing_to_tell() {
    let fixture = Fixture::new(2);
    let mut watch = watch(&fixture, fixture.broker.clone());
    watch.look_at_topics().unwrap();
    assert!(fixture.broker.admin().unwrap().delete_topic("side"));
    assert_eq!(watch.look_at_topics(), Ok(()), "a broker that stops says so, too");
}

#[test]
fn what_a_topic_may_delete_is_told_while_it_is_read() {
    let fixture = Fixture::new(1);
    let mut watch = watch(&fixture, fixture.broker.clone());
    watch.look_at_topics().unwrap();
    watch.now.get_mut("in").unwrap().spec.retention_ms = Some(HOUR_MS);
    watch.now.get_mut("out").unwrap().spec.retention_ms = Some(3 * HOUR_MS);
    let mut look = |read, hours: i64| {
        let mut status = Slot::new(TaskId { sub_topology: 0, partition: 0 }, Vec::new()).status();
        status.counts.read = read;
        status.stream_time_ms = Some(START_MS - hours * 60 * 60 * 1000 - 1);
        let found = watch.look_at_tasks(std::iter::once(&status), START_MS);
        found.iter().map(|outlived| outlived.topic.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(look(5, 9), "", "the first look does not know yet whether it reads");
    assert_eq!(look(6, 0), "");
    assert_eq!(look(7, 1), "in");
    assert_eq!(look(8, 3), "in out");
    assert_eq!(look(8, 9), "", "it has nothing to read");
}

#[test]
fn a_state_may_be_as_old_as_its_changelogs_remember_deletions_less_a_margin() {
    const NOW_MS: i64 = 100 * HOUR_MS as i64;
    let oldest = |delete_retention_ms, is_logged| {
        let settings = Settings { delete_retention_ms, ..Settings::default() };
        let broker = MemoryBroker::new(Arc::new(ManualClock::at(NOW_MS)), settings);
        let admin = broker.admin().unwrap();
        admin.create_topics(&["in", "side", "out"].map(|name| topic(name, 1))).unwrap();
        create_internal_topics(&admin, &topology()).unwrap();
        let topics = Topics::read(&admin, &topology(), is_logged).unwrap();
        topics.oldest_state_ms(0, NOW_MS)
    };
    let hours = |hours: i64| NOW_MS - hours * HOUR_MS as i64;
    assert_eq!(oldest(24 * HOUR_MS, true), hours(23));
    assert_eq!(oldest(2 * HOUR_MS, true), hours(1));
    assert_eq!(oldest(HOUR_MS, true), NOW_MS - HOUR_MS as i64 / 2, "the margin does not eat all of it");
    assert_eq!(oldest(0, false), i64::MIN, "no changelog, nothing to miss");
}
