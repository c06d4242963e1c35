//! The producer, with transactions or without.
//!
//! A commit is fast only when nothing is in flight: else the client's flush waits in steps of 100 ms. And an abort hangs unless
//! the reports of what it throws away are taken. Hence the loops here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header as NativeHeader, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext, PurgeConfig};

use super::closing::close;
use super::error::Call;
use super::member::{list_with_offsets, number_of};
use super::native::{self, TransactionFailure};
use super::settings::KafkaSettings;
use super::watchdog::within;
use crate::broker::{
    BrokerError, Delivery, GroupMetadata, Offset, ProducerConfig, ProducerRecord, TopicPartition, TransactionalProducer,
};

/// Reports that wait to be asked for; a producer that nobody asks accepts no more.
const REPORTS_MAX: usize = 100_000;
/// Batches of reports that are taken at once.
const POLLS_MAX: usize = 64;
/// One wait for reports, and how many of them a full client is given to make room.
const REPORT_WAIT: Duration = Duration::from_millis(1);
const FULL_WAITS_MAX: u32 = 1_000;
/// One step of an abort.
const ABORT_STEP_MS: u64 = 50;
/// Records have this share of the transaction's time-out, in percent, to be delivered.
const MESSAGE_TIMEOUT_PERCENT: u64 = 80;

/// Where the client stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// `init_transactions` comes first.
    New,
    /// Between transactions.
    Ready,
    /// In a transaction.
    Open,
    /// Never to be used again, and why.
    Dead(BrokerError),
}

/// Receives the callbacks of a producer.
#[derive(Debug, Default)]
pub(super) struct ReportContext {
    reports: Mutex<Vec<Delivery>>,
}

impl ReportContext {
    fn reports(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for ReportContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        super::context::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        super::context::log_error(&error, reason);
    }
}

impl ProducerContext for ReportContext {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, opaque: usize) {
        let offset = result.as_ref().ok().map(Message::offset);
        self.reports().push(Delivery { opaque: opaque as u64, offset });
    }
}

/// Writes to a [`KafkaBroker`](super::KafkaBroker).
///
/// Dropping one sends nothing: an open transaction waits for its time-out, or for the next producer with its id.
pub struct KafkaProducer {
    /// None only while it is being dropped.
    client: Option<Arc<BaseProducer<ReportContext>>>,
    transactional_id: String,
    /// Whether there are transactions at all.
    is_transactional: bool,
    timeout_ms: u64,
    phase: Phase,
    /// Records that the client took and has not reported.
    in_flight: usize,
}

impl KafkaProducer {
    pub(super) fn new(
        settings: &KafkaSettings,
        config: &ProducerConfig,
        client_id: &str,
        is_transactional: bool,
    ) -> Result<Self, BrokerError> {
        let message_timeout_ms = (config.transaction_timeout_ms * MESSAGE_TIMEOUT_PERCENT / 100).max(1);
        let mut native = settings.producer();
        native.set("client.id", client_id).set("message.timeout.ms", message_timeout_ms.to_string());
        if is_transactional {
            native
                .set("transactional.id", &config.transactional_id)
                .set("transaction.timeout.ms", config.transaction_timeout_ms.to_string());
        }
        let client = native.create_with_context(ReportContext::default());
        Ok(Self {
            client: Some(Arc::new(client.map_err(|error| Call::read("connect").failed_with(&error))?)),
            transactional_id: config.transactional_id.clone(),
            is_transactional,
            timeout_ms: settings.request_timeout_ms,
            phase: Phase::New,
            in_flight: 0,
        })
    }

