use proptest::prelude::*;

use super::fixture::{Bench, CHAT, POLL, record};
use crate::broker::ConsumerRecord;
use crate::task::{Counts, Pacing, ProgressState};

const KEYS: [&str; 3] = ["a", "b", "c"];
const VALUES: [&str; 6] = ["x", "ticks", "ticks", "control", "garbage", "refuse"];

fn records() -> impl Strategy<Value = Vec<ConsumerRecord>> {
    let one = (-20..60_i64, 0..KEYS.len(), 0..VALUES.len());
    proptest::collection::vec(one, 0..25).prop_map(|steps| {
        let mut time = 0;
        let records = steps.into_iter().enumerate().map(|(offset, (step, key, value))| {
            time += step;
            // Every ninth record comes far too late.
            let at = if offset % 9 == 8 { time - 500 } else { time };
            record(offset as i64, at, KEYS[key], VALUES[value])
        });
        records.collect()
    })
}

fn undisturbed(chat: &[ConsumerRecord], poll: &[ConsumerRecord]) -> Bench {
    let mut bench = Bench::new().given(chat.to_vec(), poll.to_vec());
    assert_eq!(bench.run_all().state, ProgressState::Drained);
    bench
}

/// What a consumer that reads committed records sees of the outputs, and the task in the end.
fn outcome(bench: &Bench) -> (Vec<String>, usize, Counts, Option<i64>, Option<i64>) {
    let heard = &bench.heard;
    (heard.said.clone(), heard.dead.len(), bench.task.counts(), bench.task.stream_time(), bench.task.next_timer())
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Commit,
    RollBack,
    Kill,
}

fn events() -> impl Strategy<Value = Vec<(usize, Event)>> {
    let event = prop_oneof![3 => Just(Event::Commit), 1 => Just(Event::RollBack), 1 => Just(Event::Kill)];
    proptest::collection::vec((0..12_usize, event), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_happens_does_not_depend_on_how_the_work_is_cut(
        chat in records(), poll in records(), budgets in proptest::collection::vec(1..7_usize, 1..20),
    ) {
        let expect = undisturbed(&chat, &poll);
        let mut bench = Bench::new().given(chat, poll);
        for budget in budgets.iter().cycle() {
            let progress = bench.run(*budget, Pacing::Unpaced);
            prop_assert!(progress.done <= *budget);
            if progress.state != ProgressState::Ready {
                break;
            }
        }
        prop_assert_eq!(outcome(&bench), outcome(&expect));
    }

    #[test]
    fn commits_rollbacks_and_restarts_leave_no_trace(chat in records(), poll in records(), events in events()) {
        let expect = undisturbed(&chat, &poll);
        let mut bench = Bench::new().given(chat.clone(), poll.clone());
        let (mut said, mut dead, mut positions) = (0, 0, [0, 0]);
        for (budget, event) in events {
            bench.run(budget, Pacing::Unpaced);
            match event {
                Event::Commit => {
                    bench.commit();
                    (said, dead) = (bench.heard.said.len(), bench.heard.dead.len());
                    positions = [CHAT, POLL].map(|input| bench.task.position(input).unwrap_or(0));
                    continue;
                }
                Event::RollBack => bench.task.rolled_back(),
                Event::Kill => bench.reopen(),
            }
            bench.heard.said.truncate(said);
            bench.heard.dead.truncate(dead);
            let [from_chat, from_poll] = positions;
            bench.task.seek(CHAT, from_chat);
            bench.task.seek(POLL, from_poll);
            bench.fill(chat[from_chat as usize..].to_vec(), poll[from_poll as usize..].to_vec());
        }
        bench.run_all();
        prop_assert_eq!(outcome(&bench), outcome(&expect));
        let Counts { read, processed, late, dead_lettered } = bench.task.counts();
        prop_assert_eq!(read, processed + late + dead_lettered);
        prop_assert_eq!(read as usize, chat.len() + poll.len());
    }

    #[test]
    fn a_store_restored_from_its_changelog_goes_on_as_the_original(chat in records(), poll in records(), cut in 0..40_usize) {
        let mut original = Bench::new().given(chat.clone(), poll.clone());
        original.run(cut, Pacing::Unpaced);
        original.commit();
        let mut copy = Bench::new();
        for (store, key, value) in core::mem::take(&mut original.heard.changelog) {
            let bytes = |bytes: Vec<u8>| Some(bytes::Bytes::from(bytes));
            let row = ConsumerRecord { key: bytes(key), value: value.and_then(bytes), ..record(0, 0, "", "") };
            copy.task.restore(crate::store::StoreIndex(store), &[row], 1).unwrap();
        }
        let [from_chat, from_poll] = [CHAT, POLL].map(|input| original.task.position(input).unwrap_or(0) as usize);
        copy.fill(chat[from_chat..].to_vec(), poll[from_poll..].to_vec());
        let before = original.heard.said.len();
        original.run_all();
        copy.run_all();
        prop_assert_eq!(&copy.heard.said[..], &original.heard.said[before..]);
        prop_assert_eq!(copy.task.counts(), original.task.counts());
    }
}

#[test]
fn a_rollback_forgets_rows_timers_time_and_counts_exactly() {
    let mut bench = Bench::new().given(vec![record(0, 1, "a", "ticks")], vec![]);
    bench.run_all();
    bench.commit();
    assert!(!bench.task.has_work_to_commit());
    let before = (bench.task.counts(), bench.task.stream_time(), bench.task.next_timer(), bench.task.timers());
    let counters: Vec<_> = bench.task.counters().collect();
    bench.fill(vec![record(1, 35, "b", "ticks"), record(2, 36, "a", "x")], vec![]);
    bench.run_all();
    assert!(bench.task.has_work_to_commit() && bench.task.dirty_bytes() > 0);
    bench.task.rolled_back();
    let after = (bench.task.counts(), bench.task.stream_time(), bench.task.next_timer(), bench.task.timers());
    assert_eq!(before, after);
    assert_eq!(counters, bench.task.counters().collect::<Vec<_>>());
    assert_eq!((bench.task.dirty_bytes(), bench.task.position(CHAT), bench.task.buffered(CHAT)), (0, Some(1), (0, 0)));
    assert_eq!(bench.task.get(crate::store::StoreIndex(0), b"b").unwrap(), None);
    assert!(!bench.task.has_work_to_commit());
}

#[test]
fn the_changelog_has_one_record_per_row_however_often_it_was_written() {
    let chat = (0..50).map(|offset| record(offset, offset, "a", "x")).collect();
    let mut bench = Bench::new().given(chat, vec![]);
    bench.run_all();
    bench.commit();
    let rows: Vec<_> = bench.heard.changelog.iter().map(|(store, key, _)| (*store, key.as_slice())).collect();
    assert_eq!(rows, [(0, &b"a"[..]), (1, &b"p"[..])]);
}
