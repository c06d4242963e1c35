//! History in SQL: what the stream has said, kept for those who ask later.
//!
//! A thread of the executor's process reads four topics and folds their records into three tables. How far each partition is written stands
//! in the same database and moves in the same transaction as the rows, so that each record has its effect exactly once, and no offsets are
//! committed to Kafka.
//!
//! - [`table`]: the tables, column by column
//! - [`row`]: what one record says, as values of columns
//! - [`batch`]: what many records say, and how far their partitions are written with them
//! - [`store`]: writes batches, and answers those who ask
//! - [`thread`]: reads the topics
//! - [`run`]: the thread beside the executor's; [`status`]: what it shows of itself
//! - [`export`]: whole tables, as CSV or as JSON lines
//!
//! What this is NOT: a state that anything is decided from. Should it be lost, it is filled again from what the topics still hold.

pub mod batch;
pub mod export;
pub mod row;
pub mod run;
pub mod status;
pub mod store;
pub mod table;
pub mod thread;

#[cfg(test)]
pub(crate) mod testing;
