//! The promises of the seam, as tests that any implementation can be put through.
//!
//! Each case is a function over a [`Harness`]; [`cases`] lists them all. A case panics where a promise is broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests, compiled for the tests of other crates too"
)]

mod groups;
mod offsets;
mod partitions;
mod stage;
mod transactions;

use super::{Broker, TopicPartition};

/// A cluster to test, and power over its surroundings.
pub trait Harness {
    /// The implementation.
    type Broker: Broker;
    /// Clients of the cluster. Cases take names of their own from [`Harness::name`].
    fn broker(&self) -> Self::Broker;
    /// A topic, group, or transactional id that no other run has used.
    fn name(&self, name: &str) -> String;
    /// Lets time pass. Clients that live go on heartbeating; nobody polls.
    fn advance(&self, by_ms: u64);
    /// Lets the broker do what it does in the background: markers, rebalances. Called between tries.
    fn settle(&self);
    /// Ends a consumer as a crash does: it leaves nothing and says nothing.
    fn kill(&self, consumer: <Self::Broker as Broker>::Consumer);
    /// Compacts the partition as far as it can be.
    fn compact(&self, partition: &TopicPartition);
    /// How often a member must find nothing to do before a group counts as settled.
    fn quiet_polls(&self) -> usize {
        3
    }
}

/// A promise and its test.
pub type Case<H> = (&'static str, fn(&H));

/// Calls the macro `$callback` with the list of all cases: the one place that lists them.
macro_rules! with_each_case {
    ($callback:ident) => {
        $callback! {
            transactions::committed_records_are_read_in_order_with_all_they_carry,
            transactions::aborted_records_are_never_read,
            transactions::an_open_transaction_hides_what_follows_it,
            transactions::markers_take_offsets_and_the_position_goes_past_them,
            transactions::a_new_producer_fences_the_old_one,
            transactions::a_new_producer_aborts_what_the_old_one_left_open,
            transactions::a_transaction_that_is_open_for_too_long_is_aborted,
            transactions::a_transaction_without_records_leaves_nothing,
            transactions::calls_out_of_order_are_refused,
            transactions::a_sent_record_is_reported_once,
            transactions::without_transactions_records_count_at_once_and_an_abort_takes_nothing_back,
            offsets::offsets_count_when_their_transaction_commits,
            offsets::committed_offsets_wait_for_an_undecided_transaction,
            offsets::a_commit_of_an_older_generation_is_refused,
            offsets::a_commit_of_nobody_is_refused,
            offsets::a_commit_for_a_group_without_members_is_refused,
            offsets::a_refused_commit_spoils_its_transaction,
            offsets::a_member_past_the_poll_interval_commits_nothing,
            offsets::offsets_outside_a_transaction_count_at_once_under_the_members_generation,
            offsets::offsets_outside_a_transaction_of_a_replaced_member_are_refused,
            groups::the_first_member_gets_every_partition,
            groups::a_partition_moves_only_after_its_release,
            groups::members_keep_what_they_have_when_another_joins,
            groups::several_lead_topics_are_spread_evenly_in_all,
            groups::a_leaving_member_hands_its_partitions_on_at_once,
            groups::a_static_member_that_leaves_hands_its_partitions_on_at_once,
            groups::a_dead_member_is_put_out_after_the_session_time_out,
            groups::a_static_member_keeps_its_partitions_across_a_restart,
            groups::a_second_consumer_of_an_instance_fences_the_first,
            groups::a_member_that_was_put_out_loses_its_partitions_and_comes_back,
            partitions::compaction_keeps_the_last_value_of_each_key,
            partitions::deleted_records_are_out_of_range,
            partitions::a_seek_reads_again_from_there,
            partitions::fetching_takes_at_most_what_was_asked_for,
            partitions::what_does_not_exist_is_named,
            partitions::a_topic_that_exists_is_left_as_it_is,
        }
    };
}
#[cfg(test)]
pub(super) use with_each_case;

macro_rules! list_cases {
    ($($room:ident::$case:ident,)*) => { vec![$((stringify!($case), $room::$case::<H> as fn(&H))),*] };
}

/// All promises.
#[must_use]
pub fn cases<H: Harness>() -> Vec<Case<H>> {
    with_each_case!(list_cases)
}
