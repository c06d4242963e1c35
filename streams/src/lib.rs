//! A stream processor in the manner of Kafka Streams, for anyone: it knows nothing of audiences.

pub mod broker;
pub mod clock;
pub mod partition;
pub mod store;
pub mod task;
