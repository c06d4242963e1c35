//! What the clients say beside their answers: lines for the log, errors that pass by themselves.

use std::sync::atomic::{AtomicU64, Ordering};

use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

/// Hands a line of the client on, under the target `librdkafka`.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    DefaultClientContext.log(level, facility, message);
}

/// Hands an error of the client on. Calls that it concerns fail by themselves.
pub(super) fn log_error(error: &KafkaError, reason: &str) {
    DefaultClientContext.error(error.clone(), reason);
}

/// The context of a client that fetches: it is never part of a group.
#[derive(Debug, Default)]
pub(super) struct FetchContext {
    /// Grows with every line and error: how a poll knows that there was something.
    pub(super) served: AtomicU64,
}

impl ClientContext for FetchContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.served.fetch_add(1, Ordering::Relaxed);
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.served.fetch_add(1, Ordering::Relaxed);
        log_error(&error, reason);
    }
}

impl ConsumerContext for FetchContext {}
