//! The view line by line, where there is no screen: a line per alarm, decision, action and outcome, and one line of status per
//! minute of session time.

use super::view::View;
use crate::output::Output;

const MINUTE_MS: i64 = 60_000;

/// Writes lines.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    view: View,
    minute: Option<i64>,
}

impl Lines {
    /// What is to be written after this output; mostly nothing.
    pub fn observe(&mut self, output: &Output) -> String {
        if let Output::Serving { url } = output {
            return format!("The dashboard is at {url}\n");
        }
        let status = self.status(output);
        match self.view.observe(output).cloned() {
            Some(entry) => {
                let time = self.view.since_start(entry.at_ms);
                format!("{status}{time:>7}  {:9} {}  {}\n", entry.kind.word(), entry.session, entry.text)
            }
            None => status,
        }
    }

    /// The minute that is over, when the first score of the next one comes.
    fn status(&mut self, output: &Output) -> String {
        let Output::Score(score) = output else { return String::new() };
        let minute = score.at_ms.div_euclid(MINUTE_MS);
        match self.minute.replace(self.minute.map_or(minute, |last| last.max(minute))) {
            Some(last) if last < minute => {
                let time = self.view.since_start(minute * MINUTE_MS);
                format!("{time:>7}  status    {}\n", self.view.status())
            }
            _ => String::new(),
        }
    }
}
