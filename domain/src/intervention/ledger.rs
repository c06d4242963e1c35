//! What a session remembers of its decisions: enough to keep to the budget, the cooldowns and one open command at a time.

use super::command::Command;
use super::mode::Mode;
use super::settings::DecisionSettings;
use crate::context::InterventionKind;
use crate::time::Millis;

/// How many decisions are remembered: no budget can be larger.
pub const DECISIONS_KEPT: usize = 6;

/// How many kinds of intervention there are.
pub const KINDS: usize = InterventionKind::ALL.len();

/// The decisions of one session, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ledger {
    /// How much is left to the machine.
    pub mode: Mode,
    /// A person has paused the session.
    pub paused: bool,
    /// The last decisions' times, the newest last; none where there was none yet.
    pub decided_at: [Option<Millis>; DECISIONS_KEPT],
    /// The last decision per kind, in the order of [`InterventionKind::ALL`].
    pub last_use: [Option<Millis>; KINDS],
    /// The command that has no result yet.
    pub open: Option<Command>,
}

impl Ledger {
    /// The ledger of a session about which nothing was decided.
    #[must_use]
    pub const fn new(mode: Mode) -> Self {
        Self { mode, paused: false, decided_at: [None; DECISIONS_KEPT], last_use: [None; KINDS], open: None }
    }

    /// Enters a decision, a control's too: it counts in the budget, starts the cooldown and occupies the open slot.
    pub fn decide(&mut self, command: Command, kind: InterventionKind, now: Millis) {
        self.decided_at.rotate_left(1);
        let [.., newest] = &mut self.decided_at;
        *newest = Some(now);
        if let Some(last) = self.last_use.get_mut(kind.index()) {
            *last = Some(now);
        }
        self.open = Some(command);
    }

    /// A command has got its result: the slot is free again, if it was this command's.
    pub fn settle(&mut self, command: Command) {
        if self.open == Some(command) {
            self.open = None;
        }
    }

    /// Decisions that still count in the budget at `now`.
    #[must_use]
    pub fn spent(&self, now: Millis, settings: &DecisionSettings) -> usize {
        self.decided_at.iter().flatten().filter(|&&at| now.saturating_sub(at) < settings.budget_span).count()
    }

    /// True while `kind` rests after a decision for it.
    #[must_use]
    pub fn cools(&self, kind: InterventionKind, now: Millis, settings: &DecisionSettings) -> bool {
        let last = self.last_use.get(kind.index()).copied().flatten();
        last.is_some_and(|at| now.saturating_sub(at) < settings.cooldown)
    }
}
