//! The group member: a client that takes part in rebalances and never fetches.
//!
//! Why it is a client of its own. In librdkafka ANY `incremental_unassign` answers a revocation that is open, also one that is
//! under way and not seen yet. Were the member's client the one that fetches, then giving a partition up for another reason
//! (a restore that begins anew, a seek) could hand partitions on before their work is committed. With an empty list of its own,
//! the member answers exactly when it is told to. And a rebalance pauses whatever its client fetches, and throws away what was
//! fetched ahead: here there is nothing.
//!
//! An assignment is answered at once, a revocation by [`Member::release`]. The library allows that at any later time and goes on
//! heartbeating meanwhile; the rebalance time-out of the group (the poll interval) is the limit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset as NativeOffset, TopicPartitionList};

use super::closing::close_within;
use super::coordinator::Coordinator;
use super::ends;
use super::error::Call;
use super::native;
use super::settings::KafkaSettings;
use super::waker::Waker;
use crate::broker::{BrokerError, ConsumerConfig, Ends, GroupEvent, GroupMetadata, Offset, TopicPartition};

/// Lines, errors and events that one poll serves at most.
const SERVED_MAX: usize = 64;
/// A member heartbeats so often within its session time-out, but at least every second: that is how it learns that partitions are to
/// move, and until it does nobody processes them.
const HEARTBEATS_PER_SESSION: u64 = 15;
const HEARTBEAT_MS_MAX: u64 = 1_000;

type MemberClient = BaseConsumer<MemberContext>;

/// What the client's callbacks leave behind for the next poll.
#[derive(Debug, Default)]
struct Mailbox {
    events: VecDeque<GroupEvent>,
    /// Grows with every callback: how a poll knows that there was something.
    served: u64,
    /// Whether a revocation waits for its answer.
    is_revoking: bool,
    /// Whether every revocation is answered at once, for nobody is there any more who would.
    is_closing: bool,
    /// An answer that the client did not take.
    failure: Option<BrokerError>,
}

/// Receives the callbacks of a member.
#[derive(Debug, Default)]
pub(super) struct MemberContext {
    mailbox: Mutex<Mailbox>,
}

impl MemberContext {
    fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for MemberContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.mailbox().served += 1;
        super::context::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.mailbox().served += 1;
        super::context::log_error(&error, reason);
    }
}

impl ConsumerContext for MemberContext {
    fn rebalance(&self, client: &MemberClient, kind: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let partitions = partitions_of(partitions);
        let nothing = TopicPartitionList::new();
        let mut mailbox = self.mailbox();
        mailbox.served += 1;
        let answer = if kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            mailbox.events.push_back(GroupEvent::Assigned(partitions));
            client.incremental_assign(&nothing)
        } else if client.assignment_lost() {
            mailbox.is_revoking = false;
            if !partitions.is_empty() {
                mailbox.events.push_back(GroupEvent::Lost(partitions));
            }
            client.incremental_unassign(&nothing)
        } else if mailbox.is_closing || partitions.is_empty() {
            client.incremental_unassign(&nothing)
        } else {
            mailbox.events.push_back(GroupEvent::Revoked(partitions));
            mailbox.is_revoking = true;
            Ok(())
        };
        if let Err(error) = answer {
            mailbox.failure = Some(Call::write("rebalance").failed_with(&error));
        }
    }
}

/// One member of a group.
pub(super) struct Member {
    /// None once it has left.
    client: Option<MemberClient>,
    /// Knows the group's offsets.
    coordinator: Coordinator,
    config: ConsumerConfig,
    request_timeout_ms: u64,
    lookup_timeout_ms: i32,
    leave_timeout_ms: u64,
    is_subscribed: bool,
    /// The last identity that was one. A member that is out keeps it: its commits are refused under it.
    identity: Mutex<Option<GroupMetadata>>,
    /// Another consumer has our place for good.
    fatal: Option<BrokerError>,
}

