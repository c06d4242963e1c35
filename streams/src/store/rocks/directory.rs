//! Where the states of an application lie, and whose a directory is.
//!
//! `<state_dir>/<application>/<task>/` is a RocksDB with one file more, [`FORMAT_FILE`], which is there before the database.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::failure::system_failed;
use crate::store::StoreError;
use crate::task::TaskId;

/// Says what the directory holds: `format N`, `application ID`, `task ID`, a line each.
const FORMAT_FILE: &str = "FORMAT";
/// Until it is complete.
const NEW_FORMAT_FILE: &str = "FORMAT.new";
/// There if a read has failed a checksum; says how.
const DAMAGE_FILE: &str = "DAMAGED";
/// Ends the name of a directory that is being removed.
const REMOVED: &str = "removed";
/// Column families, checkpoint and names as they are in this version.
pub(super) const FORMAT: u32 = 1;

/// The directory of all tasks.
pub(super) struct ApplicationDirectory {
    path: Arc<Path>,
    application_id: Arc<str>,
}

/// The directory of one task.
#[derive(Clone)]
pub(super) struct TaskDirectory {
    path: Arc<Path>,
    task: TaskId,
    application_id: Arc<str>,
}

impl ApplicationDirectory {
    /// Makes it, and finds its one true name: leases are by name.
    pub(super) fn make(state_dir: &Path, application_id: &Arc<str>) -> Result<Self, StoreError> {
        let path = path_of(state_dir, application_id)?;
        let made = fs::create_dir_all(&path).and_then(|()| path.canonicalize());
        let path = made.map_err(|error| system_failed("make the state directory", &path, &error))?;
        Ok(Self { path: path.into(), application_id: Arc::clone(application_id) })
    }

    /// What is there already; nothing is made.
    pub(super) fn find(state_dir: &Path, application_id: &Arc<str>) -> Result<Option<Self>, StoreError> {
        let path = path_of(state_dir, application_id)?;
        match path.canonicalize() {
            Ok(path) => Ok(Some(Self { path: path.into(), application_id: Arc::clone(application_id) })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(system_failed("find the state directory", &path, &error)),
        }
    }

    pub(super) fn task(&self, task: TaskId) -> TaskDirectory {
        let path = self.path.join(task.to_string()).into();
        TaskDirectory { path, task, application_id: Arc::clone(&self.application_id) }
    }

    /// What is there by name.
    pub(super) fn tasks(&self) -> Result<Vec<TaskId>, StoreError> {
        let failed = |error: io::Error| system_failed("list the states", &self.path, &error);
        let mut tasks = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            tasks.extend(task_of(&entry.map_err(failed)?.file_name()));
        }
        tasks.sort_unstable();
        Ok(tasks)
    }
}

/// The directory of an application, whose id must be the name of one.
fn path_of(state_dir: &Path, application_id: &Arc<str>) -> Result<PathBuf, StoreError> {
    let mut parts = Path::new(&**application_id).components();
    let is_a_name = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    if !is_a_name {
        return Err(StoreError::UnusableName { application_id: Arc::clone(application_id) });
    }
    Ok(state_dir.join(&**application_id))
}

/// The task that a directory is named after.
fn task_of(name: &OsStr) -> Option<TaskId> {
    let (sub_topology, partition) = name.to_str()?.split_once('_')?;
    let task = TaskId { sub_topology: sub_topology.parse().ok()?, partition: partition.parse().ok()? };
    (task.to_string().as_str() == name).then_some(task)
}

impl TaskDirectory {
    pub(super) fn path(&self) -> &Arc<Path> {
        &self.path
    }

    pub(super) fn task(&self) -> TaskId {
        self.task
    }

