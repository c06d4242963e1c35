//! Is something wrong? One anomaly score in `[0, 1]` per tick, its level, its class, and the episodes that alarms make up.
//!
//! Each part measures one way in which engagement can be too low ([`level`], [`z_score`], [`slope`], [`exit`]) and is
//! divided by its own threshold, so that all speak in one unit: 1 is WARNING, 2 is CRITICAL. [`combine`] takes the largest
//! and maps it to the score; [`gate`] says which parts may speak at all; [`episode`] makes one alarm of many ticks.
//!
//! All that is remembered from tick to tick is a [`Detector`]: scalars and one ring of ten numbers.

pub mod settings;

pub mod gate;

pub mod exit;
pub mod level;
pub mod slope;
pub mod z_score;

pub mod combine;
pub mod episode;

mod detector;
mod reason;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use combine::{Level, Part, Reading};
pub use detector::{Anomaly, Detector, DetectorInput, Terms};
pub use episode::{Episode, EpisodeEnd, EpisodeEvent, EpisodeState};
pub use settings::{DetectorSettings, Thresholds};
