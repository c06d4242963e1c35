//! The policy as a table.

use std::fmt::Write as _;

use super::{ContextView, ControlView, PolicyView};
use crate::admin::text::{age, date_time};

/// The policy for people, as of now.
#[must_use]
pub fn table(view: &PolicyView, now_ms: i64) -> String {
    let mut text = format!(
        "policy version {}: {} contexts, {} controls\n",
        view.version,
        view.contexts.len(),
        view.controls.len()
    );
    if view.unreadable > 0 {
        // Writing to a String can not fail.
        let _ = writeln!(text, "{} records can not be read, and are passed over by those who decide", view.unreadable);
    }
    if !view.contexts.is_empty() {
        contexts(&mut text, &view.contexts, now_ms);
    }
    if !view.controls.is_empty() {
        controls(&mut text, &view.controls, now_ms);
    }
    text
}

fn contexts(text: &mut String, contexts: &[ContextView], now_ms: i64) {
    text.push_str(
        "\nThe reward that each arm is believed to bring, 95 % of the belief, and how often it was tried and helped:\n",
    );
    for context in contexts {
        let ContextView { context, version, changed_ms, arms } = context;
        let (date, age) = (date_time(*changed_ms), age(now_ms, *changed_ms));
        let _ = writeln!(text, "\n{context}  version {version}, changed {date} ({age})");
        let _ = writeln!(text, "  {:<12} {:>7}  {:>16}  {:>6}  {:>6}", "ARM", "MEAN", "95 %", "TRIALS", "HELPED");
        for arm in arms {
            let interval = format!("{:+.3} .. {:+.3}", arm.low, arm.high);
            let _ = writeln!(
                text,
                "  {:<12} {:>+7.3}  {interval:>16}  {:>6}  {:>6}",
                arm.arm, arm.mean, arm.trials, arm.successes
            );
        }
    }
}

fn controls(text: &mut String, controls: &[ControlView], now_ms: i64) {
    text.push_str("\nWhat an anomaly does by itself, as seen in episodes that were held out:\n\n");
    let _ = writeln!(text, "  {:<16} {:>7}  {:>8}  VERSION  CHANGED", "ANOMALY", "CHANGE", "EPISODES");
    for control in controls {
        let ControlView { anomaly, version, changed_ms, mean, n } = control;
        let (date, age) = (date_time(*changed_ms), age(now_ms, *changed_ms));
        let _ = writeln!(text, "  {anomaly:<16} {mean:>+7.3}  {n:>8.1}  {version:>7}  {date} ({age})");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::view;
    use super::*;

    #[test]
    fn the_policy_is_shown_by_context_with_interval_trials_version_and_age() {
        let shown = table(&view(), 1_700_000_000_000 + 10 * 60_000);
        assert_eq!(shown, include_str!("../golden/policy.txt"), "{shown}");
    }

    #[test]
    fn a_policy_that_has_learned_nothing_says_so() {
        let nothing = PolicyView { version: 0, contexts: Vec::new(), controls: Vec::new(), unreadable: 0 };
        assert_eq!(table(&nothing, 0), "policy version 0: 0 contexts, 0 controls\n");
    }
}
