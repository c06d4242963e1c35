//! What a stopped instance has left on its disk: its tasks and how far they have come, and the rows of a store.
//!
//! Everything is read, nothing is changed. A state that is in use is refused: a running instance shows its own at `/tasks`.

mod rows;
mod table;

use std::ops::ControlFlow;
use std::path::Path;

use serde::Serialize;
use streams::broker::Offset;
use streams::store::rocks::{InspectedStore, InspectedTask, RocksInspector};
use streams::store::{StoreError, StoreKind};
use streams::task::{EngineRow, TaskId};
use streams::topology::Topology;

use crate::failure::Failure;
use crate::settings::Settings;

pub use rows::{RowView, Rows, Wanted, rows};
pub use table::table;

/// Beyond so many rows a store is not counted on: looking takes long by then, and the size says more.
const ROWS_COUNTED_MAX: u64 = 10_000_000;
/// The bytes of a topic's id, see [`identity`].
const TOPIC_ID_BYTES: usize = 16;

/// All states of an application on this disk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StateView {
    /// The application.
    pub application: String,
    /// Where they lie.
    pub directory: String,
    /// In order.
    pub tasks: Vec<TaskView>,
    /// States that can not be read, each with the reason.
    pub problems: Vec<Problem>,
}

/// One task's state.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskView {
    /// `<sub-topology>_<partition>`.
    pub task: String,
    /// The number of the format on disk.
    pub format: u32,
    /// The cluster that the offsets belong to; none where nothing was committed.
    pub cluster: Option<String>,
    /// The cluster and the topic ids, in hexadecimal digits.
    pub identity: String,
    /// Wall time of the last commit, in milliseconds since the epoch; none where nothing was committed.
    pub committed_at_ms: Option<i64>,
    /// Event time, in milliseconds since the epoch; none before the first record.
    pub stream_time_ms: Option<i64>,
    /// What became of the records read.
    pub counts: CountsView,
    /// Timers that have not fired.
    pub timers: u64,
    /// In the order of the topology.
    pub inputs: Vec<InputView>,
    /// By name.
    pub stores: Vec<StoreView>,
    /// What the files take.
    pub disk_bytes: u64,
}

/// What became of the records read: `read = processed + late + dead_lettered`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CountsView {
    /// Taken from the inputs.
    pub read: u64,
    /// Handed to the processors.
    pub processed: u64,
    /// Too old.
    pub late: u64,
    /// Set aside.
    pub dead_lettered: u64,
}

/// One input of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputView {
    /// Its topic; its number where this version's topology has other inputs.
    pub topic: String,
    /// The next offset to read.
    pub offset: Option<Offset>,
}

/// One store of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreView {
    /// Its name.
    pub name: String,
    /// How it is accessed.
    pub kind: &'static str,
    /// How many rows it has, at most 10 million.
    pub rows: u64,
    /// Their keys and values.
    pub bytes: u64,
    /// The changelog offset up to which (exclusive) it goes.
    pub changelog_offset: Option<Offset>,
}

/// A state that can not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The task.
    pub task: String,
    /// Why.
    pub reason: String,
}

/// Looks into all states of the application.
///
/// # Errors
/// Refused when there are none, or one of them is in use.
pub fn survey(settings: &Settings, topology: &Topology) -> Result<StateView, Failure> {
    let inspector = open(settings)?;
    let (mut tasks, mut problems) = (Vec::new(), Vec::new());
    for id in inspector.tasks().map_err(Failure::failed)? {
        match inspector.task(id).and_then(|task| view(id, &task, topology)) {
            Ok(task) => tasks.push(task),
            Err(error) if is_in_use(&error) => return Err(in_use(&error)),
            Err(error) => problems.push(Problem { task: id.to_string(), reason: error.to_string() }),
        }
    }
    Ok(StateView {
        application: settings.application.id.clone(),
        directory: settings.engine.state_dir.clone(),
        tasks,
        problems,
    })
}

