//! Where tasks meet the broker: stream threads, which fetch, process, commit and restore.
//!
//! - [`StreamThread`]: one consumer, one transactional producer, many tasks; one bounded round per [`StreamThread::step`].
//! - [`Instance`]: the stream threads of one process, each on an OS thread, watched and replaced.
//! - `activation`, `restore`: from an assignment to running tasks. `assignment`: from lead partitions to tasks.
//! - `fetch`, `process`, `idle`: records, and silence.
//! - `commit`, `transaction`, `abort`, `settle`: the commit cycle, the way back, and outcomes without an answer.
//! - `topics`: what the topology needs of the cluster. `watch`: whether that is so still. `global`: global tables.
//! - [`StallDetector`]: tells whoever watches an instance of a thread that hangs. [`leave_group`]: takes a stopped one out.
//! - `settings`, `status`, `error`: what goes in, what can be seen, what can go wrong.

mod abort;
mod activation;
mod assignment;
mod commit;
mod error;
mod fetch;
mod global;
mod idle;
mod instance;
mod leave;
mod process;
mod restore;
mod settings;
mod settle;
mod slot;
mod stall;
mod status;
#[cfg(test)]
mod tests;
mod thread;
mod topics;
mod transaction;
mod watch;

pub use assignment::AssignmentError;
pub use error::{ThreadError, ThreadErrorKind};
pub use instance::{Instance, InstanceSettings, ThreadState, ThreadStatus};
pub use leave::leave_group;
pub use restore::RebuildReason;
#[cfg(any(test, feature = "testing"))]
pub use settings::Sabotage;
pub use settings::{PacingMode, ProcessingGuarantee, ShutdownGroup, ThreadSettings};
pub use stall::StallDetector;
pub use status::{Blocked, InputStatus, TaskState, TaskStatus, ThreadCounts};
pub use thread::{Step, StreamThread};
pub use topics::{create_internal_topics, plan_internal_topics};
pub use transaction::PRODUCED_MS;
pub use watch::Outlived;