impl Member {
    pub(super) fn new(
        settings: &KafkaSettings,
        config: &ConsumerConfig,
        client_id: &str,
        waker: &Arc<Waker>,
    ) -> Result<Self, BrokerError> {
        let heartbeat_ms = (config.session_timeout_ms / HEARTBEATS_PER_SESSION).clamp(1, HEARTBEAT_MS_MAX);
        let mut native = settings.consumer();
        native
            .set("group.id", &config.group)
            .set("client.id", client_id)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", config.session_timeout_ms.to_string())
            .set("heartbeat.interval.ms", heartbeat_ms.to_string())
            .set("max.poll.interval.ms", config.max_poll_interval_ms.to_string());
        if let Some(instance) = &config.group_instance {
            native.set("group.instance.id", instance);
        }
        let client = native.create_with_context(MemberContext::default());
        let mut client: MemberClient = client.map_err(|error| Call::read("connect").failed_with(&error))?;
        let waker = Arc::clone(waker);
        client.set_nonempty_callback(move || waker.signal());
        Ok(Self {
            client: Some(client),
            coordinator: Coordinator::new(settings, &config.group, client_id),
            config: config.clone(),
            request_timeout_ms: settings.request_timeout_ms,
            lookup_timeout_ms: i32::try_from(settings.lookup_timeout_ms).unwrap_or(i32::MAX),
            leave_timeout_ms: settings.leave_timeout_ms,
            is_subscribed: false,
            identity: Mutex::new(None),
            fatal: None,
        })
    }

    fn client(&self, operation: &'static str) -> Result<&MemberClient, BrokerError> {
        match (&self.fatal, &self.client) {
            (Some(error), _) => Err(error.clone()),
            (None, None) => Err(BrokerError::InvalidState { operation, state: "left the group" }),
            (None, Some(_)) if !self.is_subscribed => {
                Err(BrokerError::InvalidState { operation, state: "not subscribed" })
            }
            (None, Some(client)) => Ok(client),
        }
    }

    pub(super) fn subscribe(&mut self, topics: &[&str]) -> Result<(), BrokerError> {
        let operation = "subscribe";
        if self.is_subscribed {
            return Err(BrokerError::InvalidState { operation, state: "subscribed already" });
        }
        self.is_subscribed = true;
        self.client(operation)?.subscribe(topics).map_err(|error| Call::write(operation).failed_with(&error))
    }

    /// Serves the client's events until there is one for the caller, or none any more.
    pub(super) fn poll(&mut self) -> Result<Option<GroupEvent>, BrokerError> {
        self.coordinator.serve();
        for _ in 0..SERVED_MAX {
            let client = self.client("poll_group")?;
            let before = {
                let mut mailbox = client.context().mailbox();
                if let Some(error) = mailbox.failure.take() {
                    return Err(error);
                }
                if let Some(event) = mailbox.events.pop_front() {
                    drop(mailbox);
                    // While the event is fresh: what a member was, it must still be able to say when it is out.
                    self.refresh_identity();
                    return Ok(Some(event));
                }
                mailbox.served
            };
            let polled = client.poll(Duration::ZERO);
            let is_fatal = matches!(polled, Some(Err(KafkaError::MessageConsumptionFatal(_))));
            let code = polled.and_then(Result::err).and_then(|error| error.rdkafka_error_code());
            match code {
                None if client.context().mailbox().served == before => return Ok(None),
                None => {}
                Some(code) => self.note(code, is_fatal)?,
            }
        }
        Ok(None)
    }

    /// An error of the client. Most are for information: it goes on by itself, and what follows for the group comes as an event.
    fn note(&mut self, code: RDKafkaErrorCode, is_fatal: bool) -> Result<(), BrokerError> {
        let call = Call::read("poll_group").of_instance(self.config.group_instance.as_deref());
        let fatal = if is_fatal || code == RDKafkaErrorCode::Fatal {
            let client = self.client.as_ref();
            client.and_then(|client| client.client().fatal_error()).map(|(code, _)| code).or(Some(code))
        } else {
            Some(code).filter(|code| *code == RDKafkaErrorCode::FencedInstanceId)
        };
        if let Some(code) = fatal {
            let error = call.failed(code);
            self.fatal = Some(error.clone());
            return Err(error);
        }
        match call.failed(code) {
            error @ BrokerError::Unauthorized { .. } => Err(error),
            _ => Ok(()),
        }
    }

    /// Answers the open revocation.
    pub(super) fn release(&mut self) -> Result<(), BrokerError> {
        let client = self.client("release")?;
        if std::mem::take(&mut client.context().mailbox().is_revoking) {
            let released = client.incremental_unassign(&TopicPartitionList::new());
            released.map_err(|error| Call::write("release").failed_with(&error))?;
        }
        Ok(())
    }

    fn refresh_identity(&self) -> Option<GroupMetadata> {
        let mut identity = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = self.client.as_ref().and_then(|client| native::group_identity(client.client()));
        if let Some((generation, member)) = fresh.filter(|(generation, member)| *generation >= 0 && !member.is_empty())
        {
            *identity = Some(GroupMetadata { group: self.config.group.clone(), generation, member });
        }
        identity.clone()
    }

