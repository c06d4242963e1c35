//! The same promises on disks with `RocksDB`, which may also lose what they had not synced.

use tempfile::TempDir;

use super::tests::{difference, inputs, run, topology};
use super::*;

const SEEDS: u64 = 30;

fn on_rocks(seed: u64, options: &SimulationOptions) -> Result<SimulationReport, SimulationFailure> {
    let directory = TempDir::new().unwrap();
    let topology = topology();
    let mut disk = |number: usize| -> Box<dyn Disk> {
        Box::new(RocksDisk::new(directory.path().join(number.to_string()), topology.application_id()))
    };
    simulate_on(&mut disk, &topology, &inputs(600), seed, options)
}

#[test]
fn every_record_has_its_effects_exactly_once_on_disks_that_lose_power() {
    let calm = run(0, &SimulationOptions { is_disturbed: false, ..SimulationOptions::default() }).unwrap();
    let mut seen = Disturbances::default();
    let mut failures = Vec::new();
    for seed in 1..=SEEDS {
        match on_rocks(seed, &SimulationOptions::default()) {
            Err(failure) => failures.push(failure.to_string()),
            Ok(report) => {
                failures.extend(difference(&calm, &report).map(|what| format!("seed {seed}: {what}")));
                seen.crashes += report.disturbances.crashes;
                seen.wiped += report.disturbances.wiped;
                seen.power_cuts += report.disturbances.power_cuts;
                seen.started += report.disturbances.started;
            }
        }
    }
    println!("{SEEDS} seeds: {seen:?}");
    assert!(failures.is_empty(), "{} of {SEEDS} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(seen.crashes > 20 && seen.wiped > 5 && seen.power_cuts > 20, "the trouble was no trouble: {seen:?}");
}
