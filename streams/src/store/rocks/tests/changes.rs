//! What a change of the stores, or a clearing, was interrupted in is completed.

use std::sync::Arc;

use rocksdb::WaitForCompactOptions;

use super::*;
use crate::store::rocks::checkpoint::{doomed_key, family_of};
use crate::store::rocks::database::Database;
use crate::store::rocks::lease::Lease;

fn database(backends: &RocksBackends, stores: &[StoreSpec]) -> Database {
    let shared = &backends.shared;
    let directory = shared.directory.task(TASK);
    let lease = Lease::take(&directory).unwrap();
    Database::open(&shared.settings, &shared.memory, directory, lease, stores).unwrap()
}

/// The intent is written, and nothing is done: that is where an interruption leaves most.
#[test]
fn rows_that_were_to_be_thrown_away_are_gone_after_an_interruption() {
    let directory = scratch();
    let backends = backends(directory.path());
    let mut backend = backends.open(TASK, &specs()).unwrap();
    commit(&mut *backend, 1, vec![put(0, b"a", b"1"), put(1, b"b", b"2")]);
    drop(backend);
    let interrupted = database(&backends, &specs());
    let family = family_of(&specs()[1]);
    interrupted.db().put_cf(&interrupted.own_family().unwrap(), doomed_key(&family), b"").unwrap();
    drop(interrupted);
    for _ in 0..2 {
        let backend = backends.open(TASK, &specs()).unwrap();
        assert!(rows(&*backend).is_empty());
        assert_eq!(get(&*backend, 0, b"a"), Some(b"1".to_vec()));
        drop(backend);
        let database = database(&backends, &specs());
        assert!(database.db().get_cf(&database.own_family().unwrap(), doomed_key(&family)).unwrap().is_none());
    }
}

#[test]
fn a_store_that_is_not_declared_leaves_nothing_on_disk() {
    let directory = scratch();
    let backends = backends(directory.path());
    commit(&mut *backends.open(TASK, &specs()).unwrap(), 1, vec![put(1, b"b", b"2")]);
    drop(backends.open(TASK, &specs()[..1]).unwrap());
    let database = database(&backends, &specs()[..1]);
    assert!(database.db().cf_handle(&family_of(&specs()[1])).is_none());
}

/// Who looks at the statistics holds the database for a moment: until then its directory is not free.
#[test]
fn a_directory_is_free_when_the_last_who_shares_its_database_is_gone() {
    let directory = scratch();
    let backends = backends(directory.path());
    let backend = backends.open(TASK, &specs()).unwrap();
    let shared: Arc<Database> = backends.opened()[&TASK].upgrade().unwrap();
    drop(backend);
    assert!(backends.open(TASK, &specs()).is_err());
    drop(shared);
    assert!(backends.open(TASK, &specs()).is_ok());
}

/// Twice the bytes that make a restore a large one.
#[test]
fn a_large_restore_is_compacted_at_its_end_and_not_before() {
    let directory = scratch();
    let backends = backends(directory.path());
    let mut backend = backends.open(TASK, &specs()).unwrap();
    let database: Arc<Database> = backends.opened()[&TASK].upgrade().unwrap();
    let files = || {
        let family = database.family(1).unwrap();
        database.db().property_int_value_cf(&family, "rocksdb.num-files-at-level0").unwrap().unwrap()
    };
    backend.begin_restore().unwrap();
    for batch in 0..128_i64 {
        let writes = (0..20_u8).map(|row| put(1, &[row, batch as u8], &[1; 50_000]));
        commit(&mut *backend, batch, writes.collect());
    }
    let at_rest = || database.db().wait_for_compact(&WaitForCompactOptions::default()).unwrap();
    at_rest();
    assert!(files() > 8, "{} files", files());
    assert_eq!(rows(&*backend).len(), 128 * 20);
    backend.end_restore().unwrap();
    at_rest();
    assert!(files() < 4, "{} files", files());
    assert_eq!(rows(&*backend).len(), 128 * 20);
}
