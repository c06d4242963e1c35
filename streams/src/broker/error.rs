//! What can go wrong at the seam, and what the caller must do about it.

use std::sync::Arc;

use super::{Offset, TopicPartition};

/// What the caller must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nothing happened: the same call may be made again.
    Retriable,
    /// It may or may not have happened: never use this producer again; a new one with the same id settles it.
    OutcomeUnknown,
    /// The transaction can only be aborted.
    AbortRequired,
    /// Another has our place (a newer producer, a newer generation): drop the state, take part anew.
    Fenced,
    /// The set-up is wrong: stop and say so.
    Configuration,
    /// The client is beyond repair: replace it.
    Fatal,
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// The broker could not be reached, and nothing was done.
    #[error("{operation}: the broker is not available")]
    Unavailable {
        /// The call.
        operation: &'static str,
    },
    /// No broker was reached, and the client knows why.
    #[error("{operation}: no broker is reached: {reason}")]
    Unreachable {
        /// The call.
        operation: &'static str,
        /// What the client's library says.
        reason: Arc<str>,
    },
    /// No answer within the time allowed.
    #[error("{operation}: no answer in time; it may or may not have happened")]
    TimedOut {
        /// The call.
        operation: &'static str,
    },
    /// A transaction that holds offsets of the partition is undecided.
    #[error("the committed offset of {partition} waits for a transaction")]
    UnstableOffsets {
        /// The first such partition.
        partition: TopicPartition,
    },
    /// A newer producer has the transactional id.
    #[error("the producer {transactional_id} was fenced by a newer one with the same transactional id")]
    ProducerFenced {
        /// The shared id.
        transactional_id: String,
    },
    /// The broker has aborted the transaction (it was open for too long).
    #[error("{operation}: the transaction of {transactional_id} can only be aborted")]
    AbortRequired {
        /// The call.
        operation: &'static str,
        /// The producer.
        transactional_id: String,
    },
    /// The group has rebalanced since.
    #[error("the group {group} is past generation {generation}")]
    IllegalGeneration {
        /// The group.
        group: String,
        /// The caller's.
        generation: i32,
    },
    /// The group does not know the member (any more).
    #[error("the group {group} does not know the member {member}")]
    UnknownMember {
        /// The group.
        group: String,
        /// The caller.
        member: String,
    },
    /// Another consumer has the same `group_instance`.
    #[error("another consumer uses the group instance id {group_instance}; give each instance a name of its own")]
    FencedInstance {
        /// The shared id.
        group_instance: String,
    },
    /// No such topic, or not so many partitions.
    #[error("there is no {partition}; create the topic first")]
    UnknownPartition {
        /// What was asked for.
        partition: TopicPartition,
    },
    /// The partition is not assigned to this consumer.
    #[error("{partition} is not assigned")]
    NotAssigned {
        /// What was asked for.
        partition: TopicPartition,
    },
    /// The position lies outside the log.
    #[error("offset {offset} of {partition} is outside the log, which starts at {log_start}")]
    OffsetOutOfRange {
        /// Where.
        partition: TopicPartition,
        /// The position.
        offset: Offset,
        /// What the log begins with.
        log_start: Offset,
    },
    /// The calls came in an order that no transaction has.
    #[error("{operation} does not fit the state of the transaction: {state}")]
    InvalidState {
        /// The call.
        operation: &'static str,
        /// Where the client stands.
        state: &'static str,
    },
    /// The client has a right too few.
    #[error("{operation}: the cluster does not allow it; check its access rules")]
    Unauthorized {
        /// The call.
        operation: &'static str,
    },
    /// No broker takes the client's credentials.
    #[error("{operation}: the cluster does not know who this is: {reason}")]
    NotAuthenticated {
        /// The call.
        operation: &'static str,
        /// What the client's library says.
        reason: Arc<str>,
    },
    /// The client trusts no broker's certificate, or no broker its own.
    #[error("{operation}: there is no secure connection to the cluster: {reason}")]
    NotTrusted {
        /// The call.
        operation: &'static str,
        /// What the client's library says.
        reason: Arc<str>,
    },
    /// A client could not be made from its settings.
    #[error("{operation}: the client can not be made: {reason}")]
    ClientNotCreated {
        /// The call.
        operation: &'static str,
        /// What the client's library says.
        reason: Arc<str>,
    },
    /// The client or the broker failed in a way that nothing here expects.
    #[error("{operation}: {reason} (code {code})")]
    Client {
        /// The call.
        operation: &'static str,
        /// Kafka's error code; the client's own are negative.
        code: i32,
        /// What the client's library says.
        reason: Arc<str>,
    },
    /// The process was stopped here. Only a simulator says this.
    #[error("{operation}: the process was stopped")]
    Stopped {
        /// The call.
        operation: &'static str,
    },
}

impl BrokerError {
    /// What to change in the properties of the client, if that is what helps.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::NotAuthenticated { .. } => {
                Some("sasl.mechanism, sasl.username and sasl.password (or sasl.password_file)")
            }
            Self::NotTrusted { .. } => Some(
                "ssl.ca.location, the authority that has signed the brokers' certificates, and where brokers ask for one the client's own certificate",
            ),
            Self::Unauthorized { .. } => Some("sasl.username, or let the cluster's access rules allow it"),
            Self::ClientNotCreated { .. } => Some("what is named"),
            _ => None,
        }
    }

    /// What the caller must do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unavailable { .. } | Self::Unreachable { .. } | Self::UnstableOffsets { .. } => ErrorKind::Retriable,
            Self::TimedOut { .. } => ErrorKind::OutcomeUnknown,
            Self::AbortRequired { .. } => ErrorKind::AbortRequired,
            Self::ProducerFenced { .. } | Self::IllegalGeneration { .. } | Self::UnknownMember { .. } => {
                ErrorKind::Fenced
            }
            Self::FencedInstance { .. }
            | Self::UnknownPartition { .. }
            | Self::Unauthorized { .. }
            | Self::NotAuthenticated { .. }
            | Self::NotTrusted { .. }
            | Self::ClientNotCreated { .. } => ErrorKind::Configuration,
            Self::NotAssigned { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::InvalidState { .. }
            | Self::Client { .. }
            | Self::Stopped { .. } => ErrorKind::Fatal,
        }
    }
}
