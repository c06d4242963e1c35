//! Offsets in transactions: when they count, and whose are refused.

use super::Harness;
use super::stage::{MAX_POLL_INTERVAL_MS, Stage};
use crate::broker::{BrokerError, Consumer, ErrorKind, GroupMetadata, TransactionalProducer};

pub(super) fn offsets_count_when_their_transaction_commits<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 2);
    let (zero, one) = (stage.partition(0), stage.partition(1));
    let mut member = stage.member("m", None);
    stage.settle_group(&mut [&mut member]);
    let mut producer = stage.producer("a");
    let asked = [zero.clone(), one.clone()];
    assert_eq!(member.consumer.committed(&asked).unwrap(), [None, None]);

    for (offset, commits) in [(5, true), (9, false)] {
        stage.begin(&mut producer);
        let metadata = member.consumer.group_metadata().unwrap();
        stage.retry(|| producer.send_offsets(&[(zero.clone(), offset)], &metadata)).unwrap();
        let result = if commits { producer.commit() } else { producer.abort() };
        result.unwrap();
        let committed = stage.retry(|| member.consumer.committed(&asked)).unwrap();
        assert_eq!(committed, [Some(5), None]);
    }
}

pub(super) fn committed_offsets_wait_for_an_undecided_transaction<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 2);
    let (zero, one) = (stage.partition(0), stage.partition(1));
    let mut member = stage.member("m", None);
    stage.settle_group(&mut [&mut member]);
    let mut producer = stage.producer("a");
    stage.begin(&mut producer);
    let metadata = member.consumer.group_metadata().unwrap();
    stage.retry(|| producer.send_offsets(&[(zero.clone(), 5)], &metadata)).unwrap();

    let error = member.consumer.committed(&[one.clone(), zero.clone()]).unwrap_err();
    assert_eq!(error, BrokerError::UnstableOffsets { partition: zero.clone() });
    assert_eq!(error.kind(), ErrorKind::Retriable);
    assert_eq!(member.consumer.committed(&[one]).unwrap(), [None]);
    producer.commit().unwrap();
    assert_eq!(stage.retry(|| member.consumer.committed(std::slice::from_ref(&zero))).unwrap(), [Some(5)]);
}

pub(super) fn a_commit_of_an_older_generation_is_refused<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 2);
    let mut first = stage.member("first", None);
    stage.settle_group(&mut [&mut first]);
    let old = first.consumer.group_metadata().unwrap();
    let mut second = stage.member("second", None);
    stage.settle_group(&mut [&mut first, &mut second]);
    let mut producer = stage.producer("a");
    stage.begin(&mut producer);
    let error = stage.retry(|| producer.send_offsets(&[(stage.partition(0), 5)], &old)).unwrap_err();
    assert_eq!(error, BrokerError::IllegalGeneration { group: old.group.clone(), generation: old.generation });
    producer.abort().unwrap();
    let committed = stage.retry(|| first.consumer.committed(&[stage.partition(0)])).unwrap();
    assert_eq!(committed, [None]);

    stage.begin(&mut producer);
    let fresh = first.consumer.group_metadata().unwrap();
    assert!(fresh.generation > old.generation);
    stage.retry(|| producer.send_offsets(&[(stage.partition(0), 5)], &fresh)).unwrap();
    producer.commit().unwrap();
}

pub(super) fn a_commit_of_nobody_is_refused<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut producer = stage.producer("a");
    stage.begin(&mut producer);
    let nobody = GroupMetadata { group: stage.group.clone(), generation: -1, member: String::new() };
    let error = stage.retry(|| producer.send_offsets(&[(stage.partition(0), 5)], &nobody)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fenced);
}

