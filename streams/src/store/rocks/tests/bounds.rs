//! What is held in memory and in the log stays within the settings.

use rocksdb::WaitForCompactOptions;

use super::*;
use crate::store::rocks::power_cut::logs;

const TASKS: u32 = 6;
const MEMORY: usize = 12 << 20;
const VALUE_BYTES: usize = 1_000;

/// Nearly five times the memory is written, and read here and there.
#[test]
fn all_tasks_together_stay_within_the_one_bound_of_memory() {
    let directory = scratch();
    let settings = RocksSettings { memory_bytes: MEMORY, ..RocksSettings::new(directory.path(), APPLICATION) };
    let backends = RocksBackends::new(settings).unwrap();
    let task = |partition| TaskId { partition, ..TASK };
    let mut open: Vec<_> = (0..TASKS).map(|partition| backends.open(task(partition), &specs()).unwrap()).collect();
    let (mut written, mut cache_max, mut memtables_max) = (0, 0, 0);
    for round in 0..50_u32 {
        for backend in &mut open {
            let key = |row: u32| (round * 7_919 + row).to_be_bytes();
            let writes = (0..200).map(|row| put(usize::from(row % 2 == 0), &key(row), &[1; VALUE_BYTES]));
            commit(&mut **backend, round.into(), writes.collect());
            written += 200 * VALUE_BYTES;
            for row in 0..20 {
                get(&**backend, 0, &((round / 2) * 7_919 + row * 10 + 1).to_be_bytes());
            }
            let statistics = backends.statistics().unwrap();
            cache_max = cache_max.max(statistics.cache_bytes);
            memtables_max = memtables_max.max(statistics.memtable_bytes);
        }
    }
    println!("{written} bytes written; at most {cache_max} in the cache, {memtables_max} unflushed, of {MEMORY}");
    assert!(written > 4 * MEMORY);
    assert!(cache_max.max(memtables_max) <= MEMORY, "{cache_max} in the cache, {memtables_max} unflushed, of {MEMORY}");
    assert!(cache_max > MEMORY / 2, "the bound was not met: {cache_max} of {MEMORY}");
    let statistics = backends.statistics().unwrap();
    assert_eq!(statistics.tasks.len(), TASKS as usize);
    assert!(statistics.tasks.values().all(|task| task.sst_bytes > 0 && task.estimated_keys > 0), "{statistics:?}");
    assert_eq!((statistics.memory_bytes_max, backends.tasks_on_disk().unwrap().len()), (MEMORY, TASKS as usize));
}

/// One store is quiet: nothing else would flush it, and the log would be kept for its sake.
#[test]
fn a_quiet_store_does_not_hold_the_log() {
    let directory = scratch();
    let interval_ms = 30_000;
    let settings =
        RocksSettings { flush_interval_ms: interval_ms, ..RocksSettings::new(directory.path(), APPLICATION) };
    let backends = RocksBackends::new(settings).unwrap();
    let mut backend = backends.open(TASK, &specs()).unwrap();
    commit(&mut *backend, 1_000, vec![put(0, b"quiet", b"1")]);
    let log = logs(&task_dir(directory.path())).unwrap().pop().unwrap();
    for at_ms in [20_000, 30_900] {
        commit(&mut *backend, at_ms, vec![put(1, b"busy", b"1")]);
        assert_eq!(logs(&task_dir(directory.path())).unwrap(), std::slice::from_ref(&log), "at {at_ms}");
    }
    commit(&mut *backend, 31_000, vec![put(1, b"busy", b"2")]);
    assert_ne!(logs(&task_dir(directory.path())).unwrap().pop().unwrap(), log);
    // The flush is under way: closing waits for it or gives it up, and opening makes up for that.
    drop(backend);
    let backend = backends.open(TASK, &specs()).unwrap();
    assert!(!log.exists());
    assert_eq!(get(&*backend, 0, b"quiet"), Some(b"1".to_vec()));
}

#[test]
fn the_log_of_a_task_stays_within_its_bound() {
    let directory = scratch();
    let bound = 1 << 20;
    let settings = RocksSettings { wal_bytes_max: bound, ..RocksSettings::new(directory.path(), APPLICATION) };
    let backends = RocksBackends::new(settings).unwrap();
    let mut backend = backends.open(TASK, &specs()).unwrap();
    let database = backends.opened()[&TASK].upgrade().unwrap();
    let mut most = 0;
    for offset in 0..400 {
        commit(&mut *backend, offset, vec![put(1, &offset.to_be_bytes(), &[1; 20_000])]);
        // A disk that keeps up.
        database.db().wait_for_compact(&WaitForCompactOptions::default()).unwrap();
        let size = |log: &std::path::PathBuf| log.metadata().map_or(0, |metadata| metadata.len());
        most = most.max(logs(&task_dir(directory.path())).unwrap().iter().map(size).sum());
    }
    // 8 MB were written.
    assert!(most > bound / 2 && most < 2 * bound, "{most} of {bound}");
}
