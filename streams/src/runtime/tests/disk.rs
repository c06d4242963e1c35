//! A disk that is damaged, and what it is told.

use std::sync::Mutex;

use super::*;
use crate::runtime::{Blocked, RebuildReason};
use crate::store::{Backend, Batch, Checkpoint, StoreError, StoreIndex, Visit};
use crate::task::TaskId;

/// Damaged until it is discarded, if it is to be; notes what it is told.
#[derive(Clone, Default)]
struct Disk {
    inner: MemoryBackends,
    is_damaged: Arc<Mutex<bool>>,
    is_of_another_process: Arc<Mutex<bool>>,
    told: Arc<Mutex<Vec<&'static str>>>,
}

struct DiskBackend {
    inner: Box<dyn Backend>,
    told: Arc<Mutex<Vec<&'static str>>>,
}

impl BackendProvider for Disk {
    fn open(&self, task: TaskId, stores: &[StoreSpec]) -> Result<Box<dyn Backend>, StoreError> {
        if *self.is_of_another_process.lock().unwrap() {
            return Err(StoreError::OtherProcess { directory: std::path::Path::new("disk").into() });
        }
        if *self.is_damaged.lock().unwrap() {
            return Err(StoreError::Damaged {
                directory: std::path::Path::new("disk").into(),
                message: "a hole".into(),
            });
        }
        Ok(Box::new(DiskBackend { inner: self.inner.open(task, stores)?, told: self.told.clone() }))
    }

    fn discard(&self, task: TaskId) -> Result<(), StoreError> {
        *self.is_damaged.lock().unwrap() = false;
        self.inner.discard(task)
    }
}

impl Backend for DiskBackend {
    fn get(&self, store: StoreIndex, key: &[u8], value: &mut Vec<u8>) -> Result<bool, StoreError> {
        self.inner.get(store, key, value)
    }

    fn scan(&self, store: StoreIndex, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.inner.scan(store, from, to, visit)
    }

    fn apply(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        self.told.lock().unwrap().push("apply");
        self.inner.apply(batch)
    }

    fn checkpoint(&self) -> &Checkpoint {
        self.inner.checkpoint()
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.inner.clear()
    }

    fn approximate_bytes(&self) -> usize {
        self.inner.approximate_bytes()
    }

    fn begin_restore(&mut self) -> Result<(), StoreError> {
        self.told.lock().unwrap().push("begin");
        Ok(())
    }

    fn end_restore(&mut self) -> Result<(), StoreError> {
        self.told.lock().unwrap().push("end");
        Ok(())
    }
}

/// Three records are counted and committed; the process ends.
fn filled(fixture: &Fixture, disk: &Disk) {
    for at_ms in 0..3 {
        fixture.send("in", 0, "a", "1", at_ms);
    }
    let mut thread = fixture.start_with(Fixture::settings("one"), disk, |_| Answer::Pass);
    run(&mut thread);
    thread.close().unwrap();
}

#[test]
fn a_damaged_state_is_thrown_away_and_restored_from_its_changelog() {
    let (fixture, disk) = (Fixture::new(1), Disk::default());
    filled(&fixture, &disk);
    *disk.is_damaged.lock().unwrap() = true;
    fixture.send("in", 0, "a", "1", 3);
    let mut thread = fixture.start_with(Fixture::settings("one"), &disk, |_| Answer::Pass);
    run(&mut thread);
    assert_eq!(fixture.out().last().unwrap(), "a=4");
    assert_eq!(thread.tasks().next().unwrap().rebuilt, Some(RebuildReason::Damaged));
}

#[test]
fn a_damaged_state_without_a_changelog_is_not_thrown_away() {
    let (fixture, disk) = (Fixture::new(1), Disk::default());
    *disk.is_damaged.lock().unwrap() = true;
    let settings = ThreadSettings { changelog: false, ..Fixture::settings("one") };
    let mut thread = fixture.start_with(settings, &disk, |_| Answer::Pass);
    let error = (0..20).find_map(|_| thread.step().err()).unwrap();
    assert!(error.to_string().contains("the state in disk is damaged: a hole"), "{error}");
    assert!(*disk.is_damaged.lock().unwrap());
}

#[test]
fn a_state_that_another_process_has_is_waited_for_but_not_for_ever() {
    let (fixture, disk) = (Fixture::new(1), Disk::default());
    filled(&fixture, &disk);
    *disk.is_of_another_process.lock().unwrap() = true;
    fixture.send("in", 0, "a", "1", 3);
    let mut thread = fixture.start_with(Fixture::settings("one"), &disk, |_| Answer::Pass);
    for _ in 0..20 {
        fixture.clock.advance(100);
        thread.step().unwrap();
    }
    assert_eq!(thread.tasks().next().unwrap().blocked, Some(Blocked::StateOfAnotherProcess));
    *disk.is_of_another_process.lock().unwrap() = false;
    run(&mut thread);
    assert_eq!(fixture.out().last().unwrap(), "a=4");
    thread.close().unwrap();

    *disk.is_of_another_process.lock().unwrap() = true;
    let mut thread = fixture.start_with(Fixture::settings("one"), &disk, |_| Answer::Pass);
    let error = (0..2_000).find_map(|_| {
        fixture.clock.advance(100);
        thread.step().err()
    });
    assert!(error.unwrap().to_string().contains("in use by another process; stop it"));
}

#[test]
fn a_disk_is_told_where_a_restore_begins_and_ends() {
    let (fixture, disk) = (Fixture::new(1), Disk::default());
    filled(&fixture, &disk);
    let told = || core::mem::take(&mut *disk.told.lock().unwrap());
    assert_eq!(told().first(), Some(&"end"), "there was nothing to restore");
    disk.inner.discard(TaskId { sub_topology: 0, partition: 0 }).unwrap();
    run(&mut fixture.start_with(Fixture::settings("one"), &disk, |_| Answer::Pass));
    let told = told();
    let end = told.iter().position(|told| *told == "end").unwrap();
    assert_eq!(told[0], "begin", "{told:?}");
    assert!(end > 1 && told[1..end].iter().all(|told| *told == "apply"), "{told:?}");
}
