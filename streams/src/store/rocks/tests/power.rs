//! A power cut takes the end of the log: what is left is a state that was, with the checkpoint that it had.

use std::ffi::OsString;

use proptest::prelude::*;

use super::*;
use crate::store::StoreError;
use crate::store::rocks::power_cut::{cut_unsynced_tails, logs};

/// What a task went through.
#[derive(Default)]
struct History {
    /// What both stores held after each commit, by offset.
    rows: Vec<(Rows, Rows)>,
    /// Where the records of each log end, by its name.
    ends: BTreeMap<OsString, Vec<u64>>,
}

/// A small memory: the store with the large rows is flushed again and again while the other stays in the logs.
fn backends_of_little_memory(state_dir: &Path) -> RocksBackends {
    RocksBackends::new(RocksSettings { memory_bytes: 1 << 20, ..RocksSettings::new(state_dir, APPLICATION) }).unwrap()
}

/// Each commit changes both stores.
fn write_history(state_dir: &Path, commits: &[(u8, u8, bool)]) -> History {
    let mut backend = backends_of_little_memory(state_dir).open(TASK, &specs()).unwrap();
    let (mut points, mut ranges) = (Rows::new(), Rows::new());
    let mut history = History::default();
    for (offset, (point, range, is_deleted)) in commits.iter().enumerate() {
        let value = vec![u8::try_from(offset % 251).unwrap(); 6_000];
        points.insert(vec![*point], value.clone());
        let mut writes = vec![put(0, &[*point], &value), put(1, &[*range], &value[..40])];
        ranges.insert(vec![*range], value[..40].to_vec());
        if *is_deleted {
            writes.push(Write { store: StoreIndex(1), key: [*point].into(), value: None });
            ranges.remove(&vec![*point]);
        }
        commit(&mut *backend, i64::try_from(offset).unwrap(), writes);
        history.rows.push((points.clone(), ranges.clone()));
        let log = logs(&task_dir(state_dir)).unwrap().pop().unwrap();
        let ends = history.ends.entry(log.file_name().unwrap().to_owned()).or_default();
        ends.push(log.metadata().unwrap().len());
    }
    history
}

/// The content is that of its checkpoint, in both stores; says which that is.
fn check(backend: &dyn Backend, history: &History) -> Option<i64> {
    let checkpoint = backend.checkpoint();
    let offset = checkpoint.changelog[0];
    assert_eq!(checkpoint.changelog, [offset; 2]);
    let nothing = (Rows::new(), Rows::new());
    let (points, ranges) = match offset {
        None => &nothing,
        Some(offset) => {
            assert_eq!((&checkpoint.inputs, checkpoint.committed_at_ms), (&vec![Some(offset)], offset));
            &history.rows[usize::try_from(offset).unwrap()]
        }
    };
    assert_eq!(&rows(backend), ranges, "at {offset:?}");
    for point in 0..=u8::MAX {
        assert_eq!(get(backend, 0, &[point]).as_ref(), points.get(&vec![point]), "point {point} at {offset:?}");
    }
    offset
}

fn commits() -> impl Strategy<Value = Vec<(u8, u8, bool)>> {
    proptest::collection::vec((0..20_u8, 0..20_u8, any::<bool>()), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn after_a_power_cut_rows_and_checkpoint_are_of_one_moment(commits in commits(), places in any::<[u64; 3]>()) {
        let (here, there) = (scratch(), scratch());
        let history = write_history(here.path(), &commits);
        for place in places {
            copy_files(&task_dir(here.path()), &task_dir(there.path()));
            cut_unsynced_tails(&there.path().join(APPLICATION), &mut |below| place % below).unwrap();
            let mut backend = backends_of_little_memory(there.path()).open(TASK, &specs()).unwrap();
            let offset = check(&*backend, &history);
            // And it goes on from there.
            commit(&mut *backend, offset.map_or(0, |offset| offset + 1), vec![put(0, b"later", b"1")]);
            drop(backend);
            let backends = backends_of_little_memory(there.path());
            prop_assert_eq!(get(&*backends.open(TASK, &specs()).unwrap(), 0, b"later"), Some(b"1".to_vec()));
            backends.discard(TASK).unwrap();
        }
    }

    /// The system may write a log before the end of the one before it. Then the state is an earlier one, or of no use and says
    /// so; never one with a hole.
    #[test]
    fn a_log_that_is_cut_under_a_whole_one_is_not_read_over_the_hole(commits in commits(), places in any::<[u64; 3]>()) {
        let (here, there) = (scratch(), scratch());
        let history = write_history(here.path(), &commits);
        for place in places {
            copy_files(&task_dir(here.path()), &task_dir(there.path()));
            if let [.., log, _] = &*logs(&task_dir(there.path())).unwrap() {
                // Behind a whole record nothing looks cut.
                let ends = history.ends.get(log.file_name().unwrap()).map_or(&[][..], Vec::as_slice);
                let end = ends.get(place as usize % (ends.len() + 1)).copied().unwrap_or_default();
                std::fs::OpenOptions::new().write(true).open(log).unwrap().set_len(end).unwrap();
            }
            let backends = backends_of_little_memory(there.path());
            match backends.open(TASK, &specs()) {
                Ok(backend) => drop(check(&*backend, &history)),
                Err(error) => prop_assert!(matches!(error, StoreError::Damaged { .. }), "{}", error),
            }
            backends.discard(TASK).unwrap();
        }
    }
}
