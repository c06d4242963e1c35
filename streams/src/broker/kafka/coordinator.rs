//! Questions about the group's offsets, by a client of their own that lives only as long as it gets answers.
//!
//! Why. The library asks a coordinator by a detour of its administration that bears no trouble (librdkafka 2.12):
//! - A question that times out before the coordinator could be reached is freed and still sent when it is back. That reads freed
//!   memory, and mostly ends the process (`eonce->refcnt > 0`). So a question here has more time than anybody waits for it, and a
//!   client whose question was not answered is closed, which is where the library lets go of it in order.
//! - Whoever is the coordinator is remembered for good: also when it answers that it is not the coordinator any more, and when it is
//!   dead. A new client asks anew.

use std::sync::atomic::Ordering;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;

use super::closing::close;
use super::context::FetchContext;
use super::error::Call;
use super::native;
use super::settings::KafkaSettings;
use crate::broker::{BrokerError, Offset, TopicPartition};

/// Lines and errors that are served at a time, at most.
const SERVED_MAX: usize = 16;

type Client = BaseConsumer<FetchContext>;

/// Asks for the offsets of one group.
pub(super) struct Coordinator {
    group: String,
    config: ClientConfig,
    /// None until it is needed, and after a question that was not answered.
    client: Option<Client>,
    timeout_ms: i32,
}

impl Coordinator {
    /// Nothing is connected yet.
    pub(super) fn new(settings: &KafkaSettings, group: &str, client_id: &str) -> Self {
        let mut config = settings.consumer();
        config.set("group.id", group).set("client.id", client_id);
        let timeout_ms = i32::try_from(settings.request_timeout_ms).unwrap_or(i32::MAX);
        Self { group: group.to_owned(), config, client: None, timeout_ms }
    }

    /// The group's stable offsets, in the order asked.
    pub(super) fn committed(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Option<Offset>>, BrokerError> {
        let call = Call::read("committed");
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let client = match self.client.take() {
            Some(client) => client,
            None => {
                let made = self.config.create_with_context(FetchContext::default());
                made.map_err(|error| call.failed_with(&error))?
            }
        };
        let answer = native::committed_offsets(client.client(), &self.group, partitions, self.timeout_ms);
        match answer {
            Ok(_) | Err((_, RDKafkaErrorCode::UnstableOffsetCommit)) => self.client = Some(client),
            Err(_) => close(client),
        }
        answer.map_err(|(place, code)| match partitions.get(place) {
            Some(partition) => call.of_partition(partition).failed(code),
            None => call.failed(code),
        })
    }

    /// Takes out what the client has to say beside its answers; it would pile up.
    pub(super) fn serve(&self) {
        let Some(client) = &self.client else { return };
        for _ in 0..SERVED_MAX {
            let before = client.context().served.load(Ordering::Relaxed);
            if client.poll(Duration::ZERO).is_none() && client.context().served.load(Ordering::Relaxed) == before {
                break;
            }
        }
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        self.client.take().into_iter().for_each(close);
    }
}
