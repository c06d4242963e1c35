//! The goals of the bandit, measured: regret of the published sampler, and what backing off is worth.

use super::beta::sample_best;
use super::{BetaCounts, Names, Offsets, PolicyRow, PolicyTable, choose};
use crate::context::{AnomalyClass, ContextKey, InterventionKind, Phase, SessionType, SizeBand};
use crate::math;
use crate::random::Generator;

/// Mean regret after each of `checkpoints` steps (ascending), over `seeds` runs of plain Beta(1, 1) Thompson sampling.
fn mean_regret(rates: [f64; 4], checkpoints: &[u64], seeds: u64) -> Vec<f64> {
    let best = rates.into_iter().fold(0.0, f64::max);
    let mut mean = vec![0.0; checkpoints.len()];
    for seed in 0..seeds {
        let mut generator = Generator::new(seed);
        let mut arms = [BetaCounts::default(); 4];
        let (mut regret, mut step) = (0.0, 0);
        for (checkpoint, mean) in checkpoints.iter().zip(&mut mean) {
            while step < *checkpoint {
                let arm = sample_best(&arms, &mut generator).unwrap();
                arms[arm] = arms[arm].with(generator.chance(rates[arm]));
                regret += best - rates[arm];
                step += 1;
            }
            *mean += regret / seeds as f64;
        }
    }
    mean
}

/// The slope of the least regret of any consistent sampler in ln T (Lai and Robbins 1985): sum of gap / KL(arm, best).
fn lai_robbins(rates: [f64; 4]) -> f64 {
    let best = rates.into_iter().fold(0.0, f64::max);
    let divergence = |p: f64| p * math::ln(p / best) + (1.0 - p) * math::ln((1.0 - p) / (1.0 - best));
    rates.into_iter().filter(|p| *p < best).map(|p| (best - p) / divergence(p)).sum()
}

#[test]
fn the_plain_sampler_has_the_regret_that_theory_allows_it() {
    let rates = [0.7, 0.6, 0.5, 0.4];
    let regret = mean_regret(rates, &[1_000, 10_000], 300);
    let slope = (regret[1] - regret[0]) / math::ln(10.0) / lai_robbins(rates);
    println!("regret {:.1}, slope {slope:.2} of Lai and Robbins", regret[1]);
    assert!((33.0..=42.0).contains(&regret[1]), "regret {}", regret[1]);
    assert!((0.6..=1.0).contains(&slope), "slope {slope}");
}

/// The success rate of every arm under every key: logit normal, per arm, per (class, arm) and per cell.
fn truth(generator: &mut Generator, keys: &[ContextKey]) -> Vec<[f64; 4]> {
    let arms: [f64; 4] = core::array::from_fn(|_| generator.normal(0.0, 0.5));
    let classes: Vec<[f64; 4]> =
        AnomalyClass::ALL.iter().map(|_| core::array::from_fn(|_| generator.normal(0.0, 0.5))).collect();
    let cell = |key: &ContextKey| {
        let class = classes[key.anomaly.index()];
        core::array::from_fn(|arm| math::sigmoid(arms[arm] + class[arm] + generator.normal(0.0, 0.25)))
    };
    keys.iter().map(cell).collect()
}

fn all_keys() -> Vec<ContextKey> {
    let mut keys = Vec::new();
    for phase in Phase::ALL.iter().copied().filter(|phase| *phase != Phase::Break) {
        for session_type in SessionType::ALL.iter().copied() {
            for size in SizeBand::ALL.iter().copied() {
                for anomaly in AnomalyClass::ALL.iter().copied() {
                    keys.push(ContextKey { phase, session_type, size, anomaly });
                }
            }
        }
    }
    keys
}

/// Regret of 2,000 decisions in one world: (the whole decider, its floor included; per-key Beta counts without a floor).
fn regrets(seed: u64, keys: &[ContextKey]) -> (f64, f64) {
    let mut generator = Generator::new(seed);
    let truth = truth(&mut generator, keys);
    let mut table = PolicyTable::default();
    let mut counts = vec![[BetaCounts::default(); 4]; keys.len()];
    let (mut backed_off, mut per_key) = (0.0, 0.0);
    for version in 1..=2_000 {
        let place = generator.below(keys.len() as u64) as usize;
        let (key, rates) = (&keys[place], truth[place]);
        let best = rates.into_iter().fold(0.0, f64::max);

        let block = table.block(key, InterventionKind::ALL, &Offsets::default(), version, version);
        let arm = choose(&block, Names { application: "goals", session: &seed.to_string() }).unwrap().arm;
        let success = generator.chance(rates[arm.index()]);
        let row = table.row(key).copied().unwrap_or_else(|| PolicyRow::empty(*key));
        table.update(row.with(version as u64, arm, f64::from(u8::from(success)) - 0.5, success));
        backed_off += best - rates[arm.index()];

        let arm = sample_best(&counts[place], &mut generator).unwrap();
        counts[place][arm] = counts[place][arm].with(generator.chance(rates[arm]));
        per_key += best - rates[arm];
    }
    (backed_off, per_key)
}

#[test]
fn backing_off_saves_a_third_of_the_regret_of_per_key_tables() {
    let keys = all_keys();
    assert_eq!(keys.len(), 144);
    let (mut backed_off, mut per_key) = (0.0, 0.0);
    for seed in 0..20 {
        let (with, without) = regrets(seed, &keys);
        backed_off += with;
        per_key += without;
    }
    let ratio = backed_off / per_key;
    println!("regret {:.0} of {:.0}: {ratio:.2}", backed_off / 20.0, per_key / 20.0);
    assert!(ratio <= 0.70, "{ratio}");
}
