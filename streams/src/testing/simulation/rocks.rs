//! The same promises on disks with `RocksDB`, which may also lose what they had not synced.

use std::sync::Mutex;

use super::tests::{difference, inputs, run, topology};
use super::*;
use crate::store::rocks::tests::scratch;

const SEEDS: u64 = 60;
const THREADS: u64 = 2;

fn on_rocks(seed: u64, options: &SimulationOptions) -> Result<SimulationReport, SimulationFailure> {
    let directory = scratch();
    let topology = topology();
    let mut disk = |number: usize| -> Box<dyn Disk> {
        Box::new(RocksDisk::new(directory.path().join(number.to_string()), topology.application_id()))
    };
    simulate_on(&mut disk, &topology, &inputs(600), seed, options)
}

#[test]
fn every_record_has_its_effects_exactly_once_on_disks_that_lose_power() {
    let calm = run(0, &SimulationOptions { is_disturbed: false, ..SimulationOptions::default() }).unwrap();
    let found = Mutex::new((Disturbances::default(), Vec::new()));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (calm, found) = (&calm, &found);
            scope.spawn(move || {
                for seed in (1..=SEEDS).filter(|seed| seed % THREADS == thread) {
                    let result = on_rocks(seed, &SimulationOptions::default());
                    let (seen, failures) = &mut *found.lock().unwrap();
                    match result {
                        Err(failure) => failures.push(failure.to_string()),
                        Ok(report) => {
                            failures.extend(difference(calm, &report).map(|what| format!("seed {seed}: {what}")));
                            seen.crashes += report.disturbances.crashes;
                            seen.wiped += report.disturbances.wiped;
                            seen.power_cuts += report.disturbances.power_cuts;
                            seen.started += report.disturbances.started;
                        }
                    }
                }
            });
        }
    });
    let (seen, failures) = found.into_inner().unwrap();
    println!("{SEEDS} seeds: {seen:?}");
    assert!(failures.is_empty(), "{} of {SEEDS} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(seen.crashes > 20 && seen.wiped > 5 && seen.power_cuts > 20, "the trouble was no trouble: {seen:?}");
}
