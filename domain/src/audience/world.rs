//! The audience itself: one session that is stepped through time and acted on.

use super::attention::Attention;
use super::chat::{Chat, Moment};
use super::person::{People, Seat};
use super::polls::Polls;
use super::presence::{EMPTYING, Presence};
use super::program::Program;
use super::pull::{Pull, Pulls};
use super::reaction::Reactions;
use super::response::Responses;
use super::{Acted, Action, Happening, LONGEST, MOST_PEOPLE, STEP, SessionPlan, What, World};
use crate::context::{AnomalyClass, InterventionKind};
use crate::math;
use crate::random::Generator;
use crate::time::Millis;

/// The share of the people present who answer a prompt (these shares are assumptions; they follow attention as chat does),
const PROMPT_REPLIES: f64 = 0.10;
/// who vote a promoted question up, and who answer it,
const PROMOTED_UPVOTES: f64 = 0.15;
const PROMOTED_REPLIES: f64 = 0.03;
/// who ask when asked for questions,
const REQUESTED_QUESTIONS: f64 = 0.05;
/// and the share of the nudged who react.
const NUDGE_REACTIONS: f64 = 0.08;
/// What a nudge that takes adds to the attention of the people whom it names, for good.
const NUDGED: f64 = 0.3;
/// How many named targets are looked at.
const MOST_TARGETS: usize = 10_000;
/// How much may wait for the next step: who acts this often without stepping is refused.
const MOST_WAITING: usize = 1_024;

/// The simulated audience of one session.
#[derive(Debug, Clone)]
pub struct Audience {
    plan: SessionPlan,
    /// The next step begins here.
    now: Millis,
    ended: bool,
    /// The attention logit, as of the last tick or action.
    logit: f64,
    attention: Attention,
    responses: Responses,
    people: People,
    presence: Presence,
    chat: Chat,
    reactions: Reactions,
    polls: Polls,
    pulls: Pulls,
    program: Program,
    /// What actions caused at once, until the next step emits it.
    waiting: Vec<Happening>,
    /// The happenings of one step, kept for its memory.
    buffer: Vec<Happening>,
}

impl Audience {
    /// The audience of this plan, before its start. A size and a length beyond the limits are cut.
    #[must_use]
    pub fn new(mut plan: SessionPlan, world: World) -> Self {
        plan.size = plan.size.min(MOST_PEOPLE);
        plan.length = plan.length.clamp(0, LONGEST);
        let generator = |name: &[u8]| Generator::of(&[b"audience", name, &plan.seed.to_le_bytes()]);
        Self {
            now: plan.start_ms,
            ended: false,
            logit: 0.0,
            attention: Attention::new(generator(b"attention")),
            responses: Responses::new(world, generator(b"responses")),
            people: People::new(),
            presence: Presence::new(generator(b"presence")),
            chat: Chat::new(generator(b"chat")),
            reactions: Reactions::new(generator(b"reactions")),
            polls: Polls::new(generator(b"polls"), generator(b"caused polls")),
            pulls: Pulls::new(generator(b"pulls"), generator(b"caused pulls")),
            program: Program::new(generator(b"program")),
            waiting: Vec::new(),
            buffer: Vec::new(),
            plan,
        }
    }

    /// Advances by whole seconds of the session up to `to_ms` and emits what happens before it, in order of time.
    pub fn step(&mut self, to_ms: Millis, emit: &mut impl FnMut(Happening)) {
        while !self.ended && self.now.checked_add(STEP).is_some_and(|end| end <= to_ms) {
            let mut buffer = core::mem::take(&mut self.buffer);
            self.second(&mut buffer);
            buffer.sort_by_key(|happening| happening.at_ms);
            buffer.drain(..).for_each(&mut *emit);
            self.buffer = buffer;
        }
    }

    /// The platform carries out an intervention. Step to `at_ms` first: an action never reaches into the past, and one that
    /// lies ahead is drawn on the people who are there now. What it causes comes out of the next steps.
    pub fn act(&mut self, at_ms: Millis, action: Action<'_>) -> Acted {
        let at_ms = at_ms.max(self.now);
        let started = self.now > self.plan.start_ms;
        if !started || at_ms >= self.plan.ends_at_ms() || self.waiting.len() >= MOST_WAITING {
            return Acted { at_ms: None, anomaly: None, took: false };
        }
        let anomaly = self.anomaly_at(at_ms);
        let took = self.responses.give(at_ms, action.kind, anomaly);
        self.logit = self.logit_at(at_ms);
        self.cause(at_ms, action, took);
        Acted { at_ms: Some(at_ms), anomaly, took }
    }

    /// The plan, with the anomalies that are the truth.
    #[must_use]
    pub fn plan(&self) -> &SessionPlan {
        &self.plan
    }

    /// How many people are present.
    #[must_use]
    pub fn present(&self) -> usize {
        self.people.count()
    }

    /// The session's attention as of the last tick or action: between 0 and 1, .5 is usual.
    #[must_use]
    pub fn attention(&self) -> f64 {
        math::sigmoid(self.logit)
    }