    fn client(&self, operation: &'static str) -> Result<&Arc<BaseProducer<ReportContext>>, BrokerError> {
        self.client.as_ref().ok_or(BrokerError::InvalidState { operation, state: "closed" })
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// The client, if a transaction is open.
    fn open(&self, operation: &'static str) -> Result<&Arc<BaseProducer<ReportContext>>, BrokerError> {
        match &self.phase {
            Phase::Open => self.client(operation),
            Phase::New => Err(BrokerError::InvalidState { operation, state: "not initialised" }),
            Phase::Ready => Err(BrokerError::InvalidState { operation, state: "no transaction is open" }),
            Phase::Dead(error) => Err(error.clone()),
        }
    }

    /// What a failure means, by severity: beyond repair, only to be aborted, to be tried again. What was asked for and not
    /// answered counts as unknown, and ends the producer.
    fn fail(&mut self, call: &Call<'_>, failure: TransactionFailure, after_abort: Option<BrokerError>) -> BrokerError {
        let error = if failure.is_fatal {
            // The client may only say that there was something; then it knows what.
            let fatal = self.client.as_ref().and_then(|client| client.client().fatal_error());
            call.failed(fatal.map_or(failure.code, |(code, _)| code))
        } else if failure.requires_abort {
            return after_abort.unwrap_or_else(|| BrokerError::AbortRequired {
                operation: call.operation,
                transactional_id: self.transactional_id.clone(),
            });
        } else {
            match call.failed(failure.code) {
                // A connection that broke in the middle of a change tells as little as silence.
                BrokerError::Unavailable { operation } if call.is_write => BrokerError::TimedOut { operation },
                error => error,
            }
        };
        if failure.is_fatal || matches!(error, BrokerError::TimedOut { .. }) {
            self.phase = Phase::Dead(error.clone());
        }
        error
    }

    fn finish(&mut self, call: &Call<'_>, result: KafkaResult<()>) -> Result<(), BrokerError> {
        match result {
            Ok(()) => Ok(()),
            Err(KafkaError::Transaction(error)) => {
                let failure = TransactionFailure {
                    code: error.code(),
                    is_fatal: error.is_fatal(),
                    requires_abort: error.txn_requires_abort(),
                };
                Err(self.fail(call, failure, None))
            }
            Err(error) => {
                let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
                Err(self.fail(call, TransactionFailure { code, is_fatal: false, requires_abort: false }, None))
            }
        }
    }

    /// Takes over what the client has to report; the reports wait to be asked for.
    fn serve(&mut self) {
        let Some(client) = &self.client else { return };
        let waiting = || client.context().reports().len();
        let before = waiting();
        for _ in 0..POLLS_MAX {
            let seen = waiting();
            client.poll(Duration::ZERO);
            if waiting() == seen {
                break;
            }
        }
        self.in_flight = self.in_flight.saturating_sub(waiting().saturating_sub(before));
    }

    /// Gives the client time for reports. It must not wait by itself: the safe client spins through the last millisecond of its
    /// time, which is all of it here.
    fn await_reports(&mut self) {
        std::thread::park_timeout(REPORT_WAIT);
        self.serve();
    }

    fn try_send(&mut self, record: &ProducerRecord<'_>, opaque: u64) -> Result<(), BrokerError> {
        let operation = "send";
        let client = self.open(operation)?;
        let partition = TopicPartition::new(Arc::clone(record.topic), record.partition);
        let unsent = |reason| {
            client.context().reports().push(Delivery { opaque, offset: None });
            reason
        };
        let number = number_of(&partition)?;
        let Ok(tag) = usize::try_from(opaque) else {
            return Err(BrokerError::InvalidState { operation, state: "opaque" });
        };
        let native = BaseRecord {
            topic: record.topic,
            partition: Some(number),
            payload: record.value,
            key: record.key,
            // Zero means "now" to the client; a time of a record is never the machine's.
            timestamp: Some(record.timestamp_ms.max(1)),
            headers: (!record.headers.is_empty()).then(|| headers_of(record)),
            delivery_opaque: tag,
        };
        let code = match client.send(native) {
            Ok(()) => {
                self.in_flight += 1;
                return Ok(());
            }
            Err((error, _)) => error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail),
        };
        let call = Call::read(operation).of_producer(&self.transactional_id).of_partition(&partition);
        match code {
            // Too large for the client: the record's own fault, reported like one that the broker refused.
            RDKafkaErrorCode::MessageSizeTooLarge => unsent(Ok(())),
            RDKafkaErrorCode::QueueFull => Err(BrokerError::Unavailable { operation }),
            RDKafkaErrorCode::Fatal | RDKafkaErrorCode::Fenced => {
                let failure = TransactionFailure { code, is_fatal: true, requires_abort: false };
                let id = self.transactional_id.clone();
                Err(self.fail(&Call::write(operation).of_producer(&id), failure, None))
            }
            // The client is in a transaction by our book, so it is in one that has failed.
            RDKafkaErrorCode::State => {
                Err(BrokerError::AbortRequired { operation, transactional_id: self.transactional_id.clone() })
            }
            code => Err(call.failed(code)),
        }
    }
}

