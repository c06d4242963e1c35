//! A stream processor in the manner of Kafka Streams, for anyone: it knows nothing of audiences.
//!
//! **What it is.** A library that runs a graph of processors over the partitions of some topics. Each partition of each
//! connected part of the graph is a task with its own state; state is kept in stores that are rebuilt from changelog topics;
//! outputs, changelogs and consumed offsets are committed together. Time is event time, and what happens depends on the
//! records and their order, never on how fast they were read.
//!
//! **What it is not.** A cluster of its own: it is a library in your process, and the log is the only thing between
//! instances. It has no SQL, no windows that merge, and no async: one thread runs many tasks.
//!
//! # Layout, in reading order
//! - [`topology`]: declares a graph; [`record`], [`serde`]: what travels on it; [`global`]: tables that everyone reads.
//! - [`processor`]: your code, and what it sees.
//! - [`store`]: what a task remembers.
//! - [`task`]: records in, effects out. Synchronous, without I/O and without a clock.
//! - [`broker`]: the seam to a log; [`partition`]: which partition a key belongs to; [`clock`]: the wall clock as an argument.
//! - [`testing`]: runs a topology without a cluster.
//!
//! # Counting words
//! ```
//! use streams::processor::{Context, ProcessError, Processor};
//! use streams::record::Record;
//! use streams::serde::{decode_text, encode_text};
//! use streams::store::{StoreKind, StoreSpec};
//! use streams::testing::TopologyTestDriver;
//! use streams::topology::{Edge, ProcessorSpec, SourceSpec, StoreHandle, TopologyBuilder};
//!
//! struct Count {
//!     counts: StoreHandle,
//!     counted: Edge<String, String>,
//! }
//!
//! impl Processor for Count {
//!     type Key = String;
//!     type Value = String;
//!
//!     fn process(&mut self, line: Record<String, String>, context: &mut Context<'_>) -> Result<(), ProcessError> {
//!         for word in line.value.split_whitespace() {
//!             let row = context.get(self.counts, word.as_bytes())?;
//!             let before = row.and_then(|row| row.try_into().ok()).map_or(0, u64::from_be_bytes);
//!             context.put(self.counts, word.as_bytes(), &(before + 1).to_be_bytes())?;
//!             let record = Record::new(word.to_owned(), (before + 1).to_string(), line.timestamp_ms);
//!             context.forward(self.counted, record)?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut builder = TopologyBuilder::new();
//! let lines = builder.source(SourceSpec::new("lines-source", "lines", decode_text))?;
//! let counts = builder.store(StoreSpec {
//!     name: "counts".into(),
//!     kind: StoreKind::KeyValue,
//!     changelog_retention_ms: None,
//! })?;
//! let counted = builder.edge();
//! let spec = ProcessorSpec { stores: &[counts], forwards: &[counted.id()], ..ProcessorSpec::default() };
//! builder.processor("count", &[&lines], spec, move || Count { counts, counted })?;
//! builder.sink("counted-sink", "counted", &counted, encode_text)?;
//! let topology = builder.build("word-count")?;
//!
//! let mut driver = TopologyTestDriver::new(topology)?;
//! driver.pipe_input("lines", "k", "to be or not to be", 1_000)?;
//! let counted = driver.read_outputs("counted");
//! assert_eq!(counted.len(), 6);
//! assert_eq!(counted.last().map(|record| record.value_text()), Some("2".to_owned()));
//! assert_eq!(driver.get("counts", "to")?, Some(2_u64.to_be_bytes().to_vec()));
//! # Ok(())
//! # }
//! ```

pub mod broker;
pub mod clock;
pub mod global;
pub mod partition;
pub mod processor;
pub mod record;
pub mod serde;
pub mod store;
pub mod task;
pub mod testing;
pub mod topology;