    /// Makes the directory, or checks that what is there can be opened.
    pub(super) fn prepare(&self) -> Result<(), StoreError> {
        let failed = |error: io::Error| system_failed("make the directory", &self.path, &error);
        fs::create_dir_all(&self.path).and_then(|()| remove_tree(&self.removed())).map_err(failed)?;
        match fs::read_to_string(self.path.join(FORMAT_FILE)) {
            Ok(text) => self.check(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.describe()?,
            Err(error) => return Err(system_failed("read the format", &self.path, &error)),
        }
        self.check_damage()
    }

    /// Checks that what is there can be opened, and changes nothing.
    pub(super) fn look(&self) -> Result<(), StoreError> {
        match fs::read_to_string(self.path.join(FORMAT_FILE)) {
            Ok(text) => self.check(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(self.foreign()),
            Err(error) => return Err(system_failed("read the format", &self.path, &error)),
        }
        self.check_damage()
    }

    fn check_damage(&self) -> Result<(), StoreError> {
        match fs::read_to_string(self.path.join(DAMAGE_FILE)) {
            Ok(message) => Err(StoreError::Damaged { directory: Arc::clone(&self.path), message: message.into() }),
            Err(_) => Ok(()),
        }
    }

    fn check(&self, text: &str) -> Result<(), StoreError> {
        let first = text.lines().next().and_then(|line| line.strip_prefix("format "));
        let found = first.and_then(|number| number.parse().ok()).ok_or_else(|| self.foreign())?;
        if found != FORMAT {
            return Err(StoreError::UnknownFormat { directory: Arc::clone(&self.path), found, known: FORMAT });
        }
        if text == self.description() { Ok(()) } else { Err(self.foreign()) }
    }

    fn description(&self) -> String {
        format!("format {FORMAT}\napplication {}\ntask {}\n", self.application_id, self.task)
    }

    /// Of a new directory. A kill or a power cut leaves no half of it.
    fn describe(&self) -> Result<(), StoreError> {
        let failed = |error: io::Error| system_failed("write the format", &self.path, &error);
        let new = self.path.join(NEW_FORMAT_FILE);
        // Only what an interrupted first open has left may be there: anything else is somebody's.
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            if entry.map_err(failed)?.file_name() != NEW_FORMAT_FILE {
                return Err(self.foreign());
            }
        }
        let mut file = File::create(&new).map_err(failed)?;
        file.write_all(self.description().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&new, self.path.join(FORMAT_FILE)).map_err(failed)?;
        File::open(&self.path).and_then(|directory| directory.sync_all()).map_err(failed)
    }

    fn foreign(&self) -> StoreError {
        StoreError::ForeignDirectory {
            directory: Arc::clone(&self.path),
            task: self.task,
            application_id: Arc::clone(&self.application_id),
        }
    }

    /// Remembers that the content is of no use, also for a next life of the process.
    pub(super) fn mark_damaged(&self, message: &str) {
        // Where this fails, too, the next read of the same place will tell.
        let _ = fs::write(self.path.join(DAMAGE_FILE), message);
    }

    /// Where it is on its way out.
    fn removed(&self) -> PathBuf {
        self.path.with_extension(REMOVED)
    }

    /// Whether a database was begun here.
    pub(super) fn has_database(&self) -> bool {
        self.path.join("CURRENT").exists()
    }

    /// Removes all of it. The name goes first: what an interruption leaves is not taken for a state.
    pub(super) fn remove(&self) -> Result<(), StoreError> {
        let failed = |error: io::Error| system_failed("remove the state", &self.path, &error);
        let removed = self.removed();
        remove_tree(&removed).map_err(failed)?;
        match fs::rename(&self.path, &removed) {
            Ok(()) => remove_tree(&removed).map_err(failed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

fn remove_tree(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_tasks_name_tasks() {
        for (sub_topology, partition) in [(0, 0), (3, 12), (u32::MAX, u32::MAX)] {
            let task = TaskId { sub_topology, partition };
            assert_eq!(task_of(OsStr::new(&task.to_string())), Some(task));
        }
        for name in ["", "_", "0", "0_", "0_1_2", "00_1", "+0_1", "0_1.removed", "lost+found", "4294967296_0"] {
            assert_eq!(task_of(OsStr::new(name)), None, "{name}");
        }
    }
}
