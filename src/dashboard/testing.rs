//! A dashboard over a broker in memory, for tests.

use std::sync::{Arc, mpsc};

use streams::broker::memory::{Loader, MemoryBroker, Settings};
use streams::broker::{Admin, Broker, Cleanup, ProducerRecord, TopicPartition, TopicSpec};
use streams::clock::{Clock, ManualClock};
use streams::partition::partition_of;
use topology::codec::{self, Coded, Format};
use topology::wire::{Mode, Session, topics};

use super::live::Live;
use super::thread::{DashboardThread, Request, Shared};
use super::view::{Budget, View};
use crate::registry::known::KnownSchemas;

pub(crate) const NOW: i64 = 1_000_000;
const PARTITIONS: u32 = 3;

/// A broker, and one who writes to it.
pub(crate) struct Stage {
    pub(crate) broker: MemoryBroker,
    loader: Loader,
    pub(crate) clock: ManualClock,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::at(NOW);
        let broker = MemoryBroker::new(Arc::new(clock.clone()), Settings::default());
        let loader = broker.loader();
        let mut stage = Self { broker, loader, clock };
        stage.create(&[
            topics::SESSION,
            topics::ENGAGEMENT_SCORES,
            topics::INTERVENTION_COMMANDS,
            topics::INTERVENTION_FEEDBACK,
            topics::INTERVENTION_RESULTS,
        ]);
        stage
    }

    pub(crate) fn create(&mut self, names: &[&str]) {
        let spec = |name: &&str| TopicSpec {
            name: (*name).to_owned(),
            partitions: PARTITIONS,
            cleanup: Cleanup::Delete,
            retention_ms: None,
        };
        self.broker.admin().unwrap().create_topics(&names.iter().map(spec).collect::<Vec<_>>()).unwrap();
    }

    /// A dashboard, what it shares, and where requests go.
    pub(crate) fn dashboard(&self) -> (DashboardThread<MemoryBroker>, Shared, mpsc::SyncSender<Request>) {
        let view = View::new(Mode::Suggest, Budget { decisions: 6, span_ms: 3_600_000 });
        let shared = Shared::new(Live::new(view, 1, 1.0));
        let (sender, receiver) = mpsc::sync_channel(16);
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let schemas = KnownSchemas::new(Box::new(|_| Ok(None)));
        let broker = self.broker.clone();
        let thread =
            DashboardThread::new(broker, "app", shared.clone(), receiver, Arc::clone(&clock), clock, schemas).unwrap();
        (thread, shared, sender)
    }

    pub(crate) fn write<T: Coded>(&mut self, topic: &str, session: &str, value: &T) {
        let mut bytes = Vec::new();
        codec::encode(value, Format::Json, &mut bytes).unwrap();
        self.write_bytes(topic, session, &bytes);
    }

    pub(crate) fn write_bytes(&mut self, topic: &str, session: &str, value: &[u8]) {
        let (topic, key) = (Arc::from(topic), session.as_bytes());
        let record = ProducerRecord {
            topic: &topic,
            partition: partition_of(key, PARTITIONS),
            timestamp_ms: self.clock.now_ms(),
            key: Some(key),
            value: Some(value),
            headers: &[],
        };
        self.loader.send(&record).unwrap();
        assert_eq!(self.loader.flush(), 0);
    }

    /// What lies on the topic `session`.
    pub(crate) fn said(&self) -> Vec<Session> {
        let of = |partition| self.broker.records(&TopicPartition::new(topics::SESSION, partition)).unwrap();
        let all = (0..PARTITIONS).flat_map(of);
        all.map(|record| codec::decode(record.value.as_deref().unwrap()).unwrap()).collect()
    }
}
