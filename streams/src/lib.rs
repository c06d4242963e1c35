//! A stream processor in the manner of Kafka Streams, for anyone: it knows nothing of audiences.

pub mod broker;
pub mod clock;
pub mod global;
pub mod partition;
pub mod processor;
pub mod record;
pub mod runtime;
pub mod serde;
pub mod store;
pub mod task;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod topology;
