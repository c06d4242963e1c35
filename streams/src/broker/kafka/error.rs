//! What the codes of Kafka and of its client mean to the engine.

use std::sync::Arc;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::broker::{BrokerError, GroupMetadata, TopicPartition};

/// A call that failed: what its error may have to name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Call<'a> {
    pub(super) operation: &'static str,
    /// Whether it may have changed something although no answer came.
    pub(super) is_write: bool,
    pub(super) partition: Option<&'a TopicPartition>,
    pub(super) group: Option<&'a GroupMetadata>,
    pub(super) transactional_id: Option<&'a str>,
    pub(super) group_instance: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// One that changes nothing.
    pub(super) fn read(operation: &'static str) -> Self {
        Self { operation, ..Self::default() }
    }

    /// One that changes something.
    pub(super) fn write(operation: &'static str) -> Self {
        Self { operation, is_write: true, ..Self::default() }
    }

    pub(super) fn of_partition(self, partition: &'a TopicPartition) -> Self {
        Self { partition: Some(partition), ..self }
    }

    pub(super) fn of_group(self, group: &'a GroupMetadata) -> Self {
        Self { group: Some(group), ..self }
    }

    pub(super) fn of_producer(self, transactional_id: &'a str) -> Self {
        Self { transactional_id: Some(transactional_id), ..self }
    }

    pub(super) fn of_instance(self, group_instance: Option<&'a str>) -> Self {
        Self { group_instance, ..self }
    }

    /// The call's failure with this code.
    pub(super) fn failed(&self, code: RDKafkaErrorCode) -> BrokerError {
        use RDKafkaErrorCode as Code;
        let operation = self.operation;
        match (code, *self) {
            (
                Code::OperationTimedOut | Code::RequestTimedOut | Code::MessageTimedOut | Code::TimedOutQueue,
                Call { is_write: true, .. },
            ) => BrokerError::TimedOut { operation },
            (Code::UnstableOffsetCommit, Call { partition: Some(partition), .. }) => {
                BrokerError::UnstableOffsets { partition: partition.clone() }
            }
            (
                Code::ProducerFenced | Code::InvalidProducerEpoch | Code::Fenced,
                Call { transactional_id: Some(id), .. },
            ) => BrokerError::ProducerFenced { transactional_id: id.to_owned() },
            (Code::IllegalGeneration, Call { group: Some(group), .. }) => {
                BrokerError::IllegalGeneration { group: group.group.clone(), generation: group.generation }
            }
            (Code::UnknownMemberId, Call { group: Some(group), .. }) => {
                BrokerError::UnknownMember { group: group.group.clone(), member: group.member.clone() }
            }
            (Code::FencedInstanceId, Call { group_instance: Some(instance), .. }) => {
                BrokerError::FencedInstance { group_instance: instance.to_owned() }
            }
            (
                Code::UnknownTopicOrPartition | Code::UnknownPartition | Code::UnknownTopic | Code::UnknownTopicId,
                Call { partition: Some(partition), .. },
            ) => BrokerError::UnknownPartition { partition: partition.clone() },
            (
                Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::TransactionalIdAuthorizationFailed,
                _,
            ) => BrokerError::Unauthorized { operation },
            (Code::State | Code::InvalidTransactionalState, _) => {
                BrokerError::InvalidState { operation, state: "the client does not take it now" }
            }
            (code, _) if passes_by_itself(code) => BrokerError::Unavailable { operation },
            (code, _) => BrokerError::Client { operation, code: code as i32, reason: Arc::from(code.to_string()) },
        }
    }

    /// The same for what the safe client returns.
    pub(super) fn failed_with(&self, error: &KafkaError) -> BrokerError {
        match error {
            KafkaError::ClientCreation(reason) | KafkaError::AdminOpCreation(reason) => {
                BrokerError::ClientNotCreated { operation: self.operation, reason: Arc::from(reason.as_str()) }
            }
            // The value may be a secret.
            KafkaError::ClientConfig(_, _, key, _) => BrokerError::ClientNotCreated {
                operation: self.operation,
                reason: Arc::from(format!("property {key}")),
            },
            // Its code is not among those that `rdkafka_error_code` knows.
            KafkaError::AdminOp(code) => self.failed(*code),
            error => match error.rdkafka_error_code() {
                Some(code) => self.failed(code),
                None => BrokerError::Client {
                    operation: self.operation,
                    code: RDKafkaErrorCode::Fail as i32,
                    reason: Arc::from(error.to_string()),
                },
            },
        }
    }
}

