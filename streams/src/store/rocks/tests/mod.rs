//! The promises of stores, kept on disk; and those that only a disk needs.

mod bounds;
mod changes;
mod crash;
mod inspect;
mod power;
mod refusals;

use core::ops::ControlFlow;
use std::collections::BTreeMap;
use std::path::Path;

use tempfile::TempDir;

use super::{RocksBackends, RocksSettings};
use crate::store::conformance::{cases, with_each_case};
use crate::store::{Backend, BackendProvider, Batch, Checkpoint, StoreIndex, StoreKind, StoreSpec, Write};
use crate::task::TaskId;

const APPLICATION: &str = "app";
const TASK: TaskId = TaskId { sub_topology: 0, partition: 3 };

macro_rules! test_each_case {
    ($($room:ident::$case:ident,)*) => {
        $(#[test]
        fn $case() {
            let (_, case) = cases().into_iter().find(|(known, _)| *known == stringify!($case)).unwrap();
            let directory = scratch();
            case(&backends(directory.path()));
        })*
    };
}
with_each_case!(test_each_case);

/// A directory in memory where the machine has one: what is tested here is what the files say, and a disk takes its time
/// for every answer.
pub(crate) fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.unwrap()
}

fn backends(state_dir: &Path) -> RocksBackends {
    RocksBackends::new(RocksSettings { memory_bytes: 16 << 20, ..RocksSettings::new(state_dir, APPLICATION) }).unwrap()
}

fn task_dir(state_dir: &Path) -> std::path::PathBuf {
    state_dir.join(APPLICATION).join(TASK.to_string())
}

fn specs() -> Vec<StoreSpec> {
    let spec = |name: &str, kind| StoreSpec { name: name.into(), kind, changelog_retention_ms: None };
    vec![spec("points", StoreKind::KeyValue), spec("ranges", StoreKind::Ordered)]
}

fn put(store: usize, key: &[u8], value: &[u8]) -> Write {
    Write { store: StoreIndex(store), key: key.into(), value: Some(value.into()) }
}

/// A commit that brings both changelogs to `offset`, at `offset` milliseconds.
fn commit(backend: &mut dyn Backend, offset: i64, writes: Vec<Write>) {
    let checkpoint = Checkpoint {
        changelog: vec![Some(offset); 2],
        inputs: vec![Some(offset)],
        identity: b"here".to_vec(),
        committed_at_ms: offset,
    };
    backend.apply(&mut Batch { writes, checkpoint }).unwrap();
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

fn rows(backend: &dyn Backend) -> Rows {
    let mut rows = Rows::new();
    backend
        .scan(StoreIndex(1), b"", &[u8::MAX; 9], &mut |key, value| {
            rows.insert(key.to_vec(), value.to_vec());
            ControlFlow::Continue(())
        })
        .unwrap();
    rows
}

fn get(backend: &dyn Backend, store: usize, key: &[u8]) -> Option<Vec<u8>> {
    let mut value = Vec::new();
    backend.get(StoreIndex(store), key, &mut value).unwrap().then_some(value)
}

/// The files of one directory, as they are now.
fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
