//! How fast a log goes by.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How fast a log goes by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times faster than life.
    Times(f64),
    /// As fast as it goes.
    Max,
}

impl Speed {
    /// When a record is due that comes so long after the first, in milliseconds after the start; never too early.
    #[must_use]
    pub fn due_ms(self, after_first_ms: i64) -> i64 {
        match self {
            Self::Max => 0,
            Self::Times(factor) => (after_first_ms as f64 / factor).ceil() as i64,
        }
    }

    /// How long to wait, `elapsed` after the start, for what is due so long after the first; zero: go on.
    #[must_use]
    pub fn wait(self, after_first_ms: i64, elapsed: Duration) -> Duration {
        Duration::from_millis(self.due_ms(after_first_ms).max(0).unsigned_abs()).saturating_sub(elapsed)
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(factor) => write!(f, "{factor}"),
            Self::Max => f.write_str("max"),
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
    fn at_twenty_times_a_minute_takes_three_seconds() {
        assert_eq!(Speed::Times(20.0).due_ms(60_000), 3_000);
        assert_eq!(Speed::Times(20.0).due_ms(1), 1, "never too early");
        assert_eq!(Speed::Times(0.5).due_ms(1_000), 2_000);
        assert_eq!(Speed::Max.due_ms(60_000), 0);
    }

    #[test]
    fn what_has_passed_is_not_waited_for() {
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
