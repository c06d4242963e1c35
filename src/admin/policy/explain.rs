//! Why something was decided: the decision made again from its command, as words.

use std::fmt::Write as _;

use domain::bandit::choice::FLOOR;
use domain::context::InterventionKind;
use serde_json::{Value, json};
use topology::explain::Explanation;
use topology::wire::InterventionCommand;

use crate::admin::text::{date_time, safe};
use crate::failure::Failure;

/// A command's records, and their decision made again.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// One for each status, at least one.
    records: Vec<(InterventionCommand, Explanation)>,
    application: String,
}

/// One arm of a decision.
struct Arm {
    kind: InterventionKind,
    mean: f64,
    sd: f64,
    n: f64,
    best: f64,
    /// Where its share of the numbers from 0 to 1 begins, and how wide it is.
    from: f64,
    propensity: f64,
}

/// Makes the decision of a command again, for each of its records.
#[must_use]
pub fn explain(records: Vec<InterventionCommand>, application: &str) -> Explained {
    let again = |command: InterventionCommand| {
        let explanation = topology::explain::explain(&command, application);
        (command, explanation)
    };
    Explained { records: records.into_iter().map(again).collect(), application: application.to_owned() }
}

impl Explained {
    /// Whether every record is what its decision comes to again.
    ///
    /// # Errors
    /// One is not.
    pub fn check(&self) -> Result<(), Failure> {
        if self.is_same() {
            return Ok(());
        }
        Err(Failure {
            remedy: Some(format!(
                "is application.id, now {}, that of the stream that decided? The draws depend on it; if it is, the record was changed",
                self.application
            )),
            ..Failure::failed("computed again, the decision differs from its command")
        })
    }

    fn is_same(&self) -> bool {
        self.records.iter().all(|(_, explanation)| explanation.differences.is_empty())
    }

    /// The decision for people.
    #[must_use]
    pub fn text(&self) -> String {
        let Some((command, explanation)) = self.records.first() else { return String::new() };
        let mut text = String::new();
        head(&mut text, command);
        let statuses: Vec<&str> = self.records.iter().map(|(command, _)| command.status.name()).collect();
        // Writing to a String can not fail.
        let _ = writeln!(text, "status       {} (mode {})", statuses.join(", then "), command.mode.name());
        hold_out(&mut text, command, explanation);
        let arms = arms(explanation);
        table(&mut text, &arms, explanation);
        why(&mut text, &arms, explanation);
        if self.is_same() {
            text.push_str("recomputed: same\n");
            return text;
        }
        text.push_str("recomputed: differs\n");
        for (command, explanation) in &self.records {
            for difference in &explanation.differences {
                let (field, status) = (difference.field, command.status.name());
                let (published, computed) = (&difference.published, &difference.computed);
                let _ = writeln!(text, "  {field} ({status}): the command says {published}, computed is {computed}");
            }
        }
        text
    }

    /// The same for machines.
    #[must_use]
    pub fn json(&self) -> Value {
        let Some((command, explanation)) = self.records.first() else { return Value::Null };
        let arms = arms(explanation).into_iter().map(|arm| {
            json!({
                "arm": arm.kind.name(), "mean": arm.mean, "sd": arm.sd, "n": arm.n,
                "best": arm.best, "propensity": arm.propensity, "from": arm.from,
            })
        });
        let differences = self.records.iter().flat_map(|(command, explanation)| {
            explanation.differences.iter().map(|difference| {
                json!({
                    "status": command.status.name(), "field": difference.field,
                    "published": difference.published, "computed": difference.computed,
                })
            })
        });
        json!({
            "command": command.command,
            "session": command.session,
            "at_ms": command.at_ms,
            "context_key": command.context_key,
            "statuses": self.records.iter().map(|(command, _)| command.status.name()).collect::<Vec<_>>(),
            "application": self.application,
            "policy_version": explanation.block.version,
            "control_mean": explanation.block.control_mean,
            "hold_out": {
                "probability": command.holdout_probability,
                "draw": explanation.draws.hold_out,
                "held_out": explanation.is_held_out,
            },
            "arms": arms.collect::<Vec<_>>(),
            "draw": explanation.draws.arm,
            "chosen": explanation.choice.map(|choice| choice.arm.name()),
            "same": self.is_same(),
            "differences": differences.collect::<Vec<_>>(),
        })
    }
}

fn head(text: &mut String, command: &InterventionCommand) {
    let target = command.target.segment.name();
    let variant = command.variant.as_ref().map(|variant| format!(", {}", safe(variant))).unwrap_or_default();
    let _ = writeln!(text, "command      {}", safe(&command.command));
    let _ = writeln!(text, "decided      {} for {}", date_time(command.at_ms), safe(&command.session));
    let _ = writeln!(text, "what         {}{variant} to {target}", command.kind.name());
    let _ = writeln!(text, "because      {}", safe(&command.reason));
    let _ = writeln!(text, "context      {}", safe(&command.context_key));
}

