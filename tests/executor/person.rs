//! Somebody who decides on proposals, and pauses a session now and then.

use std::collections::BTreeSet;

use compact_str::CompactString;
use domain::random::seed_of;
use serde_json::{Value, json};
use topology::wire::{CommandStatus, InterventionCommand, InterventionKind, topics};

use crate::stage::Stage;

const ACTOR: &str = "ann";

/// A person; each proposal is looked at once.
#[derive(Default)]
pub(crate) struct Person {
    seen: BTreeSet<CompactString>,
    /// Proposals whose session was paused for them.
    paused: Vec<InterventionCommand>,
}

/// What somebody does.
enum Act {
    Approve,
    Edit,
    Decline,
    Pause,
    Nothing,
}

impl Act {
    /// Most is approved.
    fn on(command: &InterventionCommand) -> Self {
        match seed_of(&[command.command.as_bytes()]) % 20 {
            0..=12 => Self::Approve,
            13..=15 => Self::Edit,
            16 => Self::Decline,
            17..=18 => Self::Pause,
            _ => Self::Nothing,
        }
    }

    fn record(&self, command: &InterventionCommand) -> Option<Value> {
        let decision =
            |decision| json!({ "kind": "decision", "command": command.command, "decision": decision, "actor": ACTOR });
        Some(match self {
            Self::Approve => decision("approved"),
            Self::Edit => {
                let mut edited = decision("edited");
                edited["content"] = match command.kind {
                    InterventionKind::Poll => "Shall we go on?\nYes\nNot yet".into(),
                    _ => "What would you ask the speaker?".into(),
                };
                edited
            }
            Self::Decline => decision("declined"),
            Self::Pause => json!({ "kind": "paused", "actor": ACTOR }),
            Self::Nothing => return None,
        })
    }
}

impl Person {
    /// Acts on what is proposed by now, and lets sessions go on that were paused before.
    pub(crate) fn act(&mut self, stage: &Stage) {
        let resumed = json!({ "kind": "resumed", "actor": ACTOR });
        let mut records: Vec<_> = self.paused.drain(..).map(|command| (command, resumed.clone())).collect();
        for command in stage.values::<InterventionCommand>(topics::INTERVENTION_COMMANDS) {
            if command.status != CommandStatus::Proposed || !self.seen.insert(command.command.clone()) {
                continue;
            }
            let act = Act::on(&command);
            if let Act::Pause = act {
                self.paused.push(command.clone());
            }
            records.extend(act.record(&command).map(|record| (command, record)));
        }
        let values: Vec<Vec<u8>> = records.iter().map(|(_, value)| serde_json::to_vec(value).unwrap()).collect();
        // As of when it was proposed: with a time of today it would wait for the rest of a replay of yesterday.
        let all: Vec<_> = records
            .iter()
            .zip(&values)
            .map(|((command, _), value)| (command.at_ms, &*command.session, &**value))
            .collect();
        if !all.is_empty() {
            stage.write_at(topics::SESSION, &all);
        }
    }
}
