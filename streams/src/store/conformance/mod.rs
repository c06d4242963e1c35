//! The promises of state stores, as tests that any implementation can be put through.
//!
//! Each case is a function over a [`BackendProvider`] that nobody has used; [`cases`] lists them all. A case panics where a
//! promise is broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests, compiled for the tests of other crates too"
)]

mod batches;
mod identity;
mod overlay;
mod stage;

use super::BackendProvider;

/// A promise and its test.
pub type Case = (&'static str, fn(&dyn BackendProvider));

/// Calls the macro `$callback` with the list of all cases: the one place that lists them.
macro_rules! with_each_case {
    ($callback:ident) => {
        $callback! {
            batches::a_value_is_read_back_and_a_deleted_one_is_gone,
            batches::a_scan_visits_its_range_in_order_until_it_is_told_to_stop,
            batches::a_store_of_points_refuses_a_scan,
            batches::what_no_store_holds_is_refused,
            batches::a_batch_for_an_unknown_store_changes_nothing,
            batches::a_batch_is_drained,
            batches::rows_of_a_restore_are_read_after_it,
            batches::bytes_grow_with_what_is_held,
            identity::what_was_applied_is_there_after_the_owner_was_killed,
            identity::an_open_task_is_refused_to_a_second_owner,
            identity::tasks_do_not_see_each_other,
            identity::a_store_keeps_its_rows_when_another_is_declared_before_it,
            identity::a_store_that_is_no_longer_declared_is_forgotten,
            identity::a_store_of_another_kind_starts_empty,
            identity::a_cleared_state_is_empty_and_worth_nothing_for_good,
            identity::a_discarded_state_is_empty,
            overlay::overlay_and_backend_read_as_one_map,
        }
    };
}
#[cfg(test)]
pub(crate) use with_each_case;

macro_rules! list_cases {
    ($($room:ident::$case:ident,)*) => { vec![$((stringify!($case), $room::$case as fn(&dyn BackendProvider))),*] };
}

/// All promises.
#[must_use]
pub fn cases() -> Vec<Case> {
    with_each_case!(list_cases)
}