pub(super) fn a_refused_commit_spoils_its_transaction<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut member = stage.member("m", None);
    stage.settle_group(&mut [&mut member]);
    let mut producer = stage.producer("a");
    stage.write(&mut producer, 0, &["1"]);
    let stranger = GroupMetadata { group: stage.group.clone(), generation: 1, member: "stranger".to_owned() };
    let error = stage.retry(|| producer.send_offsets(&[(stage.partition(0), 5)], &stranger)).unwrap_err();
    assert!(matches!(error, BrokerError::UnknownMember { .. }), "{error}");
    assert_eq!(producer.commit().unwrap_err().kind(), ErrorKind::AbortRequired);
    producer.abort().unwrap();
    harness.settle();
    stage.expect_values(0, &[]);
}

pub(super) fn a_commit_for_a_group_without_members_is_refused<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut producer = stage.producer("a");
    stage.begin(&mut producer);
    let early = GroupMetadata { group: stage.group.clone(), generation: 1, member: "early".to_owned() };
    let error = stage.retry(|| producer.send_offsets(&[(stage.partition(0), 5)], &early)).unwrap_err();
    assert_eq!(error, BrokerError::IllegalGeneration { group: stage.group.clone(), generation: 1 });
}

pub(super) fn a_member_past_the_poll_interval_commits_nothing<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let mut zombie = stage.member("zombie", None);
    stage.settle_group(&mut [&mut zombie]);
    assert_eq!(zombie.owned.len(), 1);
    harness.advance(MAX_POLL_INTERVAL_MS + 1);
    let mut heir = stage.member("heir", None);
    stage.settle_group(&mut [&mut heir]);
    assert_eq!(heir.owned.len(), 1);

    let mut producer = stage.producer("a");
    stage.begin(&mut producer);
    let metadata = zombie.consumer.group_metadata().unwrap();
    let error = stage.retry(|| producer.send_offsets(&[(stage.partition(0), 5)], &metadata)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fenced);
    producer.abort().unwrap();
    assert_eq!(stage.retry(|| heir.consumer.committed(&[stage.partition(0)])).unwrap(), [None]);
}

pub(super) fn offsets_outside_a_transaction_count_at_once_under_the_members_generation<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 2);
    let zero = stage.partition(0);
    let mut first = stage.member("first", None);
    stage.settle_group(&mut [&mut first]);
    let old = first.consumer.group_metadata().unwrap();
    stage.retry(|| first.consumer.commit_offsets(&[(zero.clone(), 5)], &old)).unwrap();
    assert_eq!(stage.retry(|| first.consumer.committed(std::slice::from_ref(&zero))).unwrap(), [Some(5)]);

    let mut second = stage.member("second", None);
    stage.settle_group(&mut [&mut first, &mut second]);
    let error = stage.retry(|| first.consumer.commit_offsets(&[(zero.clone(), 9)], &old)).unwrap_err();
    assert_eq!(error, BrokerError::IllegalGeneration { group: old.group.clone(), generation: old.generation });
    assert_eq!(stage.retry(|| first.consumer.committed(std::slice::from_ref(&zero))).unwrap(), [Some(5)]);
    let new = first.consumer.group_metadata().unwrap();
    stage.retry(|| first.consumer.commit_offsets(&[(zero.clone(), 7)], &new)).unwrap();
    assert_eq!(stage.retry(|| second.consumer.committed(std::slice::from_ref(&zero))).unwrap(), [Some(7)]);
}

pub(super) fn offsets_outside_a_transaction_of_a_replaced_member_are_refused<H: Harness>(harness: &H) {
    let stage = Stage::new(harness, 1);
    let zero = stage.partition(0);
    let mut first = stage.member("first", Some("one"));
    stage.settle_group(&mut [&mut first]);
    let metadata = first.consumer.group_metadata().unwrap();
    let mut second = stage.member("second", Some("one"));
    stage.until(|| {
        second.poll();
        second.consumer.group_metadata().ok()
    });
    // The first one has not been told yet: it is the broker that refuses.
    stage.retry(|| first.consumer.commit_offsets(&[(zero.clone(), 5)], &metadata)).unwrap_err();
    assert_eq!(stage.retry(|| second.consumer.committed(std::slice::from_ref(&zero))).unwrap(), [None]);
}
