//! The seam on a real Apache Kafka, by librdkafka.
//!
//! What is told apart, because the client mixes it: taking part in a group (`member`), reading partitions (`fetcher`), and
//! writing (`producer`). A group member is therefore two clients in one consumer; see `member` for the reason.
//!
//! Traps that shape these files, each watched on a real cluster:
//! - Positions. Behind the last record may lie markers, aborted records and what compaction has left of a batch. The client hides
//!   all of them; a position that waits for the next record never reaches the end. It is moved by the client's own
//!   position, which markers move, and by the event at the end of a partition, which carries its offset.
//! - Silence. An answer that does not come is an error within a bounded time, never "nothing new".
//! - Unknown outcomes. Whatever times out in a transaction may have happened: the producer is dead, and its successor's
//!   `init_transactions` settles it.
//! - Closing polls without bound: clients are closed on threads of their own.
//! - Questions to a coordinator that can not be reached: see `coordinator`.
//!
//! Layout: `settings`, `error`, `context`, `told`: what goes in and comes out beside records. `member`, `coordinator`, `fetcher`, `ends`,
//! `consumer`; `producer`; `admin`. `native`: the only file with unsafe code. `waker`, `closing`, `block_on`, `watchdog`: waiting.

mod admin;
mod block_on;
mod closing;
mod consumer;
mod context;
mod coordinator;
mod ends;
mod error;
mod fetcher;
mod member;
mod native;
mod producer;
mod settings;
mod told;
mod waker;
mod watchdog;

use core::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub use admin::KafkaAdmin;
pub use consumer::KafkaConsumer;
pub use producer::KafkaProducer;
pub use settings::{InvalidProperty, KafkaSettings, KafkaSettingsError, OwnedProperty};

use self::admin::AdminHandle;
use super::{Broker, BrokerError, ConsumerConfig, ProducerConfig};

/// Client ids end in a number of this process: quotas, logs and tests tell consumers apart by them.
static CLIENTS: AtomicU64 = AtomicU64::new(0);

/// A cluster. Clones share it.
#[derive(Clone)]
pub struct KafkaBroker {
    settings: Arc<KafkaSettings>,
    /// One client for all administration, made when it is first asked for: purges ask often.
    admin: Arc<Mutex<Option<AdminHandle>>>,
}

impl KafkaBroker {
    /// A cluster with these settings. Nothing is connected yet.
    ///
    /// # Errors
    /// A property that the engine owns, or that the client does not take.
    pub fn new(settings: KafkaSettings) -> Result<Self, KafkaSettingsError> {
        settings.check()?;
        Ok(Self { settings: Arc::new(settings), admin: Arc::default() })
    }
}

impl KafkaBroker {
    /// What the members of a group are called: their group instance ids, or the names of the clients of those that have none.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn member_names(&self, group: &str) -> Result<Vec<String>, BrokerError> {
        self.admin()?.member_names(group)
    }
}

impl fmt::Debug for KafkaBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaBroker").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn client_id(name: &str) -> String {
    format!("{name}-{}", CLIENTS.fetch_add(1, Ordering::Relaxed))
}

impl Broker for KafkaBroker {
    type Consumer = KafkaConsumer;
    type Producer = KafkaProducer;
    type Admin = KafkaAdmin;

    fn consumer(&self, config: &ConsumerConfig) -> Result<KafkaConsumer, BrokerError> {
        KafkaConsumer::member(&self.settings, config, client_id(&config.client))
    }

    fn reader(&self) -> Result<KafkaConsumer, BrokerError> {
        // All of one name, so that a quota on the inputs' consumers can leave restores alone.
        KafkaConsumer::reader(&self.settings, "reader".to_owned())
    }

    fn producer(&self, config: &ProducerConfig) -> Result<KafkaProducer, BrokerError> {
        KafkaProducer::new(&self.settings, config, &client_id(&config.transactional_id), true)
    }

    fn plain_producer(&self, config: &ProducerConfig) -> Result<KafkaProducer, BrokerError> {
        KafkaProducer::new(&self.settings, config, &client_id(&config.transactional_id), false)
    }

    fn admin(&self) -> Result<KafkaAdmin, BrokerError> {
        let mut shared = self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match &*shared {
            Some(client) => Arc::clone(client),
            None => Arc::clone(shared.insert(KafkaAdmin::connect(&self.settings, &client_id("admin"))?)),
        };
        Ok(KafkaAdmin::new(client, Arc::clone(&self.settings)))
    }
}
