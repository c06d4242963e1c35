//! How far long work has come: a bar on the standard error output, which nobody sees who is no person.

use std::io::IsTerminal;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// How far reading has come, and how fast it goes.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    events: u64,
}

impl Progress {
    /// For work over that many bytes; hidden when the standard error output is no terminal, or when `quiet`.
    #[must_use]
    pub fn over_bytes(bytes: u64, quiet: bool) -> Self {
        let hidden = quiet || !std::io::stderr().is_terminal();
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(bytes), target);
        bar.set_style(style(0));
        Self { bar, events: 0 }
    }

    /// For work over that many rows; hidden as [`Progress::over_bytes`] is.
    #[must_use]
    pub fn over_rows(rows: u64, quiet: bool) -> Self {
        let progress = Self::over_bytes(rows, quiet);
        let style = ProgressStyle::with_template(ROWS_TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        progress.bar.set_style(style);
        progress
    }

    /// So many rows are done, from the start.
    pub fn reach_row(&self, rows: u64) {
        self.bar.set_position(rows);
    }

    /// So many bytes and events have been read, from the start.
    pub fn reach(&mut self, bytes: u64, events: u64) {
        // The style carries the count: set it only when it has changed.
        if events != self.events {
            self.events = events;
            self.bar.set_style(style(events));
        }
        self.bar.set_position(bytes);
    }

    /// The work is done: the bar goes away and leaves the screen to its result.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

fn style(events: u64) -> ProgressStyle {
    let speed = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        // A bar that cannot be written is not worth a failure.
        let _ = text.write_str(&rate(events, state.elapsed().as_secs_f64()));
    };
    ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("rate", speed)
}

const TEMPLATE: &str = "{bar:32} {percent:>3} %  {bytes}/{total_bytes}  {rate}  {eta} left";
const ROWS_TEMPLATE: &str = "{bar:32} {percent:>3} %  {human_pos}/{human_len} rows  {eta} left";

fn rate(events: u64, seconds: f64) -> String {
    let per_second = if seconds > 0.0 { events as f64 / seconds } else { 0.0 };
    format!("{} events, {}/s", HumanCount(events), HumanCount(per_second as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_shows_how_fast_it_goes() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok() && ProgressStyle::with_template(ROWS_TEMPLATE).is_ok());
        assert_eq!(rate(1_500_000, 2.0), "1,500,000 events, 750,000/s");
        assert_eq!(rate(0, 0.0), "0 events, 0/s");
    }

    #[test]
    fn nobody_sees_it_who_asked_for_quiet() {
        let mut progress = Progress::over_bytes(10, true);
        progress.reach(5, 1);
        assert!(progress.bar.is_hidden());
        assert_eq!(progress.bar.position(), 5);
    }
}
