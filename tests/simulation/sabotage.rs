//! Defects that are planted, to show that the seeds would find them.

use streams::runtime::{Sabotage, ThreadSettings};
use topology::settings::Learning;

use crate::promises::check;
use crate::run::disturbed;

const SEEDS: u64 = 40;

/// What the first seed that finds the defect says.
fn first_red(settings: fn(&mut ThreadSettings)) -> Option<String> {
    (1..=SEEDS).find_map(|seed| {
        let result = disturbed(seed, Learning::Frozen, settings);
        let broken = result.and_then(|report| check(&report, Learning::Frozen)).err();
        broken.map(|what| format!("seed {seed}: {what}"))
    })
}

#[test]
fn a_store_that_is_written_before_the_commit_is_found() {
    println!("{}", first_red(|settings| settings.sabotage = Sabotage::ApplyBeforeCommit).unwrap());
}

#[test]
fn timers_that_fire_by_the_slice_are_found() {
    println!("{}", first_red(|settings| settings.sabotage = Sabotage::TimersBySlice).unwrap());
}

#[test]
fn a_restore_that_stops_at_the_last_stable_offset_is_found() {
    println!("{}", first_red(|settings| settings.sabotage = Sabotage::RestoreToLastStable).unwrap());
}
