//! The promises of the seam, each as a test on a real Kafka.

use streams::broker::conformance::cases;

use crate::harness::RealKafka;

fn run(name: &str) {
    let case = cases::<RealKafka>().into_iter().find(|(known, _)| *known == name);
    let (_, case) = case.unwrap_or_else(|| panic!("there is no promise {name}"));
    case(&RealKafka);
}

macro_rules! test_each_promise {
    ($($name:ident,)*) => {
        $(#[test] fn $name() { run(stringify!($name)); })*

        #[test]
        fn every_promise_has_its_test_here() {
            let known: Vec<_> = cases::<RealKafka>().into_iter().map(|(name, _)| name).collect();
            assert_eq!(known, [$(stringify!($name)),*]);
        }
    };
}

test_each_promise! {
    committed_records_are_read_in_order_with_all_they_carry,
    aborted_records_are_never_read,
    an_open_transaction_hides_what_follows_it,
    markers_take_offsets_and_the_position_goes_past_them,
    a_new_producer_fences_the_old_one,
    a_new_producer_aborts_what_the_old_one_left_open,
    a_transaction_that_is_open_for_too_long_is_aborted,
    a_transaction_without_records_leaves_nothing,
    calls_out_of_order_are_refused,
    a_sent_record_is_reported_once,
    without_transactions_records_count_at_once_and_an_abort_takes_nothing_back,
    offsets_count_when_their_transaction_commits,
    committed_offsets_wait_for_an_undecided_transaction,
    a_commit_of_an_older_generation_is_refused,
    a_commit_of_nobody_is_refused,
    a_commit_for_a_group_without_members_is_refused,
    a_refused_commit_spoils_its_transaction,
    a_member_past_the_poll_interval_commits_nothing,
    offsets_outside_a_transaction_count_at_once_under_the_members_generation,
    offsets_outside_a_transaction_of_a_replaced_member_are_refused,
    the_first_member_gets_every_partition,
    a_partition_moves_only_after_its_release,
    members_keep_what_they_have_when_another_joins,
    several_lead_topics_are_spread_evenly_in_all,
    a_leaving_member_hands_its_partitions_on_at_once,
    a_static_member_that_leaves_hands_its_partitions_on_at_once,
    a_dead_member_is_put_out_after_the_session_time_out,
    a_static_member_keeps_its_partitions_across_a_restart,
    a_second_consumer_of_an_instance_fences_the_first,
    a_member_that_was_put_out_loses_its_partitions_and_comes_back,
    compaction_keeps_the_last_value_of_each_key,
    deleted_records_are_out_of_range,
    a_seek_reads_again_from_there,
    fetching_takes_at_most_what_was_asked_for,
    what_does_not_exist_is_named,
    a_topic_that_exists_is_left_as_it_is,
}
