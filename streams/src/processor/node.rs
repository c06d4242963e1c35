//! Nodes with their types erased. A record travels as `&mut dyn Any` that holds an `Option<Record<K, V>>` on the stack: whoever
//! consumes it takes it out, so a hop costs two virtual calls and no allocation.

use core::any::Any;
use std::sync::Arc;

use super::{Context, ProcessError, Processor};
use crate::broker::ConsumerRecord;
use crate::partition::partition_of;
use crate::record::{BoxError, Record, RecordTime};
use crate::serde::SinkBuffers;
use crate::task::PartitionCounts;
use crate::topology::Edge;

/// Makes a node for one task. Sinks need to know how many partitions their topic has.
pub(crate) type MakeNode = Box<dyn Fn(&PartitionCounts) -> Box<dyn Node> + Send + Sync>;
/// Makes a source for one task.
pub(crate) type MakeSource = Box<dyn Fn() -> Box<dyn Source> + Send + Sync>;
/// Encodes a record.
pub(crate) type Encode<K, V> = Arc<dyn Fn(&K, &V, &mut SinkBuffers) -> Result<(), BoxError> + Send + Sync>;

/// A processor or sink.
pub(crate) trait Node: Send {
    fn process(&mut self, record: &mut dyn Any, context: &mut Context<'_>) -> Result<(), ProcessError>;
    fn on_timer(&mut self, at_ms: i64, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError>;
    fn before_commit(&mut self, _: &mut Context<'_>) -> Result<(), ProcessError> {
        Ok(())
    }
    fn rolled_back(&mut self);
}

/// Decodes the head of an input and holds it until it is chosen: a record is decoded once.
pub(crate) trait Source: Send {
    fn decode(&mut self, record: &ConsumerRecord) -> Result<RecordTime, BoxError>;
    fn forward(&mut self, context: &mut Context<'_>) -> Result<(), ProcessError>;
    fn clear(&mut self);
}

/// The graph's types were mixed up; the typed builder rules it out.
#[derive(Debug, thiserror::Error)]
#[error("a record of another type came along the edge")]
struct TypesMixedUp;

pub(crate) struct ProcessorNode<P>(pub(crate) P);

impl<P> Node for ProcessorNode<P>
where
    P: Processor,
    P::Key: 'static,
    P::Value: 'static,
{
    fn process(&mut self, record: &mut dyn Any, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let slot = record.downcast_mut::<Option<Record<P::Key, P::Value>>>();
        let Some(record) = slot.and_then(Option::take) else {
            return Err(ProcessError::Fatal(TypesMixedUp.into()));
        };
        self.0.process(record, context)
    }

    fn on_timer(&mut self, at_ms: i64, key: &[u8], context: &mut Context<'_>) -> Result<(), ProcessError> {
        self.0.on_timer(at_ms, key, context)
    }

    fn before_commit(&mut self, context: &mut Context<'_>) -> Result<(), ProcessError> {
        self.0.before_commit(context)
    }

    fn rolled_back(&mut self) {
        self.0.rolled_back();
    }
}

pub(crate) struct SinkNode<K, V> {
    pub(crate) topic: Arc<str>,
    pub(crate) partitions: u32,
    pub(crate) encode: Encode<K, V>,
    /// Used again for each record.
    pub(crate) buffers: SinkBuffers,
}

impl<K: 'static, V: 'static> Node for SinkNode<K, V> {
    fn process(&mut self, record: &mut dyn Any, context: &mut Context<'_>) -> Result<(), ProcessError> {
        let Some(Some(record)) = record.downcast_ref::<Option<Record<K, V>>>() else {
            return Err(ProcessError::Fatal(TypesMixedUp.into()));
        };
        self.buffers.clear();
        if let Err(error) = (self.encode)(&record.key, &record.value, &mut self.buffers) {
            return Err(context.undeliverable(error));
        }
        let partition = partition_of(&self.buffers.key, self.partitions);
        context.send(&self.topic, partition, record.timestamp_ms, &self.buffers)
    }

    fn on_timer(&mut self, _: i64, _: &[u8], _: &mut Context<'_>) -> Result<(), ProcessError> {
        Ok(())
    }

    fn rolled_back(&mut self) {}
}

pub(crate) struct SourceNode<K, V> {
    pub(crate) edge: Edge<K, V>,
    pub(crate) decode: crate::topology::Decode<K, V>,
    pub(crate) head: Option<Record<K, V>>,
}

impl<K: Clone + Send + 'static, V: Clone + Send + 'static> Source for SourceNode<K, V> {
    fn decode(&mut self, record: &ConsumerRecord) -> Result<RecordTime, BoxError> {
        self.head = None;
        let decoded = (self.decode)(record)?;
        self.head = Some(Record { key: decoded.key, value: decoded.value, timestamp_ms: decoded.time.ms() });
        Ok(decoded.time)
    }

    fn forward(&mut self, context: &mut Context<'_>) -> Result<(), ProcessError> {
        match self.head.take() {
            Some(record) => context.pass_on(self.edge, record),
            None => Ok(()),
        }
    }

    fn clear(&mut self) {
        self.head = None;
    }
}
