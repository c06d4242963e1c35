//! A process that dies leaves all that it applied.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;
use crate::store::StoreError;
use crate::store::rocks::RocksInspector;

/// Tells the other process where.
const STATE_DIR: &str = "STREAMS_TEST_STATE_DIR";
/// The test that has another process.
const KILLED_TEST: &str = "a_process_keeps_others_out_and_leaves_all_that_it_applied_when_it_is_killed";
/// What it says after each commit.
const APPLIED: &str = "applied ";
/// More than anyone waits for.
const COMMITS_MAX: i64 = 1_000_000;

#[test]
fn what_was_applied_is_in_the_files_before_they_are_closed() {
    let (here, there) = (scratch(), scratch());
    let mut backend = backends(here.path()).open(TASK, &specs()).unwrap();
    for offset in 0..50 {
        commit(
            &mut *backend,
            offset,
            vec![put(1, &offset.to_be_bytes(), b"row"), put(0, b"last", &offset.to_be_bytes())],
        );
    }
    copy_files(&task_dir(here.path()), &task_dir(there.path()));
    let copy = backends(there.path()).open(TASK, &specs()).unwrap();
    assert_eq!(rows(&*copy), rows(&*backend));
    assert_eq!(rows(&*copy).len(), 50);
    assert_eq!(get(&*copy, 0, b"last"), Some(49_i64.to_be_bytes().to_vec()));
    assert_eq!(copy.checkpoint(), backend.checkpoint());
}

/// What the other process does: it commits until it is killed.
fn commit_until_killed(state_dir: &Path) {
    let mut backend = backends(state_dir).open(TASK, &specs()).unwrap();
    for offset in 0..COMMITS_MAX {
        commit(&mut *backend, offset, vec![put(1, &offset.to_be_bytes(), &[7; 200])]);
        println!("{APPLIED}{offset}");
    }
}

/// The other process is this program with this test alone, and with a word in its environment that says which of the two it is.
fn start(state_dir: &Path) -> Child {
    let name = module_path!().split_once("::").unwrap().1;
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", &format!("{name}::{KILLED_TEST}")])
        .env(STATE_DIR, state_dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads until it has told of an offset of at least `offset`.
fn wait_for(offset: i64, told: &mut impl BufRead) -> i64 {
    let mut applied = told.lines().filter_map(|line| line.unwrap().split_once(APPLIED)?.1.parse().ok());
    applied.find(|applied| *applied >= offset).unwrap()
}

#[test]
fn a_process_keeps_others_out_and_leaves_all_that_it_applied_when_it_is_killed() {
    if let Ok(state_dir) = std::env::var(STATE_DIR) {
        return commit_until_killed(Path::new(&state_dir));
    }
    let directory = scratch();
    let mut child = start(directory.path());
    // Kept open: the other would end at its first word to nobody.
    let mut told = BufReader::new(child.stdout.take().unwrap());
    let applied = wait_for(200, &mut told);
    let backends = backends(directory.path());
    let inspector = RocksInspector::open(directory.path(), APPLICATION).unwrap().unwrap();
    let refusals = [
        inspector.task(TASK).err().unwrap(),
        backends.open(TASK, &specs()).err().unwrap(),
        backends.discard(TASK).unwrap_err(),
    ];
    for error in refusals {
        assert!(matches!(error, StoreError::OtherProcess { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains("app/0_3 is in use by another process; stop it"), "{message}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let backend = backends.open(TASK, &specs()).unwrap();
    let last = backend.checkpoint().changelog[1].unwrap();
    assert!(last >= applied, "{last} of {applied}");
    let keys: Vec<Vec<u8>> = rows(&*backend).into_keys().collect();
    assert_eq!(keys, (0..=last).map(|offset| offset.to_be_bytes().to_vec()).collect::<Vec<_>>());
}