/// Without transactions: there is nothing to take back, only to wait for, so that nothing is written behind what follows.
impl KafkaProducer {
    fn abort_plain(&mut self) -> Result<(), BrokerError> {
        let operation = "abort";
        self.open(operation)?.purge(PurgeConfig::default().queue());
        for _ in 0..self.timeout_ms {
            if self.in_flight == 0 {
                break;
            }
            self.await_reports();
        }
        self.end_plain(operation)
    }

    fn end_plain(&mut self, operation: &'static str) -> Result<(), BrokerError> {
        if self.in_flight > 0 {
            let error = BrokerError::TimedOut { operation };
            self.phase = Phase::Dead(error.clone());
            return Err(error);
        }
        self.phase = Phase::Ready;
        Ok(())
    }
}

fn headers_of(record: &ProducerRecord<'_>) -> OwnedHeaders {
    record.headers.iter().fold(OwnedHeaders::new_with_capacity(record.headers.len()), |headers, (key, value)| {
        headers.insert(NativeHeader { key, value: Some(&**value) })
    })
}

impl TransactionalProducer for KafkaProducer {
    fn init_transactions(&mut self) -> Result<(), BrokerError> {
        let operation = "init_transactions";
        if let Phase::Dead(error) = &self.phase {
            return Err(error.clone());
        }
        if self.phase != Phase::New {
            return Err(BrokerError::InvalidState { operation, state: "initialised already" });
        }
        let client = self.client(operation)?;
        let result = if self.is_transactional { client.init_transactions(self.timeout()) } else { Ok(()) };
        let id = self.transactional_id.clone();
        // It may be called again until it succeeds.
        self.finish(&Call::read(operation).of_producer(&id), result)?;
        self.phase = Phase::Ready;
        Ok(())
    }

    fn begin(&mut self) -> Result<(), BrokerError> {
        let operation = "begin";
        match &self.phase {
            Phase::Ready => {}
            Phase::New => return Err(BrokerError::InvalidState { operation, state: "not initialised" }),
            Phase::Open => return Err(BrokerError::InvalidState { operation, state: "a transaction is open" }),
            Phase::Dead(error) => return Err(error.clone()),
        }
        let client = self.client(operation)?;
        let result = if self.is_transactional { client.begin_transaction() } else { Ok(()) };
        let id = self.transactional_id.clone();
        self.finish(&Call::read(operation).of_producer(&id), result)?;
        self.phase = Phase::Open;
        Ok(())
    }

    fn send(&mut self, record: &ProducerRecord<'_>, opaque: u64) -> Result<(), BrokerError> {
        if self.open("send")?.context().reports().len() >= REPORTS_MAX {
            return Err(BrokerError::Unavailable { operation: "send" });
        }
        for _ in 0..FULL_WAITS_MAX {
            match self.try_send(record, opaque) {
                Err(BrokerError::Unavailable { .. }) => self.await_reports(),
                other => return other,
            }
        }
        Err(BrokerError::Unavailable { operation: "send" })
    }

