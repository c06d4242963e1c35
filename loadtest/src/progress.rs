//! How far it is: a bar on a terminal, nothing anywhere else.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on the standard error, gone when dropped; hidden by itself where that is no terminal.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Out of `total` steps.
    pub(crate) fn new(total: u64, unit: &str) -> Self {
        let bar = ProgressBar::new(total);
        if let Ok(style) =
            ProgressStyle::with_template(&format!("{{wide_bar}} {{percent}} % of {{len}} {unit}, {{eta}} left"))
        {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So many steps are done in all.
    pub(crate) fn reach(&self, steps: u64) {
        self.0.set_position(steps);
    }

    /// So many more steps are done.
    pub(crate) fn advance(&self, steps: u64) {
        self.0.inc(steps);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