/// Whether the state of the cluster behind the code is one that passes: the same call may be made again.
fn passes_by_itself(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::BrokerTransportFailure
            // A broker that goes down breaks connections while they are made. What is wrong for good is told at the first contact: `Told`.
            | Code::SSL
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::AllBrokersDown
            | Code::Resolve
            | Code::BrokerDestroy
            | Code::DestroyBroker
            | Code::NodeUpdate
            | Code::UnknownBroker
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::MessageTimedOut
            | Code::TimedOutQueue
            | Code::WaitingForCoordinator
            | Code::WaitCache
            | Code::InProgress
            | Code::PreviousInProgress
            | Code::Retry
            | Code::QueueFull
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::BrokerNotAvailable
            | Code::ReplicaNotAvailable
            | Code::NetworkException
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::NotController
            | Code::NotEnoughReplicas
            | Code::NotEnoughReplicasAfterAppend
            | Code::RebalanceInProgress
            | Code::KafkaStorageError
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
            | Code::OffsetNotAvailable
            | Code::PreferredLeaderNotAvailable
            | Code::EligibleLeadersNotAvailable
            | Code::ConcurrentTransactions
            | Code::ThrottlingQuotaExceeded
            | Code::StaleBrokerEpoch
            | Code::UnstableOffsetCommit
    )
}

#[cfg(test)]
mod tests {
    use RDKafkaErrorCode as Code;

    use super::*;
    use crate::broker::ErrorKind;

    #[test]
    fn every_code_says_what_the_caller_must_do() {
        let partition = TopicPartition::new("topic", 3);
        let group = GroupMetadata { group: "group".to_owned(), generation: 7, member: "member".to_owned() };
        let read = Call::read("read").of_partition(&partition);
        let write = Call::write("write").of_group(&group).of_producer("id").of_instance(Some("instance"));
        let cases = [
            (read, Code::OperationTimedOut, BrokerError::Unavailable { operation: "read" }),
            (read, Code::RequestTimedOut, BrokerError::Unavailable { operation: "read" }),
            (read, Code::AllBrokersDown, BrokerError::Unavailable { operation: "read" }),
            (read, Code::BrokerTransportFailure, BrokerError::Unavailable { operation: "read" }),
            (read, Code::SSL, BrokerError::Unavailable { operation: "read" }),
            (read, Code::Authentication, BrokerError::Unavailable { operation: "read" }),
            (read, Code::NotLeaderForPartition, BrokerError::Unavailable { operation: "read" }),
            (read, Code::UnknownTopicOrPartition, BrokerError::UnknownPartition { partition: partition.clone() }),
            (read, Code::UnknownPartition, BrokerError::UnknownPartition { partition: partition.clone() }),
            (read, Code::UnstableOffsetCommit, BrokerError::UnstableOffsets { partition: partition.clone() }),
            (read, Code::TopicAuthorizationFailed, BrokerError::Unauthorized { operation: "read" }),
            (write, Code::OperationTimedOut, BrokerError::TimedOut { operation: "write" }),
            (write, Code::RequestTimedOut, BrokerError::TimedOut { operation: "write" }),
            (write, Code::ConcurrentTransactions, BrokerError::Unavailable { operation: "write" }),
            (write, Code::ProducerFenced, BrokerError::ProducerFenced { transactional_id: "id".to_owned() }),
            (write, Code::InvalidProducerEpoch, BrokerError::ProducerFenced { transactional_id: "id".to_owned() }),
            (write, Code::Fenced, BrokerError::ProducerFenced { transactional_id: "id".to_owned() }),
            (
                write,
                Code::IllegalGeneration,
                BrokerError::IllegalGeneration { group: "group".to_owned(), generation: 7 },
            ),
            (
                write,
                Code::UnknownMemberId,
                BrokerError::UnknownMember { group: "group".to_owned(), member: "member".to_owned() },
            ),
            (write, Code::FencedInstanceId, BrokerError::FencedInstance { group_instance: "instance".to_owned() }),
            (write, Code::TransactionalIdAuthorizationFailed, BrokerError::Unauthorized { operation: "write" }),
        ];
        for (call, code, expect) in cases {
            assert_eq!(call.failed(code), expect, "{code:?}");
        }
        assert_eq!(write.failed(Code::State).kind(), ErrorKind::Fatal);
        assert_eq!(write.failed(Code::InvalidConfig).kind(), ErrorKind::Fatal);
    }

    #[test]
    fn an_unexpected_code_is_shown_with_the_clients_words() {
        let error = Call::write("commit").failed(Code::InvalidConfig);
        assert_eq!(error.to_string(), "commit: InvalidConfig (Broker: Configuration is invalid) (code 40)");
    }
}
