//! One log for the whole process, and seeds on it.

use std::sync::{Arc, OnceLock};

use streams::runtime::ThreadSettings;
use streams::testing::simulation::{Inputs, SimulationOptions, SimulationReport, simulate};
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
        let report = replay(&inputs, 0, Learning::Frozen, &options).unwrap();
        Undisturbed { inputs, report }
    })
}

/// What one seed comes to.
pub(crate) fn disturbed(
    seed: u64,
    learning: Learning,
    settings: fn(&mut ThreadSettings),
) -> Result<SimulationReport, String> {
    replay(&undisturbed().inputs, seed, learning, &SimulationOptions { settings, ..usual() })
}

/// Leaves the learner's input in the log, so that its order can be seen afterwards.
pub(crate) fn keep_repartitions(settings: &mut ThreadSettings) {
    settings.purge_repartition = false;
}

fn usual() -> SimulationOptions {
    SimulationOptions { disturbances: 900, ..SimulationOptions::default() }
}

fn replay(
    inputs: &Inputs,
    seed: u64,
    learning: Learning,
    options: &SimulationOptions,
) -> Result<SimulationReport, String> {
    let topology = graph::build(&log::settings(learning)).map_err(|error| error.to_string())?;
    simulate(&Arc::new(topology), inputs, seed, options).map_err(|failure| failure.to_string())
}
