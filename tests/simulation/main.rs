//! The application under the simulator: one log, replayed under crashes between any two steps, lost answers, stalls and
//! rebalances. Whatever happens to the instances, what is committed is what an undisturbed run commits.
//!
//! - `log`: the one log. `stage`: the closed loop in which it is made. `run`: what a seed comes to on it.
//! - `promises`, `explain`, `learned`: what must hold of a run.
//! - `seeds`: many of them. `sabotage`: planted defects that they must find.
#![cfg(test)]

#[path = "../shared/fold.rs"]
mod fold;
mod log;
mod run;
mod stage;

mod explain;
mod learned;
mod promises;

mod sabotage;
mod seeds;
