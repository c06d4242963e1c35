//! A task: one partition of one sub-topology. Records in, effects out; synchronous, without I/O and without a clock.

use core::fmt;

use crate::partition::Partition;

/// Names a task: `<sub-topology>_<partition>`, as Kafka Streams writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The sub-topology's number.
    pub sub_topology: u32,
    /// The partition of all its inputs.
    pub partition: Partition,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.sub_topology, self.partition)
    }
}