fn open(settings: &Settings) -> Result<RocksInspector, Failure> {
    let (directory, application) = (&settings.engine.state_dir, &settings.application.id);
    let opened = RocksInspector::open(Path::new(directory), application).map_err(Failure::failed)?;
    opened.ok_or_else(|| {
        let error = format_args!("there are no states of {application} in {directory}");
        match others(Path::new(directory)) {
            others if others.is_empty() => {
                Failure::refused(error, "name the folder of `conductor run` with --state-dir (engine.state_dir)")
            }
            others => Failure::refused(
                error,
                format!("there are some of {}: choose with --set application.id=...", others.join(", ")),
            ),
        }
    })
}

/// The applications that have something there, a few of them.
fn others(directory: &Path) -> Vec<String> {
    const SHOWN_MAX: usize = 10;
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names.truncate(SHOWN_MAX);
    names.iter().map(|name| super::text::safe(name)).collect()
}

fn is_in_use(error: &StoreError) -> bool {
    matches!(error, StoreError::OtherProcess { .. } | StoreError::InUse { .. })
}

fn in_use(error: &StoreError) -> Failure {
    let remedy = "stop the instance first, or look at /tasks of the running one; a copy of the folder can be looked into as well";
    Failure::refused(error, remedy)
}

fn view(id: TaskId, task: &InspectedTask, topology: &Topology) -> Result<TaskView, StoreError> {
    let mut counts = CountsView::default();
    let (mut stream_time_ms, mut timers) = (None, 0);
    let mut stores = Vec::new();
    for store in task.stores() {
        let (mut rows, mut bytes) = (0, 0);
        let is_engines = EngineRow::is_kept_in(&store.name);
        task.scan(store, b"", &mut |key, value| {
            rows += 1;
            bytes += (key.len() + value.len()) as u64;
            match EngineRow::decode(key, value).filter(|_| is_engines) {
                Some(EngineRow::Timer { .. }) => timers += 1,
                Some(EngineRow::Progress { stream_time_ms: time, counts: of }) => {
                    stream_time_ms = time;
                    let (late, dead_lettered) = (of.late, of.dead_lettered);
                    counts = CountsView { read: of.read, processed: of.processed, late, dead_lettered };
                }
                None => {}
            }
            if rows < ROWS_COUNTED_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        stores.push(StoreView {
            name: store.name.clone(),
            kind: kind(store),
            rows,
            bytes,
            changelog_offset: store.changelog,
        });
    }
    stores.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(TaskView {
        task: id.to_string(),
        format: task.format(),
        cluster: cluster(task),
        identity: super::text::hex(task.identity()),
        committed_at_ms: Some(task.committed_at_ms()).filter(|at_ms| *at_ms != 0),
        stream_time_ms,
        counts,
        timers,
        inputs: inputs(id, task, topology),
        stores,
        disk_bytes: task.disk_bytes()?,
    })
}

fn kind(store: &InspectedStore) -> &'static str {
    match store.kind {
        StoreKind::KeyValue => "key-value",
        StoreKind::Ordered => "ordered",
    }
}

/// The identity is the cluster's id, and behind it that of each input and of each changelog.
fn cluster(task: &InspectedTask) -> Option<String> {
    let topics = (task.inputs().len() + task.stores().len()) * TOPIC_ID_BYTES;
    let cluster = task.identity().get(..task.identity().len().checked_sub(topics)?)?;
    let cluster = std::str::from_utf8(cluster).ok()?;
    (!cluster.is_empty()).then(|| super::text::safe(cluster))
}

fn inputs(id: TaskId, task: &InspectedTask, topology: &Topology) -> Vec<InputView> {
    let part = topology.sub_topologies().iter().find(|part| part.id == id.sub_topology);
    let known = part.map_or(&[][..], |part| &part.inputs);
    let is_known = known.len() == task.inputs().len();
    let offsets = task.inputs().iter().enumerate();
    offsets
        .map(|(number, offset)| {
            let topic = known.get(number).filter(|_| is_known).map(|input| input.topic.to_string());
            InputView { topic: topic.unwrap_or_else(|| format!("input {number}")), offset: *offset }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use streams::partition::Partition;
    use streams::store::rocks::{RocksBackends, RocksSettings};
    use streams::store::{BackendProvider, Batch, Checkpoint, StoreIndex, Write};

    use super::*;

    use crate::cluster;

    /// Settings with a state of task 1_0, the one that learns: a row, and what the engine keeps.
    pub(super) fn stopped(folder: &Path) -> Settings {
        let mut settings = Settings::default();
        settings.engine.state_dir = folder.display().to_string();
        let topology = cluster::topology(&settings).unwrap();
        let part = topology.sub_topologies().iter().find(|part| part.stores.len() == 2).unwrap();
        let task = TaskId { sub_topology: part.id, partition: Partition::default() };
        let backends = RocksBackends::new(RocksSettings::new(folder, &settings.application.id)).unwrap();
        let mut backend = backends.open(task, &part.stores).unwrap();
        let put = |store, key: &[u8], value: &[u8]| Write { store, key: key.into(), value: Some(value.into()) };
        let words = [1_700_000_000_000_u64, 9, 7, 1, 1].map(u64::to_be_bytes).concat();
        let timer = [b"t".as_slice(), &(1_700_000_005_000_u64 | 1 << 63).to_be_bytes(), &[0, 1], b"s-1"].concat();
        let writes = vec![
            put(StoreIndex(0), b"version", &[1, 42]),
            put(StoreIndex(0), b"control_\x1b", b"garbage"),
            put(part.meta(), EngineRow::PROGRESS_KEY, &[&[1, 1], words.as_slice()].concat()),
            put(part.meta(), &timer, b""),
        ];
        let checkpoint = Checkpoint {
            changelog: vec![Some(12), Some(34)],
            inputs: vec![Some(56)],
            identity: [b"RW5nYWdlbWVudENvbmR1Yw".as_slice(), &[7; 3 * 16]].concat(),
            committed_at_ms: 1_700_000_001_000,
        };
        backend.apply(&mut Batch { writes, checkpoint }).unwrap();
        settings
    }

    #[test]
    fn a_stopped_instances_tasks_are_told_with_offsets_counts_and_times() {
        let folder = tempfile::tempdir().unwrap();
        let settings = stopped(folder.path());
        let view = survey(&settings, &cluster::topology(&settings).unwrap()).unwrap();
        assert_eq!((view.tasks.len(), view.problems.len()), (1, 0));
        let task = &view.tasks[0];
        assert_eq!((task.cluster.as_deref(), task.format), (Some("RW5nYWdlbWVudENvbmR1Yw"), 1));
        assert_eq!((task.committed_at_ms, task.stream_time_ms), (Some(1_700_000_001_000), Some(1_700_000_000_000)));
        assert_eq!(task.counts, CountsView { read: 9, processed: 7, late: 1, dead_lettered: 1 });
        assert_eq!((task.timers, task.inputs[0].offset), (1, Some(56)));
        assert!(task.inputs[0].topic.ends_with("-learning-repartition"), "{:?}", task.inputs);
        let stores: Vec<_> = task.stores.iter().map(|store| (store.name.as_str(), store.rows)).collect();
        assert_eq!(stores, [(format!("meta-{}", task.task.split('_').next().unwrap()).as_str(), 2), ("posteriors", 2)]);
        assert_eq!(task.stores[1].changelog_offset, Some(12));
    }

    #[test]
    fn where_there_are_no_states_it_says_where_there_are_and_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = stopped(folder.path());
        let topology = cluster::topology(&settings).unwrap();
        settings.application.id = "other".into();
        let refused = survey(&settings, &topology).unwrap_err();
        assert!(refused.exit_code() == 2 && refused.to_string().contains("engagement-conductor"), "{refused}");
        assert!(!folder.path().join("other").exists());
        settings.engine.state_dir = folder.path().join("nowhere").display().to_string();
        let refused = survey(&settings, &topology).unwrap_err();
        assert!(refused.exit_code() == 2 && refused.to_string().contains("--state-dir"), "{refused}");
    }

    #[test]
    fn a_state_that_can_not_be_read_does_not_hide_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let settings = stopped(folder.path());
        let broken = folder.path().join(&settings.application.id).join("0_0");
        std::fs::create_dir(&broken).unwrap();
        let view = survey(&settings, &cluster::topology(&settings).unwrap()).unwrap();
        assert_eq!((view.tasks.len(), view.problems[0].task.as_str()), (1, "0_0"));
        assert_eq!(std::fs::read_dir(&broken).unwrap().count(), 0);
    }
}
