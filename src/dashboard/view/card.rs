//! One intervention, as its card shows it: folded from four topics, in whatever order they are read.

use compact_str::CompactString;
use serde::Serialize;
use streams::broker::Offset;
use topology::wire::{
    CommandStatus, Decision, FeedbackKind, InterventionCommand, InterventionFeedback, InterventionKind,
    InterventionResult, Mode, Outcome, Segment, Session, named,
};

use super::session::News;
use super::words;
use crate::content::templates;

/// A reward beyond this, up or down, is an effect. (DOMAIN: success is a rise by more than 0.1.)
const EFFECT_MIN: f64 = 0.1;

/// How far an intervention has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for a person.
    Proposed,
    /// It is carried out now.
    Approved,
    /// It was carried out.
    Done,
    /// It was tried, and not done.
    Failed,
    /// The platform did not want it, or it was withdrawn before the call.
    Refused,
    /// A person said no.
    Declined,
    /// Nobody decided in time, or nothing was carried out in time.
    Expired,
    /// Withdrawn: a pause, the mode, the session's end, a break.
    Cancelled,
    /// A control: left alone.
    HeldOut,
}

impl Status {
    /// That of an approved command of which the executor has said this.
    #[must_use]
    pub fn after(feedback: FeedbackKind) -> Self {
        match feedback {
            FeedbackKind::Executed => Self::Done,
            FeedbackKind::Failed => Self::Failed,
            FeedbackKind::Expired => Self::Expired,
            FeedbackKind::Refused => Self::Refused,
        }
    }
}

/// A decision that was sent, and that the stream has not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// What was decided.
    #[serde(with = "named")]
    pub decision: Decision,
    /// By whom.
    pub actor: CompactString,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
}

/// What the executor said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Feedback {
    /// What became of it.
    #[serde(with = "named")]
    pub kind: FeedbackKind,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// How often it was tried.
    pub attempts: i32,
    /// Who wrote the content.
    pub provider: Option<CompactString>,
    /// What the provider charges, in US dollars.
    pub cost_usd: Option<f64>,
    /// What went wrong.
    pub error: Option<CompactString>,
}

/// Whether it helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It did.
    Success,
    /// Nothing to speak of.
    None,
    /// It made things worse.
    Backfired,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// How it ended.
    #[serde(with = "named")]
    pub outcome: Outcome,
    /// Whether it helped; nothing: that was not measured.
    pub effect: Option<Effect>,
    /// What changed, without the events that it caused itself.
    pub change: Option<f64>,
    /// That less what happens without an intervention.
    pub reward: Option<f64>,
    /// The score when the measuring began.
    pub score_before: Option<f64>,
    /// The score after it.
    pub score_after: Option<f64>,
}

/// One intervention.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// The command.
    pub command: CompactString,
    /// What is to be done.
    #[serde(with = "named")]
    pub kind: InterventionKind,
    /// Which form of it.
    pub variant: Option<CompactString>,
    /// The tick of the decision, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The same in words.
    pub what: String,
    /// Why, each reason a sentence with its numbers.
    pub why: Vec<String>,
    /// What is wrong.
    pub class: Option<CompactString>,
    /// Whom it is meant for.
    #[serde(with = "named")]
    pub segment: Segment,
    /// Probability that it is the best that could be done.
    pub confidence: f64,
    /// How far it has come.
    pub status: Status,
    /// Since when, in milliseconds since the epoch.
    pub status_at_ms: i64,
    /// It is given up at this time, in milliseconds since the epoch.
    pub expires_at_ms: i64,
    /// The mode in which it was decided.
    #[serde(with = "named")]
    pub mode: Mode,
    /// What a person wrote, or what was shown.
    pub content: Option<CompactString>,
    /// What the templates would say.
    pub suggested: Option<String>,
    /// Who decided.
    pub decided_by: Option<CompactString>,
    /// When, in milliseconds since the epoch.
    pub decided_at_ms: Option<i64>,
    /// Why it was declined, in the words of whoever did.
    pub decline_reason: Option<CompactString>,
    /// A decision on its way.
    pub pending: Option<Pending>,
    /// What a decision must name, so that it is about what was seen: it changes with each record of the command.
    pub revision: i64,
    /// What the executor said.
    pub feedback: Option<Feedback>,
    /// What came of it.
    pub outcome: Option<Measured>,
    /// The newest status on the topic; what is shown follows from it and from the rest.
    #[serde(skip)]
    told: CommandStatus,
}

