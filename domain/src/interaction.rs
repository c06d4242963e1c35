//! What an interaction counts for: messages under their cap, reactions, votes, upvotes, replies, and the user's unit that
//! moves to the pane of the newest interaction.

use crate::activity::Activity;
use crate::attendee::Attendee;
use crate::pane::{Pane, Panes, count_in};
use crate::questions::{Question, RecentMessage, ask, remember};
use crate::session::Session;
use crate::time::{Millis, pane_start};

/// What one interaction adds to its pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Interaction {
    /// No intervention caused it.
    organic: bool,
    message: bool,
    message_organic: bool,
    question: bool,
    reaction: bool,
    response_after: Option<Millis>,
}

impl Interaction {
    /// Takes the interaction into the rows of session and user, and says what the pane gets.
    pub(crate) fn of(activity: &Activity<'_>, at: Millis, session: &mut Session, attendee: &mut Attendee) -> Self {
        match *activity {
            Activity::Message { question, message, by_command, .. } => {
                Self::message(message, question, by_command, at, session, attendee)
            }
            Activity::Reply { in_reply_to, message, by_command } => {
                let answered = session.origin(in_reply_to);
                let by_command = by_command || answered.is_some_and(|origin| origin.by_command);
                let counted = Self::message(message, false, by_command, at, session, attendee);
                let after = answered.map(|origin| at.saturating_sub(origin.at)).filter(|after| *after >= 0);
                session.questions.retain(|question| question.id != in_reply_to);
                Self { response_after: after.filter(|_| counted.message), ..counted }
            }
            Activity::Reaction { by_command } => Self { reaction: true, organic: !by_command, ..Self::default() },
            Activity::Upvote { message } => {
                let by_command = session.origin(message).is_some_and(|origin| origin.by_command);
                if let Some(question) = session.questions.iter_mut().find(|question| question.id == message) {
                    question.upvotes = question.upvotes.saturating_add(1);
                }
                Self { organic: !by_command, ..Self::default() }
            }
            Activity::Voted { poll } => {
                let by_command = session.poll(poll).is_some_and(|poll| poll.by_command);
                if let Some(poll) = session.poll_mut(poll)
                    && poll.closed_at.is_none_or(|closed| at <= closed)
                    && attendee.votes.first_in(poll.ordinal)
                {
                    poll.votes = poll.votes.saturating_add(1);
                }
                Self { organic: !by_command, ..Self::default() }
            }
            _ => Self::default(),
        }
    }

    fn message(
        id: Option<u64>,
        question: bool,
        by_command: bool,
        at: Millis,
        session: &mut Session,
        attendee: &mut Attendee,
    ) -> Self {
        let message = attendee.messages.admit(at);
        let message_organic = !by_command && attendee.messages_organic.admit(at);
        if let Some(id) = id.filter(|_| message) {
            remember(&mut session.recent, RecentMessage { id, at, by_command });
            if question {
                ask(&mut session.questions, Question { id, at, upvotes: 0, by_command });
            }
        }
        let question = question && message;
        session.questions_asked = session.questions_asked.saturating_add(u32::from(question));
        Self { organic: !by_command, message, message_organic, question, ..Self::default() }
    }

    fn add_to(&self, pane: &mut Pane) {
        let step = |count: &mut u32, by: bool| *count = count.saturating_add(u32::from(by));
        step(&mut pane.all.messages, self.message);
        step(&mut pane.organic.messages, self.message_organic);
        step(&mut pane.all.reactions, self.reaction);
        step(&mut pane.organic.reactions, self.reaction && self.organic);
        step(&mut pane.questions, self.question);
        if let Some(after) = self.response_after {
            pane.count_response(after);
        }
    }
}

/// Counts an interaction in its pane, and moves the user's units there if it is the newest.
pub(crate) fn interact(
    interaction: &Interaction,
    at: Millis,
    kept_from: Millis,
    attendee: &mut Attendee,
    panes: &mut impl Panes,
) {
    let all = Move::to(at, &mut attendee.last_interaction_at);
    let organic = if interaction.organic { Move::to(at, &mut attendee.last_organic_at) } else { Move::default() };
    let step_back = |users: &mut u32| *users = users.saturating_sub(1);
    if let Some(left) = all.left {
        count_in(panes, kept_from, left, |pane| step_back(&mut pane.all.users));
    }
    if let Some(left) = organic.left {
        count_in(panes, kept_from, left, |pane| step_back(&mut pane.organic.users));
    }
    count_in(panes, kept_from, at, |pane| {
        interaction.add_to(pane);
        pane.all.users = pane.all.users.saturating_add(u32::from(all.entered));
        pane.organic.users = pane.organic.users.saturating_add(u32::from(organic.entered));
    });
}

/// How a user's unit moves between panes.
#[derive(Debug, Clone, Copy, Default)]
struct Move {
    left: Option<Millis>,
    entered: bool,
}

impl Move {
    fn to(at: Millis, last: &mut Option<Millis>) -> Self {
        let before = *last;
        *last = before.max(Some(at));
        match before.map(pane_start) {
            Some(pane) if pane >= pane_start(at) => Self::default(),
            left => Self { left, entered: true },
        }
    }
}