fn hold_out(text: &mut String, command: &InterventionCommand, explanation: &Explanation) {
    let (draw, probability) = (explanation.draws.hold_out, command.holdout_probability);
    let (is, outcome) = match explanation.is_held_out {
        true => ("below", "a control, nothing is done"),
        false => ("not below", "no control"),
    };
    let episode = date_time(explanation.block.episode_ms);
    let _ =
        writeln!(text, "hold-out     {draw:.6} is {is} {probability}: {outcome} (drawn for the episode of {episode})");
}

fn arms(explanation: &Explanation) -> Vec<Arm> {
    let Some(choice) = explanation.choice else { return Vec::new() };
    let of = |values: &[f64], kind: InterventionKind| values.get(kind.index()).copied().unwrap_or_default();
    let mut from = 0.0;
    let mut arms = Vec::new();
    for (kind, belief) in explanation.block.beliefs() {
        let propensity = of(&choice.propensities, kind);
        let best = of(&choice.probabilities, kind);
        arms.push(Arm { kind, mean: belief.mean, sd: belief.sd, n: belief.n, best, from, propensity });
        from += propensity;
    }
    arms
}

fn table(text: &mut String, arms: &[Arm], explanation: &Explanation) {
    let block = &explanation.block;
    let _ = writeln!(
        text,
        "policy       version {}; without an intervention the score changes by {:+.3}\n",
        block.version, block.control_mean
    );
    let _ = writeln!(
        text,
        "  {:<12} {:>7}  {:>6}  {:>7}  {:>11}  {:>10}  SHARE OF THE DRAW",
        "ARM", "MEAN", "SD", "RESULTS", "P(IS BEST)", "PROPENSITY"
    );
    for kind in InterventionKind::ALL {
        let Some(arm) = arms.iter().find(|arm| arm.kind == *kind) else {
            let _ = writeln!(text, "  {:<12} did not apply", kind.name());
            continue;
        };
        let Arm { mean, sd, n, best, from, propensity, .. } = arm;
        let to = from + propensity;
        let _ = writeln!(
            text,
            "  {:<12} {mean:>+7.3}  {sd:>6.3}  {n:>7.1}  {best:>11.4}  {propensity:>10.4}  {from:.4} .. {to:.4}",
            kind.name()
        );
    }
}

fn why(text: &mut String, arms: &[Arm], explanation: &Explanation) {
    let chosen = explanation.choice.and_then(|choice| arms.iter().find(|arm| arm.kind == choice.arm));
    let Some(chosen) = chosen else {
        text.push_str("\nwhy          no arm applied: there is nothing to choose\n");
        return;
    };
    let draw = explanation.draws.arm;
    let (from, to) = (chosen.from, chosen.from + chosen.propensity);
    let _ =
        writeln!(text, "\nwhy          the draw was {draw:.6}, within {from:.4} .. {to:.4}: {}", chosen.kind.name());
    let lifted = 1.0 - FLOOR * arms.len() as f64;
    let _ = writeln!(
        text,
        "             an arm's share is {lifted:.2} of its probability to be the best, and {FLOOR} for every arm"
    );
}

#[cfg(test)]
mod tests {
    use topology::codec::decode;
    use topology::wire::CommandStatus;

    use super::*;

    fn command() -> InterventionCommand {
        decode(include_bytes!("../../../topology/src/golden/explained-command.json")).unwrap()
    }

    #[test]
    fn a_decision_is_told_with_its_arms_its_draw_and_why() {
        let cancelled = InterventionCommand { status: CommandStatus::Cancelled, ..command() };
        let explained = explain(vec![command(), cancelled], "conductor");
        let text = explained.text();
        assert_eq!(text, include_str!("../golden/explained.txt"), "{text}");
        assert_eq!(explained.check(), Ok(()));
        let json = explained.json();
        assert_eq!((&json["same"], &json["chosen"]), (&json!(true), &json!("CHAT_PROMPT")));
        assert_eq!(json["statuses"], json!(["approved", "cancelled"]));
        let shares: f64 = json["arms"].as_array().unwrap().iter().map(|arm| arm["propensity"].as_f64().unwrap()).sum();
        assert!((shares - 1.0).abs() < 1e-9, "{json}");
    }

    #[test]
    fn a_command_that_was_changed_is_told_and_fails() {
        let changed = InterventionCommand { confidence: 0.25, ..command() };
        let explained = explain(vec![changed], "conductor");
        let text = explained.text();
        let expect =
            "recomputed: differs\n  confidence (approved): the command says 0.25, computed is 0.13832684597759834\n";
        assert!(text.ends_with(expect), "{text}");
        let failure = explained.check().unwrap_err();
        assert!(failure.exit_code() == 1 && failure.to_string().contains("application.id, now conductor"), "{failure}");
        assert_eq!(explained.json()["same"], json!(false));
    }
}
