//! One command, from its turn to its verdict or to the next attempt.
//!
//! The order is what a kill can not break: the content is written, the waits are over, the attempt is counted in the store together with the
//! first body, and only then, after a last look at the clock and at what stops it, the platform is called. Whoever comes after a kill
//! finds the attempt counted and sends the same bytes under the same key.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use domain::random::seed_of;
use domain::time::Millis;
use governor::DefaultDirectRateLimiter;
use streams::clock::Clock;
use tokio::sync::Semaphore;
use topology::trace::TraceContext;
use topology::wire::{FeedbackKind, InterventionCommand, InterventionFeedback};

use super::command::{Attempts, Next, Stop, Verdict, next};
use super::platform::{self, PlatformClient, Response};
use super::status;
use super::store::{CommandStore, Draft, Kept, Key, Place};
use super::trace::Traces;
use crate::content::Content;
use crate::content::provider::{Chain, Written};
use crate::database::DatabaseError;
use crate::http::circuit_breaker::CircuitBreaker;

/// The first pause between two attempts; each next one is twice as long.
const BACKOFF_MIN: Duration = Duration::from_millis(200);
/// The longest.
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// While the store is away nothing can be begun.
const STORE_PAUSE_MS: Millis = 1_000;

/// What stops a command, told while it is carried out.
#[derive(Debug, Default)]
pub struct StopSignal(AtomicU8);

impl StopSignal {
    /// Tells it.
    pub fn set(&self, stop: Option<Stop>) {
        let code = match stop {
            None => 0,
            Some(Stop::Cancelled) => 1,
            Some(Stop::Paused) => 2,
            Some(Stop::ModeOff) => 3,
        };
        self.0.store(code, Ordering::Release);
    }

    /// What was told last.
    #[must_use]
    pub fn get(&self) -> Option<Stop> {
        match self.0.load(Ordering::Acquire) {
            1 => Some(Stop::Cancelled),
            2 => Some(Stop::Paused),
            3 => Some(Stop::ModeOff),
            _ => None,
        }
    }
}

/// A command whose turn it is.
#[derive(Clone, Debug)]
pub struct Job {
    /// The command.
    pub command: Arc<InterventionCommand>,
    /// Where its record lies.
    pub place: Place,
    /// Until when the platform may be called.
    pub deadline_ms: Millis,
    /// Where it belongs in a trace.
    pub trace: Option<TraceContext>,
    /// What was tried, as far as this process knows.
    pub attempts: Attempts,
    /// What stops it.
    pub stop: Arc<StopSignal>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Its verdict.
    Ended(Box<InterventionFeedback>),
    /// The same command had its feedback under another record: this one has none.
    Duplicate,
    /// To be done again when this says so.
    Again(Attempts),
}

/// What carries commands out.
pub struct Execution {
    /// What survives a kill.
    pub store: CommandStore,
    /// Who acts.
    pub platform: PlatformClient,
    /// Who writes what is said.
    pub writers: Chain,
    /// Tells of what is done, where that is wanted.
    pub traces: Traces,
    /// Leaves a platform alone that is down.
    pub breaker: Mutex<CircuitBreaker>,
    /// Calls at once.
    pub permits: Semaphore,
    /// Calls per second; nothing: as many as there are permits for.
    pub limiter: Option<DefaultDirectRateLimiter>,
    /// For deadlines.
    pub clock: Arc<dyn Clock>,
    /// How long a call may take.
    pub call_timeout_ms: Millis,
    /// Whether the store did not answer the last question.
    pub store_is_away: AtomicBool,
}

impl Execution {
    /// Carries a command out, or says when to go on.
    pub async fn run(&self, job: Job) -> Outcome {
        let attempted = self.attempt(&job).await;
        self.store_is_away.store(attempted.is_err(), Ordering::Release);
        match attempted {
            Ok(outcome) => outcome,
            Err(error) => {
                // Without the store nobody knows what was sent: no call, no verdict.
                tracing::warn!(command = %job.command.command, %error, "the store is away; the command waits");
                let not_before_ms = self.clock.now_ms().saturating_add(STORE_PAUSE_MS);
                Outcome::Again(Attempts { not_before_ms, ..job.attempts })
            }
        }
    }

