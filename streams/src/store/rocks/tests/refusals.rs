//! What is refused says what is wrong, where, and what helps.

use super::*;
use crate::store::StoreError;

fn refusal(backends: &RocksBackends) -> StoreError {
    backends.open(TASK, &specs()).err().unwrap()
}

#[test]
fn a_state_of_another_format_is_refused_and_left_as_it_is() {
    let directory = scratch();
    let backends = backends(directory.path());
    commit(&mut *backends.open(TASK, &specs()).unwrap(), 1, vec![put(0, b"a", b"1")]);
    let format = task_dir(directory.path()).join("FORMAT");
    let written = std::fs::read_to_string(&format).unwrap();
    std::fs::write(&format, written.replace("format 1", "format 2")).unwrap();
    let error = refusal(&backends);
    assert!(matches!(error, StoreError::UnknownFormat { found: 2, known: 1, .. }) && !error.needs_rebuild());
    let message = error.to_string();
    assert!(message.contains("app/0_3 has format 2") && message.contains("run the version that wrote it"), "{message}");
    std::fs::write(&format, written).unwrap();
    assert_eq!(get(&*backends.open(TASK, &specs()).unwrap(), 0, b"a"), Some(b"1".to_vec()));
}

#[test]
fn a_directory_that_is_not_the_tasks_state_is_refused_and_left_as_it_is() {
    let directory = scratch();
    let backends = backends(directory.path());
    commit(&mut *backends.open(TASK, &specs()).unwrap(), 1, vec![put(0, b"a", b"1")]);
    let other = TaskId { partition: 4, ..TASK };
    let other_dir = directory.path().join(APPLICATION).join(other.to_string());
    copy_files(&task_dir(directory.path()), &other_dir);
    let error = backends.open(other, &specs()).err().unwrap();
    assert!(matches!(error, StoreError::ForeignDirectory { task, .. } if task == other), "{error}");
    assert!(error.to_string().contains("0_4 is not the state of task 0_4 of app"), "{error}");

    let photos = TaskId { partition: 5, ..TASK };
    let photos_dir = directory.path().join(APPLICATION).join(photos.to_string());
    std::fs::create_dir(&photos_dir).unwrap();
    std::fs::write(photos_dir.join("photo"), "of a cat").unwrap();
    let error = backends.open(photos, &specs()).err().unwrap();
    assert!(matches!(error, StoreError::ForeignDirectory { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(photos_dir.join("photo")).unwrap(), "of a cat");
}

#[test]
fn a_first_open_that_was_interrupted_is_begun_again() {
    let directory = scratch();
    let backends = backends(directory.path());
    std::fs::create_dir_all(task_dir(directory.path())).unwrap();
    std::fs::write(task_dir(directory.path()).join("FORMAT.new"), "form").unwrap();
    assert!(backends.open(TASK, &specs()).is_ok());
}

#[test]
fn a_state_directory_that_can_not_be_made_is_refused_by_name() {
    let directory = scratch();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = RocksBackends::new(RocksSettings::new(&file, APPLICATION)).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, StoreError::Io { .. }) && message.contains("file/app: "), "{message}");
    assert!(message.contains("check the disk, and that the directory may be written"), "{message}");
}

#[test]
fn an_application_id_that_leads_elsewhere_is_refused() {
    let directory = scratch();
    for id in ["", ".", "..", "a/b", "/a", "../a"] {
        let error = RocksBackends::new(RocksSettings::new(directory.path(), id)).unwrap_err();
        assert_eq!(error, StoreError::UnusableName { application_id: id.into() });
    }
}

#[test]
fn a_state_that_another_provider_of_the_process_has_open_is_refused() {
    let directory = scratch();
    let (one, two) = (backends(directory.path()), backends(&directory.path().join(".")));
    let open = one.open(TASK, &specs()).unwrap();
    assert_eq!(refusal(&two), StoreError::InUse { task: TASK });
    assert_eq!(two.discard(TASK), Err(StoreError::InUse { task: TASK }));
    drop(open);
    assert!(two.open(TASK, &specs()).is_ok());
}

/// A byte of a table that was flushed has changed: its checksum tells, when it is read.
#[test]
fn a_damaged_state_says_so_stays_damaged_and_can_be_discarded() {
    let directory = scratch();
    let settings = RocksSettings { flush_interval_ms: 1, ..RocksSettings::new(directory.path(), APPLICATION) };
    let backends = RocksBackends::new(settings).unwrap();
    let mut backend = backends.open(TASK, &specs()).unwrap();
    commit(&mut *backend, 1, (0..200_u8).map(|row| put(1, &[row], &[row; 100])).collect());
    drop(backend);
    // Opening writes what the log holds to tables.
    drop(backends.open(TASK, &specs()).unwrap());
    let mut damaged = 0;
    for entry in std::fs::read_dir(task_dir(directory.path())).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "sst") {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[20] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            damaged += 1;
        }
    }
    assert!(damaged > 0);
    let found = match backends.open(TASK, &specs()) {
        Ok(backend) => backend.scan(StoreIndex(1), &[], &[255], &mut |_, _| ControlFlow::Continue(())).unwrap_err(),
        Err(error) => error,
    };
    for error in [found, refusal(&backends)] {
        assert!(matches!(error, StoreError::Damaged { .. }) && error.needs_rebuild(), "{error}");
        assert!(error.to_string().contains("has to be rebuilt from the changelog"), "{error}");
    }
    backends.discard(TASK).unwrap();
    let backend = backends.open(TASK, &specs()).unwrap();
    assert!(rows(&*backend).is_empty());
    assert_eq!(backend.checkpoint().changelog, [None, None]);
}
