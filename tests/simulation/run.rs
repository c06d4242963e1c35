//! One log for the whole process, and seeds on it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use streams::runtime::ThreadSettings;
use streams::testing::simulation::{
    Disk, Inputs, MemoryDisk, RocksDisk, SimulationOptions, SimulationReport, simulate_on,
};
use topology::graph;
use topology::settings::Learning;

use crate::log;

/// What all seeds are compared with.
pub(crate) struct Undisturbed {
    pub(crate) inputs: Inputs,
    pub(crate) report: SimulationReport,
}

/// The log, and what it comes to when nothing goes wrong and nothing is learned. Made once.
pub(crate) fn undisturbed() -> &'static Undisturbed {
    static MADE: OnceLock<Undisturbed> = OnceLock::new();
    MADE.get_or_init(|| {
        let inputs = log::record();
        let options = SimulationOptions { is_disturbed: false, settings: keep_repartitions, ..usual() };
        let report = replay(&mut in_memory, &inputs, 0, Learning::Frozen, &options).unwrap();
        Undisturbed { inputs, report }
    })
}

/// What one seed comes to.
pub(crate) fn disturbed(
    seed: u64,
    learning: Learning,
    settings: fn(&mut ThreadSettings),
) -> Result<SimulationReport, String> {
    replay(&mut in_memory, &undisturbed().inputs, seed, learning, &SimulationOptions { settings, ..usual() })
}

/// The same with `RocksDB`, on disks that lose what was not synced when the power goes.
pub(crate) fn disturbed_on_disks(
    seed: u64,
    learning: Learning,
    settings: fn(&mut ThreadSettings),
) -> Result<SimulationReport, String> {
    let folder = scratch();
    let application = log::settings(learning).application_id;
    let mut disks = |instance: usize| -> Box<dyn Disk> {
        Box::new(RocksDisk::new(folder.path().join(instance.to_string()), &application))
    };
    replay(&mut disks, &undisturbed().inputs, seed, learning, &SimulationOptions { settings, ..usual() })
}

/// Leaves the learner's input in the log, so that its order can be seen afterwards.
pub(crate) fn keep_repartitions(settings: &mut ThreadSettings) {
    settings.purge_repartition = false;
}

fn in_memory(_instance: usize) -> Box<dyn Disk> {
    Box::new(MemoryDisk::default())
}

/// A folder in memory where the machine has such: a simulation syncs thousands of times, and what a power cut takes is simulated.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

fn usual() -> SimulationOptions {
    SimulationOptions { disturbances: 900, ..SimulationOptions::default() }
}

fn replay(
    disks: &mut dyn FnMut(usize) -> Box<dyn Disk>,
    inputs: &Inputs,
    seed: u64,
    learning: Learning,
    options: &SimulationOptions,
) -> Result<SimulationReport, String> {
    let topology = graph::build(&log::settings(learning)).map_err(|error| error.to_string())?;
    simulate_on(disks, &Arc::new(topology), inputs, seed, options).map_err(|failure| failure.to_string())
}
