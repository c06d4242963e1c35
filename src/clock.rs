//! Time as the machine has it. The only file that reads its clock or sleeps: everything else takes a clock as an argument, so
//! that the same input gives the same bytes.
#![allow(clippy::disallowed_methods)]

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SystemClock {
    /// Milliseconds since the epoch, UTC. May jump when somebody sets the clock: for time stamps, never for durations.
    #[must_use]
    pub fn now_ms(self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |span| -span),
        }
    }

    /// Starts to measure a duration; never jumps.
    #[must_use]
    pub fn stopwatch(self) -> Stopwatch {
        Stopwatch { started: Instant::now() }
    }

    /// Waits. For pacing only: whoever waits for something to happen waits for that.
    pub fn sleep(self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

impl streams::clock::Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        SystemClock::now_ms(*self)
    }
}

/// Measures a duration.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    started: Instant,
}

impl Stopwatch {
    /// How long it has been running.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.started.elapsed()
    }
}

/// How fast simulated time runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times faster than life.
    Times(f64),
    /// As fast as the machine goes.
    Max,
}

impl Speed {
    /// How long to wait, `elapsed` after the start, before `simulated` milliseconds since the start are due; zero: go on.
    #[must_use]
    pub fn wait(self, simulated_ms: i64, elapsed: Duration) -> Duration {
        match self {
            Self::Max => Duration::ZERO,
            Self::Times(factor) => {
                let due = Duration::try_from_secs_f64(simulated_ms as f64 / 1_000.0 / factor);
                due.unwrap_or(Duration::ZERO).saturating_sub(elapsed)
            }
        }
    }
}

/// A speed that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a speed is a number from 0.1 to 1000000, or max")]
pub struct NoSpeed;

impl FromStr for Speed {
    type Err = NoSpeed;

    fn from_str(text: &str) -> Result<Self, NoSpeed> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let factor: f64 = text.parse().map_err(|_| NoSpeed)?;
        if (0.1..=1_000_000.0).contains(&factor) { Ok(Self::Times(factor)) } else { Err(NoSpeed) }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(factor) => write!(formatter, "{factor}"),
            Self::Max => formatter.write_str("max"),
        }
    }
}

impl Serialize for Speed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Speed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Whole(i64),
            Number(f64),
        }
        let text = match Written::deserialize(deserializer).map_err(|_| serde::de::Error::custom(NoSpeed))? {
            Written::Text(text) => text,
            Written::Whole(number) => number.to_string(),
            Written::Number(number) => number.to_string(),
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_twenty_times_a_minute_is_due_after_three_seconds() {
        let wait = |speed: Speed, elapsed_ms| speed.wait(60_000, Duration::from_millis(elapsed_ms));
        assert_eq!(wait(Speed::Times(20.0), 0), Duration::from_secs(3));
        assert_eq!(wait(Speed::Times(20.0), 2_500), Duration::from_millis(500));
        assert_eq!(wait(Speed::Times(20.0), 4_000), Duration::ZERO);
        assert_eq!(wait(Speed::Max, 0), Duration::ZERO);
    }

    #[test]
    fn what_is_no_speed_is_refused() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("2.5".parse(), Ok(Speed::Times(2.5)));
        for text in ["", "fast", "0", "-1", "NaN", "inf", "1e9"] {
            assert_eq!(text.parse::<Speed>(), Err(NoSpeed), "{text}");
        }
    }
}
