//! A simulated cluster: up to three instances over one broker in memory, whose every disturbance is drawn from a seed.
//!
//! It knows nothing of the application. The same topology and inputs are run once undisturbed and then under crashes at any
//! call, lost answers, stalls beyond the session time-out, instances that come and go, and markers that come late; what is
//! committed must be the same bytes. A seed that fails, fails again.

pub(crate) mod chance;
mod disk;
mod instance;
mod outcome;
mod report;
#[cfg(all(test, feature = "rocks"))]
mod rocks;
#[cfg(test)]
mod tests;
mod world;

use std::sync::Arc;

#[cfg(feature = "rocks")]
pub use disk::RocksDisk;
pub use disk::{Disk, MemoryDisk};
pub use report::{Disturbances, OutputRecord, Place, Rows, SimulationFailure, SimulationReport};

use crate::broker::TopicSpec;
use crate::runtime::ThreadSettings;
use crate::topology::Topology;
use world::World;

/// A record of the input log.
#[derive(Debug, Clone)]
pub struct InputRecord {
    /// Where it lies.
    pub topic: Arc<str>,
    /// In which partition.
    pub partition: u32,
    /// Its timestamp.
    pub timestamp_ms: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
}

/// What is there before the application starts.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The user's topics, outputs included.
    pub topics: Vec<TopicSpec>,
    /// The input log.
    pub records: Vec<InputRecord>,
}

/// How a simulation is run.
#[derive(Clone)]
pub struct SimulationOptions {
    /// Whether anything is disturbed. Otherwise one instance runs alone.
    pub is_disturbed: bool,
    /// How many instances there can be.
    pub instances_max: usize,
    /// How many things happen before calm returns.
    pub disturbances: usize,
    /// Rounds of calm in which everything must be committed.
    pub rounds_max: usize,
    /// Changes the settings of every thread.
    pub settings: fn(&mut ThreadSettings),
}

impl Default for SimulationOptions {
    fn default() -> Self {
        Self { is_disturbed: true, instances_max: 3, disturbances: 500, rounds_max: 5_000, settings: |_| {} }
    }
}

/// Runs `topology` over `inputs` until everything is committed, with disks in memory.
///
/// # Errors
/// What was awaited in vain, or what stopped an instance for good.
pub fn simulate(
    topology: &Arc<Topology>,
    inputs: &Inputs,
    seed: u64,
    options: &SimulationOptions,
) -> Result<SimulationReport, SimulationFailure> {
    simulate_on(&mut |_| Box::new(MemoryDisk::default()), topology, inputs, seed, options)
}

/// The same on disks of your own: `disks` makes that of each instance, by its number.
///
/// # Errors
/// What was awaited in vain, or what stopped an instance for good.
pub fn simulate_on(
    disks: &mut dyn FnMut(usize) -> Box<dyn Disk>,
    topology: &Arc<Topology>,
    inputs: &Inputs,
    seed: u64,
    options: &SimulationOptions,
) -> Result<SimulationReport, SimulationFailure> {
    let fail = |what: String| SimulationFailure { seed, what };
    let world = World::new(disks, topology, inputs, seed, options).map_err(fail)?;
    let trouble = if options.is_disturbed { world.disturb() } else { Ok(()) };
    let report = trouble.and_then(|()| world.settle()).and_then(|()| world.report());
    world.end();
    report.map_err(fail)
}