    fn deliveries(&mut self, report: &mut dyn FnMut(Delivery)) -> Result<usize, BrokerError> {
        let operation = "deliveries";
        self.serve();
        let client = self.client(operation)?;
        for delivery in client.context().reports().drain(..) {
            report(delivery);
        }
        if let Phase::Dead(error) = &self.phase {
            return Err(error.clone());
        }
        Ok(self.in_flight)
    }

    fn send_offsets(&mut self, offsets: &[(TopicPartition, Offset)], group: &GroupMetadata) -> Result<(), BrokerError> {
        let operation = "send_offsets";
        self.open(operation)?;
        if !self.is_transactional {
            return Err(BrokerError::InvalidState { operation, state: "no transactions" });
        }
        // The broker takes "generation -1 of nobody" without a look, which would undo the fence.
        if group.generation < 0 || group.member.is_empty() {
            return Err(BrokerError::IllegalGeneration { group: group.group.clone(), generation: group.generation });
        }
        if offsets.is_empty() {
            return Ok(());
        }
        let list = list_with_offsets(offsets)?;
        let timeout_ms = i32::try_from(self.timeout_ms).unwrap_or(i32::MAX);
        let (client, identity) = (Arc::clone(self.client(operation)?), group.clone());
        // The client waits for its requests, whatever time it was given.
        let sent = within(self.timeout_ms, move || native::send_offsets(client.client(), &list, &identity, timeout_ms));
        let Some(sent) = sent else {
            let error = BrokerError::TimedOut { operation };
            self.phase = Phase::Dead(error.clone());
            return Err(error);
        };
        sent.map_err(|failure| {
            let id = self.transactional_id.clone();
            let call = Call::write(operation).of_producer(&id).of_group(group);
            // The group's refusal says more than that the transaction is spoilt by it.
            let refusal = match call.failed(failure.code) {
                refusal @ (BrokerError::IllegalGeneration { .. } | BrokerError::UnknownMember { .. }) => Some(refusal),
                _ => None,
            };
            self.fail(&call, failure, refusal)
        })
    }

    fn commit(&mut self) -> Result<(), BrokerError> {
        let operation = "commit";
        self.open(operation)?;
        for _ in 0..self.timeout_ms {
            if self.in_flight == 0 {
                break;
            }
            self.await_reports();
        }
        if !self.is_transactional {
            return self.end_plain(operation);
        }
        let result = self.client(operation)?.commit_transaction(self.timeout());
        let id = self.transactional_id.clone();
        self.finish(&Call::write(operation).of_producer(&id), result)?;
        self.phase = Phase::Ready;
        Ok(())
    }

    fn abort(&mut self) -> Result<(), BrokerError> {
        let operation = "abort";
        if !self.is_transactional {
            return self.abort_plain();
        }
        let id = self.transactional_id.clone();
        let call = Call::write(operation).of_producer(&id);
        for _ in 0..(self.timeout_ms / ABORT_STEP_MS).max(1) {
            let step = self.open(operation)?.abort_transaction(Duration::from_millis(ABORT_STEP_MS));
            self.serve();
            match step {
                Err(KafkaError::Transaction(error))
                    if error.code() == RDKafkaErrorCode::OperationTimedOut && !error.is_fatal() => {}
                other => {
                    self.finish(&call, other)?;
                    self.phase = Phase::Ready;
                    return Ok(());
                }
            }
        }
        let error = BrokerError::TimedOut { operation };
        self.phase = Phase::Dead(error.clone());
        Err(error)
    }

    fn wait(&mut self, max_ms: u64) {
        for _ in 0..max_ms {
            let before = self.in_flight;
            self.await_reports();
            if self.in_flight < before || self.in_flight == 0 {
                return;
            }
        }
    }
}

impl Drop for KafkaProducer {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            close(client);
        }
    }
}
