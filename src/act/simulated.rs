//! The simulated platform: sessions with an audience that does what audiences do, and reacts to what is done.

use std::collections::BTreeMap;

use compact_str::CompactString;
use domain::audience::{Action, Audience, SessionPlan, World};
use domain::context::InterventionKind;
use domain::time::Millis;
use topology::simulated::{Commands, Input, input};
use topology::wire::{CommandStatus, FeedbackKind, InterventionCommand, InterventionFeedback};

use super::Platform;
use crate::content::templates;

/// One simulated session.
pub struct SimulatedSession {
    audience: Audience,
    commands: Commands,
}

/// A platform with nobody real on it.
#[derive(Default)]
pub struct SimulatedPlatform {
    sessions: BTreeMap<CompactString, SimulatedSession>,
}

/// One event of a session, with its time and session.
#[derive(Debug)]
pub struct SimulatedEvent {
    /// When.
    pub at_ms: Millis,
    /// Where.
    pub session: CompactString,
    /// What, on the wire.
    pub input: Input,
}

impl SimulatedPlatform {
    /// Adds a session that goes by this plan.
    pub fn open(&mut self, session: CompactString, plan: SessionPlan) {
        let audience = Audience::new(plan, World::Normal);
        self.sessions.insert(session, SimulatedSession { audience, commands: Commands::new() });
    }

    /// Lets all sessions go on to `to_ms` (exclusive), and appends what happened, in order of time, to `events`.
    pub fn step(&mut self, to_ms: Millis, events: &mut Vec<SimulatedEvent>) {
        let begin = events.len();
        for (id, session) in &mut self.sessions {
            let SimulatedSession { audience, commands } = session;
            let mut happenings = Vec::new();
            audience.step(to_ms, &mut |happening| happenings.push(happening));
            events.extend(happenings.iter().map(|happening| SimulatedEvent {
                at_ms: happening.at_ms,
                session: id.clone(),
                input: input(audience.plan(), happening, commands),
            }));
        }
        if let Some(new) = events.get_mut(begin..) {
            // Stable: of one moment, sessions come in the order of their names.
            new.sort_by_key(|event| event.at_ms);
        }
    }

    /// The sessions, by name.
    pub fn sessions(&self) -> impl Iterator<Item = CompactString> {
        self.sessions.keys().cloned()
    }

    /// Lets the audience of a session react to a command; says when it begins to. Nothing: there is no such session, or nobody reacts.
    pub fn act(
        &mut self,
        session: &str,
        command: &str,
        kind: InterventionKind,
        variant: Option<&str>,
        now_ms: Millis,
    ) -> Option<Millis> {
        let session = self.sessions.get_mut(session)?;
        let command = session.commands.number(command);
        session.audience.act(now_ms, Action { command, kind, variant, targets: &[] }).at_ms
    }

    /// How many people are in a session.
    #[must_use]
    pub fn present(&self, session: &str) -> usize {
        self.sessions.get(session).map_or(0, |session| session.audience.present())
    }
}

impl Platform for SimulatedPlatform {
    fn carry_out(&mut self, command: &InterventionCommand, now_ms: Millis) -> InterventionFeedback {
        let expired = now_ms > command.expires_at_ms;
        let acted = (command.status == CommandStatus::Approved && !expired)
            .then(|| self.act(&command.session, &command.command, command.kind, command.variant.as_deref(), now_ms))
            .flatten();
        let kind = match (acted, expired) {
            (Some(_), _) => FeedbackKind::Executed,
            (None, true) => FeedbackKind::Expired,
            (None, false) => FeedbackKind::Refused,
        };
        let content = (kind == FeedbackKind::Executed).then(|| templates::write(command)).flatten();
        InterventionFeedback {
            kind,
            id: None,
            command: command.command.clone(),
            at_ms: now_ms,
            attempts: 1,
            content: content.as_ref().map(|content| content.to_string().into()),
            provider: content.map(|_| "templates".into()),
            tokens_in: None,
            tokens_out: None,
            cost_usd: None,
            error: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::context::SessionType;

    use super::*;

    fn platform() -> SimulatedPlatform {
        let mut platform = SimulatedPlatform::default();
        for id in ["s-1", "s-2"] {
            let plan = SessionPlan::scripted(3, 0, 20 * 60_000, SessionType::Workshop, 40, &[]).seated();
            platform.open(id.into(), plan);
        }
        platform
    }

    #[test]
    fn events_of_all_sessions_come_in_order_of_time() {
        let mut events = Vec::new();
        platform().step(60_000, &mut events);
        assert!(events.len() > 100 && events.is_sorted_by_key(|event| event.at_ms));
        assert!(events.iter().any(|event| event.session == "s-2"));
    }

    #[test]
    fn an_approved_command_is_executed_and_its_events_name_it() {
        let mut platform = platform();
        let mut events = Vec::new();
        platform.step(60_000, &mut events);
        let command = InterventionCommand {
            command: "s-1:60000:0".into(),
            expires_at_ms: 120_000,
            ..crate::report::sample::command("s-1", 60_000, InterventionKind::ChatPrompt, CommandStatus::Approved)
        };
        assert_eq!(platform.carry_out(&command, 61_000).kind, FeedbackKind::Executed);
        assert_eq!(platform.carry_out(&command, 121_000).kind, FeedbackKind::Expired);
        let elsewhere = InterventionCommand { session: "s-9".into(), ..command };
        assert_eq!(platform.carry_out(&elsewhere, 61_000).kind, FeedbackKind::Refused);
    }
}
