//! An alarm in words, with its numbers.

use core::fmt::{self, Write};

use super::combine::{Level, Part, Reading};
use super::detector::Anomaly;

impl Anomaly {
    /// Appends why this is an alarm: `engagement 0.41 where 0.70 is expected (7.1 sd below); ...`, the parts that fired in
    /// the order of [`Part::ALL`]. Writes nothing, and allocates nothing, when it is none.
    pub fn write_reason(&self, out: &mut String) {
        if self.level == Level::None {
            return;
        }
        // Writing to a String can not fail.
        let _ = self.reason(out);
    }

    fn reason(&self, out: &mut String) -> fmt::Result {
        write!(out, "engagement {:.2} where {:.2} is expected", self.core_90s, self.expected)?;
        if self.deviation_sd < 0.0 {
            write!(out, " ({:.1} sd below)", -self.deviation_sd)?;
        }
        for reading in self.parts.iter().filter(|reading| reading.fired()) {
            out.write_str("; ")?;
            self.part(reading, out)?;
        }
        Ok(())
    }

    fn part(&self, reading: &Reading, out: &mut String) -> fmt::Result {
        let value = reading.value.unwrap_or(0.0);
        match reading.part {
            Part::Level => write!(out, "over 5 min {value:.2}, low for this kind of session"),
            Part::Level90s => write!(out, "over 90 s {value:.2}, low for this kind of session"),
            Part::Z => write!(out, "over 5 min {:.1} sd below what this session was like", -value),
            Part::Z90s => write!(out, "over 90 s {:.1} sd below what this session was like", -value),
            Part::Slope => write!(out, "falling by {:.3} per minute for 5 min", -value),
            Part::Exit => write!(out, "{} left within 60 s where {:.1} are expected", self.leaves.0, self.leaves.1),
            Part::Novelty => write!(out, "unlike this session so far (1 tick in 10^{value:.1})"),
        }
    }
}
