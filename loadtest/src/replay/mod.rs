//! Event logs to Kafka, at the speed of life or faster.
//!
//! The logs are read twice. First `survey` looks at all of them: whatever there is to refuse is refused before anything is sent
//! (`topics`: missing ones, a retention that would delete the records at once, times that a broker does not take). Then `send` sends each record when it is due, in
//! transactions of a tenth of a second (`batch`). `shift` moves old times to now, `totals` says what was done.

mod batch;
mod send;
mod shift;
mod survey;
mod topics;
mod totals;

#[cfg(test)]
mod tests;

use domain::time::MINUTE;
use streams::broker::{Broker, ProducerConfig, TransactionalProducer};

pub use survey::Broken;
pub use totals::Totals;

use self::send::{Schedule, Sender};
use self::shift::Grid;
use self::survey::Survey;
use crate::args;
use crate::clock::Pacing;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// The cluster aborts a transaction that is open for longer: that of a process that was stopped.
const TRANSACTION_TIMEOUT_MS: u64 = 10_000;

/// Sends the logs that the arguments name.
///
/// # Errors
/// Refused: a log or a topic that is not there, a retention that the records would not survive, or times that no broker takes. Else what the cluster says.
pub fn replay<B: Broker>(
    arguments: &args::Replay,
    broker: &B,
    clock: &dyn Pacing,
    interrupt: &Interrupt,
) -> Result<Totals, Error> {
    let survey = Survey::of(&arguments.log, interrupt)?;
    let totals =
        Totals { others: survey.others, broken: survey.broken.clone(), json: arguments.json, ..Totals::default() };
    let Some(span_ms) = survey.span_ms else { return Ok(totals) };
    let admin = broker.admin().map_err(Error::cluster)?;
    let targets = topics::targets(&admin, &survey)?;
    let grid = match (arguments.keep_timestamps, arguments.exact_scores) {
        (true, _) => None,
        (false, true) => Some(Grid::Blocks),
        (false, false) => Some(Grid::Ticks),
    };
    let lead_ms = i64::from(arguments.lead_minutes) * MINUTE;
    let schedule = || Schedule::new(arguments.speed, span_ms, lead_ms, clock.now_ms(), grid);
    topics::check_ahead(&admin, &survey, &schedule())?;
    topics::check_retention(&admin, &survey, &schedule(), arguments.application.as_deref())?;
    let producer = producer(broker, clock.now_ms())?;

    // A producer takes a while: the first record is due now.
    let schedule = schedule();
    let progress = Progress::new(survey.records(), "records");
    let sent = Sender::new(producer, schedule, &targets, clock, interrupt).run(&arguments.log, &progress)?;
    Ok(Totals {
        topics: sent.topics.into_iter().map(|(topic, count)| (topic.to_string(), count)).collect(),
        started_ms: schedule.start_ms,
        ms: clock.now_ms().abs_diff(schedule.start_ms),
        transactions: sent.transactions,
        shift_ms: schedule.shift_ms,
        refused: sent.refused,
        interrupted: interrupt.is_asked(),
        ..totals
    })
}

/// A producer of a name that no other run has: two replays side by side must not fence each other.
fn producer<B: Broker>(broker: &B, now_ms: i64) -> Result<B::Producer, Error> {
    let transactional_id = format!("loadtest-replay-{}-{now_ms}", std::process::id());
    let config = ProducerConfig { transactional_id, transaction_timeout_ms: TRANSACTION_TIMEOUT_MS };
    let mut producer = broker.producer(&config).map_err(Error::cluster)?;
    producer.init_transactions().map_err(Error::cluster)?;
    Ok(producer)
}
