//! What is learned, and how an arm is picked from it.
//!
//! Thompson sampling over the whole fleet. The learner folds results into raw sums per (context key, arm) ([`tables`],
//! [`learn`]) and publishes each changed row; every decider keeps all rows in a [`PolicyTable`], backs off from the key
//! to what the whole fleet knows ([`prior`]), and writes what it read into a [`PolicyBlock`]. The choice is a pure
//! function of that block and of names ([`choose`]), so that anyone can compute it again.
//!
//! ```
//! use domain::bandit::{Names, Offsets, PolicyTable, choose};
//! use domain::context::{ContextKey, InterventionKind};
//!
//! let key = ContextKey::parse("middle_workshop_medium_SUDDEN_DROP").unwrap();
//! let block = PolicyTable::default().block(&key, InterventionKind::ALL, &Offsets::default(), 5_000, 5_000);
//! let choice = choose(&block, Names { application: "conductor", session: "session-1" }).unwrap();
//! assert_eq!(choice.propensity, 0.25, "nothing is known yet: all arms alike");
//! ```

pub mod tables;

pub mod learn;

pub mod normal;

pub mod prior;

pub mod policy;

pub mod offset;

pub mod policy_block;

pub mod quadrature;

pub mod choice;

pub mod beta;

#[cfg(test)]
mod goals;

pub use beta::BetaCounts;
pub use choice::{Choice, Draws, Names, choose, draws, held_out};
pub use learn::{InterventionResult, Lesson, fold_arm, fold_control};
pub use normal::Normal;
pub use offset::Offsets;
pub use policy::PolicyTable;
pub use policy_block::{Belief, PolicyBlock};
pub use tables::{ArmSums, ControlRow, PolicyRow};

/// How many arms there are: one per [`crate::context::InterventionKind`].
pub const ARMS: usize = crate::context::InterventionKind::ALL.len();