    /// Whether the platform is left alone at the moment.
    #[must_use]
    pub fn is_platform_down(&self, now_ms: Millis) -> bool {
        self.breaker().is_open(now_ms)
    }

    /// Whether the store did not answer the last question.
    #[must_use]
    pub fn is_store_away(&self) -> bool {
        self.store_is_away.load(Ordering::Acquire)
    }

    async fn attempt(&self, job: &Job) -> Result<Outcome, DatabaseError> {
        let mut attempts = job.attempts.clone();
        let kept = self.store.find(&job.command.command).await?;
        if let Some(kept) = &kept {
            if let Some(feedback) = &kept.feedback {
                let is_same = kept.place == job.place;
                return Ok(if is_same { Outcome::Ended(Box::new(feedback.clone())) } else { Outcome::Duplicate });
            }
            // Attempts that this process does not know were begun by one that was killed: nobody knows their answer.
            if kept.attempts > attempts.begun {
                attempts = Attempts { begun: kept.attempts, last_answer: None, ..attempts };
            }
        }
        let deadline_ms = kept.as_ref().map_or(job.deadline_ms, |kept| kept.deadline_ms);
        let look = || next(self.clock.now_ms(), deadline_ms, job.stop.get(), &attempts, self.call_timeout_ms);
        let mut what = look();
        let mut ready = None;
        if what == Next::Call {
            // What does not call needs neither a content nor a permit; and whoever has waited for them may find the world changed.
            let content = self.content(job, kept.as_ref()).await;
            let permit = self.permits.acquire().await;
            if let Some(limiter) = &self.limiter {
                limiter.until_ready().await;
            }
            ready = Some((content, permit));
            what = look();
        }
        let content = match (what, ready) {
            (Next::End(verdict), _) => return self.finish(job, kept.as_ref(), verdict, attempts.begun).await,
            (Next::Wait { until_ms }, _) => {
                return Ok(Outcome::Again(Attempts { not_before_ms: until_ms, ..attempts }));
            }
            (Next::Call, Some((Some(content), Ok(_permit)))) => {
                if let Err(until_ms) = self.breaker().permit(self.clock.now_ms()) {
                    return Ok(Outcome::Again(Attempts { not_before_ms: until_ms.min(deadline_ms), ..attempts }));
                }
                return self.call(job, deadline_ms, attempts, content).await;
            }
            (Next::Call, _) => "there is nothing to say: the content is not one that may be shown",
        };
        let verdict = Verdict { kind: FeedbackKind::Failed, error: Some(content.to_owned()) };
        self.finish(job, kept.as_ref(), verdict, attempts.begun).await
    }

    /// What the command says: what was written for it once, or by a person, or is written now.
    async fn content(&self, job: &Job, kept: Option<&Kept>) -> Option<(Vec<u8>, Draft)> {
        if let Some(Kept { body: Some(body), draft: Some(draft), .. }) = kept {
            return Some((body.clone(), draft.clone()));
        }
        let (command, start_ms) = (&job.command, self.clock.now_ms());
        let written = match &command.content {
            // It is theirs, as long as it may be shown.
            Some(edited) => Written::by_hand(Content::parse(command.kind, edited).ok()?),
            None => self.writers.write(command).await?,
        };
        let body = platform::body(command, &written.content).ok()?;
        let Written { content, provider, tokens_in, tokens_out, cost_usd } = written;
        self.traces.wrote(command, job.trace, (start_ms, self.clock.now_ms()), &provider);
        status::count_content(&provider, tokens_in, tokens_out);
        Some((body, Draft { content: content.to_string(), provider, tokens_in, tokens_out, cost_usd }))
    }

