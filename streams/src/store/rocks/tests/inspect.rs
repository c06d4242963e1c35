//! A state is looked into, and is afterwards as it was before.

use std::path::Path;

use super::*;
use crate::store::StoreError;
use crate::store::rocks::{InspectedTask, RocksInspector};

fn inspector(state_dir: &Path) -> RocksInspector {
    RocksInspector::open(state_dir, APPLICATION).unwrap().unwrap()
}

/// Every file of the state with its bytes.
fn files(state_dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(task_dir(state_dir)).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

fn all(task: &InspectedTask, store: usize, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    task.scan(&task.stores()[store], prefix, &mut |key, value| {
        rows.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    })
    .unwrap();
    rows
}

#[test]
fn a_state_is_read_with_what_lies_in_its_log_alone_and_no_byte_of_it_changes() {
    let directory = scratch();
    let backends = backends(directory.path());
    let mut backend = backends.open(TASK, &specs()).unwrap();
    commit(&mut *backend, 1, vec![put(0, b"flushed", b"1"), put(1, b"ab", b"2"), put(1, b"ac", b"3")]);
    drop(backend);
    // Opening writes what the log holds to tables; this commit lies in the log.
    let mut backend = backends.open(TASK, &specs()).unwrap();
    commit(&mut *backend, 7, vec![put(0, b"logged", b"4"), put(1, b"b", b"5")]);
    drop(backend);

    let before = files(directory.path());
    let task = inspector(directory.path()).task(TASK).unwrap();
    let stores: Vec<_> = task.stores().iter().map(|store| (store.name.as_str(), store.kind, store.changelog)).collect();
    assert_eq!(stores, [("points", StoreKind::KeyValue, Some(7)), ("ranges", StoreKind::Ordered, Some(7))]);
    assert_eq!((task.inputs(), task.identity(), task.committed_at_ms()), (&[Some(7)][..], &b"here"[..], 7));
    let row = |key: &[u8], value: &[u8]| (key.to_vec(), value.to_vec());
    assert_eq!(all(&task, 0, b""), [row(b"flushed", b"1"), row(b"logged", b"4")]);
    assert_eq!(all(&task, 1, b"a"), [row(b"ab", b"2"), row(b"ac", b"3")]);
    assert_eq!(task.get(&task.stores()[1], b"b").unwrap(), Some(b"5".to_vec()));
    assert_eq!(task.disk_bytes().unwrap(), before.values().map(|bytes| bytes.len() as u64).sum::<u64>());
    drop(task);
    assert!(before == files(directory.path()), "looking has changed the files");
    assert_eq!(get(&*backends.open(TASK, &specs()).unwrap(), 0, b"logged"), Some(b"4".to_vec()));
}

#[test]
fn a_state_that_is_open_is_not_looked_into_and_one_that_is_looked_into_is_not_opened() {
    let directory = scratch();
    let backends = backends(directory.path());
    let backend = backends.open(TASK, &specs()).unwrap();
    let inspector = inspector(directory.path());
    assert_eq!(inspector.task(TASK).err(), Some(StoreError::InUse { task: TASK }));
    drop(backend);
    let looked = inspector.task(TASK).unwrap();
    assert_eq!(backends.open(TASK, &specs()).err(), Some(StoreError::InUse { task: TASK }));
    drop(looked);
    assert!(backends.open(TASK, &specs()).is_ok());
}

#[test]
fn what_is_no_state_of_this_version_is_refused_and_nothing_is_made() {
    let directory = scratch();
    assert!(RocksInspector::open(directory.path(), APPLICATION).unwrap().is_none());
    assert!(!directory.path().join(APPLICATION).exists());
    for id in ["", "..", "a/b"] {
        let refused = RocksInspector::open(directory.path(), id).err();
        assert_eq!(refused, Some(StoreError::UnusableName { application_id: id.into() }));
    }

    drop(backends(directory.path()).open(TASK, &specs()).unwrap());
    let inspector = inspector(directory.path());
    assert_eq!(inspector.tasks().unwrap(), [TASK]);
    let format = task_dir(directory.path()).join("FORMAT");
    let written = std::fs::read_to_string(&format).unwrap();
    std::fs::write(&format, written.replace("format 1", "format 2")).unwrap();
    assert!(matches!(inspector.task(TASK).err(), Some(StoreError::UnknownFormat { found: 2, known: 1, .. })));
    std::fs::remove_file(&format).unwrap();
    assert!(matches!(inspector.task(TASK).err(), Some(StoreError::ForeignDirectory { .. })));
    assert!(!format.exists());
    std::fs::write(&format, written).unwrap();
    std::fs::write(task_dir(directory.path()).join("DAMAGED"), "checksum").unwrap();
    assert!(matches!(inspector.task(TASK).err(), Some(StoreError::Damaged { .. })));
}