impl Card {
    /// The card of a command that was not known. `offset` is where its record lies.
    #[must_use]
    pub fn new(command: &InterventionCommand, offset: Offset) -> Self {
        let mut card = Self {
            command: command.command.clone(),
            kind: command.kind,
            variant: command.variant.clone(),
            at_ms: command.at_ms,
            what: words::what(command.kind, command.variant.as_deref(), command.target.segment),
            why: Vec::new(),
            class: command.parameters.get("anomaly").cloned(),
            segment: command.target.segment,
            confidence: command.confidence,
            status: Status::Proposed,
            status_at_ms: command.at_ms,
            expires_at_ms: command.expires_at_ms,
            mode: command.mode,
            content: None,
            suggested: templates::write(command).map(|content| content.to_string()),
            decided_by: None,
            decided_at_ms: None,
            decline_reason: None,
            pending: None,
            revision: 0,
            feedback: None,
            outcome: None,
            told: command.status,
        };
        card.take_command(command, offset);
        card
    }

    /// Takes in a record of the command.
    pub fn take_command(&mut self, command: &InterventionCommand, offset: Offset) {
        self.told = command.status;
        self.revision = offset.saturating_add(1);
        self.expires_at_ms = command.expires_at_ms;
        self.content = command.content.clone().or_else(|| self.content.take());
        self.decided_by = command.decided_by.clone().or_else(|| self.decided_by.take());
        self.decided_at_ms = command.decided_at_ms.or(self.decided_at_ms);
        if command.status == CommandStatus::Cancelled {
            self.status = withdrawn(&command.reason);
            self.status_at_ms = command.decided_at_ms.unwrap_or(self.status_at_ms);
            self.pending = None;
            return;
        }
        self.why = words::why(&command.reason);
        if command.status != CommandStatus::Proposed {
            self.pending = None;
        }
        self.settle(command.decided_at_ms.unwrap_or(command.at_ms));
    }

    /// Takes in something about the command.
    pub(super) fn take(&mut self, news: News) {
        match news {
            News::Decision(decided, at_ms) => self.take_decision(&decided, at_ms),
            News::Feedback(feedback) => self.take_feedback(*feedback),
            News::Result(result) => self.take_result(&result),
        }
    }

    /// Takes in what a person decided; the stream has the last word.
    fn take_decision(&mut self, decided: &Session, at_ms: i64) {
        if decided.decision == Some(Decision::Declined) && self.decline_reason.is_none() {
            self.decline_reason.clone_from(&decided.reason);
        }
        let Some(decision) = decided.decision.filter(|_| self.told == CommandStatus::Proposed) else { return };
        if self.pending.is_none() {
            let actor = decided.actor.clone().unwrap_or_default();
            self.pending = Some(Pending { decision, actor, at_ms });
        }
    }

    /// Takes in what the executor said.
    fn take_feedback(&mut self, feedback: InterventionFeedback) {
        let InterventionFeedback { kind, at_ms, attempts, content, provider, cost_usd, error, .. } = feedback;
        if self.feedback.is_some() {
            return;
        }
        self.content = content.or_else(|| self.content.take());
        self.feedback = Some(Feedback { kind, at_ms, attempts, provider, cost_usd, error });
        self.settle(at_ms);
    }

    /// Takes in what came of it.
    fn take_result(&mut self, result: &InterventionResult) {
        self.outcome = Some(Measured {
            outcome: result.outcome,
            effect: effect(result.outcome, result.reward, result.success),
            change: result.change,
            reward: result.reward,
            score_before: result.score_before,
            score_after: result.score_after,
        });
        if self.status == Status::Approved && self.feedback.is_none() && result.outcome == Outcome::Unanswered {
            self.status = Status::Failed;
            self.status_at_ms = result.at_ms;
        }
    }

    /// What is shown, of what is known.
    fn settle(&mut self, at_ms: i64) {
        let status = match (self.told, self.feedback.as_ref().map(|feedback| feedback.kind)) {
            (CommandStatus::Proposed, _) => Status::Proposed,
            (CommandStatus::HeldOut, _) => Status::HeldOut,
            (CommandStatus::Cancelled, _) => return,
            (CommandStatus::Approved, None) => Status::Approved,
            (CommandStatus::Approved, Some(kind)) => Status::after(kind),
        };
        if status != self.status {
            self.status = status;
            self.status_at_ms = at_ms;
        }
    }
}

/// Whether it helped; nothing: that was not measured.
#[must_use]
pub fn effect(outcome: Outcome, reward: Option<f64>, success: Option<bool>) -> Option<Effect> {
    reward.filter(|_| outcome == Outcome::Measured).map(|reward| match success {
        _ if reward < -EFFECT_MIN => Effect::Backfired,
        Some(true) => Effect::Success,
        _ => Effect::None,
    })
}

/// Why it was withdrawn stands in the reason.
#[must_use]
pub fn withdrawn(reason: &str) -> Status {
    match reason.strip_prefix("cancelled: ") {
        Some("declined") => Status::Declined,
        Some("expired") => Status::Expired,
        _ => Status::Cancelled,
    }
}