    async fn call(
        &self,
        job: &Job,
        deadline_ms: Millis,
        attempts: Attempts,
        (body, draft): (Vec<u8>, Draft),
    ) -> Result<Outcome, DatabaseError> {
        let command = &job.command;
        let Some(kept) = self.store.begin(key(job), &body, &draft, self.clock.now_ms()).await? else {
            // Somebody else was faster with a verdict.
            return Ok(Outcome::Again(Attempts { not_before_ms: 0, ..attempts }));
        };
        let now_ms = self.clock.now_ms();
        if let Next::End(verdict) = next(now_ms, deadline_ms, job.stop.get(), &attempts, self.call_timeout_ms) {
            return self.finish(job, Some(&kept), verdict, attempts.begun).await;
        }
        let body = kept.body.clone().unwrap_or(body);
        let trace = self.traces.call(&command.command, job.trace, kept.attempts);
        let response = self.platform.carry_out(&command.session, &command.command, body, trace, now_ms).await;
        self.traces.called(command, job.trace, kept.attempts, (now_ms, self.clock.now_ms()), &response);
        self.answered(job, &kept, response).await
    }

    async fn answered(&self, job: &Job, kept: &Kept, response: Response) -> Result<Outcome, DatabaseError> {
        let now_ms = self.clock.now_ms();
        status::count_call(response.name());
        let begun = kept.attempts;
        let verdict = |kind, error| Verdict { kind, error };
        let (last_answer, after) = match response {
            Response::Executed => {
                self.breaker().succeeded();
                return self.finish(job, Some(kept), verdict(FeedbackKind::Executed, None), begun).await;
            }
            Response::Refused { error } => {
                self.breaker().succeeded();
                return self.finish(job, Some(kept), verdict(FeedbackKind::Refused, Some(error)), begun).await;
            }
            Response::Failed { error } => {
                self.breaker().succeeded();
                return self.finish(job, Some(kept), verdict(FeedbackKind::Failed, Some(error)), begun).await;
            }
            Response::Retry { error, after } => (Some(error), after),
            Response::Unanswered { error } => {
                tracing::debug!(command = %job.command.command, %error, "the platform has not answered");
                (None, None)
            }
        };
        // Who says when to come again is not down.
        match after {
            Some(_) => self.breaker().succeeded(),
            None => self.breaker().failed(now_ms),
        }
        let pause = after.unwrap_or_else(|| backoff(&job.command.command, begun));
        let pause_ms = Millis::try_from(pause.as_millis()).unwrap_or(Millis::MAX);
        Ok(Outcome::Again(Attempts { begun, last_answer, not_before_ms: now_ms.saturating_add(pause_ms) }))
    }

    async fn finish(
        &self,
        job: &Job,
        kept: Option<&Kept>,
        verdict: Verdict,
        begun: u32,
    ) -> Result<Outcome, DatabaseError> {
        let draft = kept.and_then(|kept| kept.draft.as_ref());
        let now_ms = self.clock.now_ms();
        let feedback = InterventionFeedback {
            kind: verdict.kind,
            id: None,
            command: job.command.command.clone(),
            at_ms: now_ms,
            attempts: i32::try_from(begun).unwrap_or(i32::MAX),
            content: draft.map(|draft| draft.content.as_str().into()),
            provider: draft.map(|draft| draft.provider.as_str().into()),
            tokens_in: draft.and_then(|draft| draft.tokens_in),
            tokens_out: draft.and_then(|draft| draft.tokens_out),
            cost_usd: draft.and_then(|draft| draft.cost_usd),
            error: verdict.error.map(Into::into),
        };
        let stands = self.store.finish(key(job), &feedback, now_ms).await?;
        Ok(Outcome::Ended(Box::new(stands)))
    }

    fn breaker(&self) -> MutexGuard<'_, CircuitBreaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(job: &Job) -> Key<'_> {
    let InterventionCommand { command, session, .. } = &*job.command;
    Key { command, session, place: job.place, deadline_ms: job.deadline_ms }
}

/// How long to wait after so many attempts. Commands do not come again in step: each has its own jitter.
fn backoff(command: &str, begun: u32) -> Duration {
    let delays = ExponentialBuilder::default()
        .with_min_delay(BACKOFF_MIN)
        .with_max_delay(BACKOFF_MAX)
        .with_factor(2.0)
        .without_max_times()
        .with_jitter()
        .with_jitter_seed(seed_of(&[command.as_bytes(), &begun.to_le_bytes()]))
        .build();
    delays.into_iter().nth(begun.saturating_sub(1).min(16) as usize).unwrap_or(BACKOFF_MAX)
}

#[cfg(test)]
mod tests;
