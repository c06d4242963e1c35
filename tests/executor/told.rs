//! What everybody who reads committed records is told, and what must be true of it.

use std::collections::{BTreeMap, BTreeSet};

use topology::wire::{
    CommandStatus, EngagementScore, InterventionCommand, InterventionFeedback, InterventionResult, Outcome, topics,
};

use crate::stage::Stage;

/// Commands that are not at their end.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Open {
    without_result: Vec<String>,
    /// Approved ones.
    without_feedback: Vec<String>,
}

/// What everybody who reads committed records sees.
pub(crate) struct Told {
    commands: Vec<InterventionCommand>,
    pub(crate) feedback: Vec<InterventionFeedback>,
    results: Vec<InterventionResult>,
}

impl Told {
    pub(crate) fn by(stage: &Stage) -> Self {
        Self {
            commands: stage.values(topics::INTERVENTION_COMMANDS),
            feedback: stage.feedback(),
            results: stage.values(topics::INTERVENTION_RESULTS),
        }
    }

    pub(crate) fn decided(&self) -> BTreeSet<&str> {
        self.commands.iter().map(|command| command.command.as_str()).collect()
    }

    pub(crate) fn approved(&self) -> BTreeSet<&str> {
        let approved = self.commands.iter().filter(|command| command.status == CommandStatus::Approved);
        approved.map(|command| command.command.as_str()).collect()
    }

    pub(crate) fn open(&self) -> Open {
        let closed: BTreeSet<&str> = self.results.iter().map(|result| result.command.as_str()).collect();
        let answered: BTreeSet<&str> = self.feedback.iter().map(|feedback| feedback.command.as_str()).collect();
        let without = |all: BTreeSet<&str>, those: &BTreeSet<&str>| {
            all.difference(those).map(|command| (*command).to_owned()).collect()
        };
        Open { without_result: without(self.decided(), &closed), without_feedback: without(self.approved(), &answered) }
    }

    pub(crate) fn count(&self, outcome: Outcome) -> usize {
        self.results.iter().filter(|result| result.outcome == outcome).count()
    }

    /// Each command has each status once and one result, and each approved one, no other, has one feedback.
    pub(crate) fn each_command_ends_once(&self) {
        let mut statuses = BTreeSet::new();
        for command in &self.commands {
            let status = (command.command.as_str(), command.status.name());
            assert!(statuses.insert(status), "{status:?} is told twice");
        }
        let mut closed: Vec<&str> = self.results.iter().map(|result| result.command.as_str()).collect();
        closed.sort_unstable();
        assert_eq!(closed, self.decided().into_iter().collect::<Vec<_>>());
        let mut answered: Vec<&str> = self.feedback.iter().map(|feedback| feedback.command.as_str()).collect();
        answered.sort_unstable();
        assert_eq!(answered, self.approved().into_iter().collect::<Vec<_>>());
    }
}

/// No tick of a session is there twice, and none is missing.
pub(crate) fn each_tick_is_there_once(scores: &[EngagementScore]) {
    let mut ticks: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for score in scores {
        ticks.entry(&score.session).or_default().push(score.at_ms);
    }
    for (session, ticks) in &ticks {
        for pair in ticks.windows(2) {
            assert_eq!(pair[1] - pair[0], 5_000, "{session} after {}", pair[0]);
        }
    }
}