    pub(super) fn metadata(&self) -> Result<GroupMetadata, BrokerError> {
        let refused = BrokerError::InvalidState { operation: "group_metadata", state: "not a member yet" };
        self.refresh_identity().ok_or(refused)
    }

    pub(super) fn committed(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Option<Offset>>, BrokerError> {
        if self.client.is_none() {
            return Err(BrokerError::InvalidState { operation: "committed", state: "left the group" });
        }
        self.coordinator.committed(partitions)
    }

    pub(super) fn ends(&self, partitions: &[TopicPartition]) -> Result<Vec<Ends>, BrokerError> {
        let refused = BrokerError::InvalidState { operation: "ends", state: "left the group" };
        ends::look_up(self.client.as_ref().ok_or(refused)?.client(), partitions, self.lookup_timeout_ms)
    }

    /// The client commits under the generation that it has now, so one that has moved on since is refused here.
    pub(super) fn commit_offsets(
        &mut self,
        offsets: &[(TopicPartition, Offset)],
        group: &GroupMetadata,
    ) -> Result<(), BrokerError> {
        let operation = "commit_offsets";
        let client = self.client(operation)?;
        if self.refresh_identity().as_ref() != Some(group) {
            return Err(BrokerError::IllegalGeneration { group: group.group.clone(), generation: group.generation });
        }
        if offsets.is_empty() {
            return Ok(());
        }
        let list = list_with_offsets(offsets)?;
        let timeout_ms = i32::try_from(self.request_timeout_ms).unwrap_or(i32::MAX);
        native::commit_offsets(client.client(), &list, timeout_ms).map_err(|code| {
            match Call::write(operation).of_group(group).failed(code) {
                // A connection that broke in the middle of a change tells as little as silence.
                BrokerError::Unavailable { operation } => BrokerError::TimedOut { operation },
                error => error,
            }
        })
    }

    /// Leaves the group. The client says so to the coordinator when it closes, but for a static member only when its
    /// subscription is given up (KIP-345).
    pub(super) fn leave(&mut self) {
        if self.config.group_instance.is_some() {
            self.give_subscription_up();
        }
        self.close(self.leave_timeout_ms);
    }

    fn give_subscription_up(&self) {
        const WAIT_MS: u64 = 10;
        let Some(client) = &self.client else { return };
        self.answer_while_closing(client);
        client.unsubscribe();
        for _ in 0..self.leave_timeout_ms / WAIT_MS {
            // The id is gone once the goodbye is sent; closing waits for its answer.
            if native::group_identity(client.client()).is_none_or(|(_, member)| member.is_empty()) {
                return;
            }
            drop(client.poll(Duration::from_millis(WAIT_MS)));
        }
    }

    /// The client does not close before its last revocation is answered: this one, and all that follow.
    fn answer_while_closing(&self, client: &MemberClient) {
        let mut mailbox = client.context().mailbox();
        mailbox.is_closing = true;
        if std::mem::take(&mut mailbox.is_revoking) {
            drop(mailbox);
            drop(client.incremental_unassign(&TopicPartitionList::new()));
        }
    }

    fn close(&mut self, max_ms: u64) {
        let Some(client) = self.client.take() else { return };
        self.answer_while_closing(&client);
        close_within(client, max_ms);
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.close(0);
    }
}

fn partitions_of(list: &TopicPartitionList) -> Vec<TopicPartition> {
    let element = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
        u32::try_from(element.partition()).ok().map(|number| TopicPartition::new(element.topic(), number))
    };
    list.elements().iter().filter_map(element).collect()
}

/// A partition's number as the protocol has it.
pub(super) fn number_of(partition: &TopicPartition) -> Result<i32, BrokerError> {
    i32::try_from(partition.partition).map_err(|_| BrokerError::UnknownPartition { partition: partition.clone() })
}

/// The partitions as the client takes them.
pub(super) fn list_of(partitions: &[TopicPartition]) -> Result<TopicPartitionList, BrokerError> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions {
        list.add_partition(&partition.topic, number_of(partition)?);
    }
    Ok(list)
}

/// The partitions, each with an offset.
pub(super) fn list_with_offsets(partitions: &[(TopicPartition, Offset)]) -> Result<TopicPartitionList, BrokerError> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for (partition, offset) in partitions {
        let offset = NativeOffset::Offset(*offset);
        let added = list.add_partition_offset(&partition.topic, number_of(partition)?, offset);
        added.map_err(|error| Call::read("offset").of_partition(partition).failed_with(&error))?;
    }
    Ok(list)
}