    /// What is wrong at `at` and can be answered: the latest to begin.
    #[must_use]
    pub fn anomaly_at(&self, at: Millis) -> Option<AnomalyClass> {
        let open = self.plan.anomalies.iter().filter(|anomaly| anomaly.is_answerable(at));
        open.max_by_key(|anomaly| anomaly.onset_ms).map(|anomaly| anomaly.class)
    }

    /// Whether the session is over and has emitted its last happening.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// One step. Who leaves in it does nothing else in it, and who joins acts from the next one on: so nobody acts before
    /// joining or after leaving, whatever the millisecond.
    fn second(&mut self, out: &mut Vec<Happening>) {
        let from = self.now;
        self.now = from.saturating_add(STEP);
        if from >= self.plan.ends_at_ms() {
            self.wrap_up(from, out);
            return;
        }
        let elapsed = from - self.plan.start_ms;
        if elapsed == 0 {
            out.push(Happening { at_ms: from, what: self.started() });
        }
        self.take_waiting(out);
        let ticks = self.attention.advance(elapsed);
        if ticks {
            self.logit = self.logit_at(from);
        }
        self.presence.leave(from, self.logit, &self.plan, &mut self.people, out);
        self.program.step(from, &self.plan, out);
        self.open_planned_polls(from, out);
        self.presence.beat(from, elapsed, &self.people, out);
        let moment = Moment { from, ticks, logit: self.logit, phase: self.program.phase() };
        self.pulls.step(from, &self.people, &mut self.chat, out);
        for pull in self.chat.step(moment, &self.people, out) {
            self.pulls.add(pull);
        }
        self.reactions.step(moment, &self.people, out);
        self.polls.step(from, &self.people, out);
        self.presence.join(from, &self.plan, &mut self.people, out);
    }

    /// After the planned end all polls are closed, everyone goes, and then the session is over.
    fn wrap_up(&mut self, from: Millis, out: &mut Vec<Happening>) {
        let since = self.plan.ends_at_ms();
        self.take_waiting(out);
        self.polls.close(from, out);
        self.presence.empty(from, since, &mut self.people, out);
        if self.people.count() == 0 || from >= since.saturating_add(EMPTYING) {
            self.ended = true;
            out.push(Happening { at_ms: from + STEP - 1, what: What::Ended });
        }
    }

    /// What an action makes people do, beside moving their attention.
    fn cause(&mut self, at: Millis, action: Action<'_>, took: bool) {
        let command = action.command;
        let present = self.people.count() as f64 * super::attention::relative(self.logit, 1.5);
        let (chat, out) = (&mut self.chat, &mut self.waiting);
        match action.kind {
            InterventionKind::Poll => self.polls.open(at, Some(command), self.logit, &self.people, out),
            InterventionKind::ChatPrompt => {
                let prompt = chat.post(at, false, command, out);
                self.pulls.add(Pull::replies(at, prompt, command, PROMPT_REPLIES * present));
            }
            InterventionKind::QnaPromote if action.variant == Some("REQUEST_NEW") => {
                chat.post(at, false, command, out);
                self.pulls.add(Pull::questions(at, command, REQUESTED_QUESTIONS * present));
            }
            InterventionKind::QnaPromote => {
                let question = chat.post(at, true, command, out);
                self.pulls.add(Pull::upvotes(at, question, Some(command), PROMOTED_UPVOTES * present));
                self.pulls.add(Pull::replies(at, question, command, PROMOTED_REPLIES * present));
            }
            InterventionKind::Nudge => {
                let among = self.seats_of(action.targets);
                if took {
                    among.iter().for_each(|seat| self.people.lift(*seat, NUDGED));
                }
                let nudged = if action.targets.is_empty() { present } else { among.len() as f64 };
                self.pulls.add(Pull::reactions(at, command, NUDGE_REACTIONS * nudged, among));
            }
        }
    }

    fn seats_of(&self, targets: &[u32]) -> Vec<Seat> {
        let mut targets: Vec<u32> = targets.iter().take(MOST_TARGETS).copied().collect();
        targets.sort_unstable();
        self.people.everyone().filter(|seat| targets.binary_search(&seat.user).is_ok()).collect()
    }

    fn open_planned_polls(&mut self, from: Millis, out: &mut Vec<Happening>) {
        for at in self.plan.polls.iter().filter(|at| (from..from + STEP).contains(at)) {
            self.polls.open(*at, None, self.logit, &self.people, out);
        }
    }

    /// Moves what waits for the step that has just begun (it ends at `self.now`).
    fn take_waiting(&mut self, out: &mut Vec<Happening>) {
        if !self.waiting.is_empty() {
            let now = self.now;
            out.extend(self.waiting.extract_if(.., |happening| happening.at_ms < now));
        }
    }

    fn logit_at(&self, at: Millis) -> f64 {
        let anomalies: f64 = self.plan.anomalies.iter().map(|anomaly| anomaly.on_attention(at)).sum();
        self.attention.logit(at.saturating_sub(self.plan.start_ms)) + anomalies + self.responses.on_attention(at)
    }

    fn started(&self) -> What {
        What::Started {
            session_type: self.plan.session_type,
            capacity: self.plan.size,
            ends_at_ms: self.plan.ends_at_ms(),
        }
    }
}
