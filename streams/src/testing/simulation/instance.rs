//! One simulated process: a thread, its disk, and the fault that is armed.

use std::sync::{Arc, Mutex, PoisonError};

use super::disk::Disk;
use crate::broker::memory::MemoryBroker;
use crate::runtime::{StreamThread, ThreadSettings};
use crate::testing::faults::{Answer, Call, Faults, FaultyBroker, Operation};

/// A fault that waits for its call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Armed {
    /// Calls that pass before.
    pub(super) calls: usize,
    /// The only operation that counts; none: every call.
    pub(super) only: Option<Operation>,
    /// What happens then.
    pub(super) strike: Strike,
}

/// What the fault means now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strike {
    Nothing,
    /// The process dies, or an answer gets lost.
    Answer(Answer),
    /// The process stands still in the middle of the call, until all time-outs have passed.
    Stall,
}

/// The armed fault, shared with the plan that the seams ask.
#[derive(Clone, Default)]
pub(super) struct Fuse(Arc<Mutex<Option<Armed>>>);

impl Fuse {
    pub(super) fn arm(&self, armed: Option<Armed>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = armed;
    }

    /// Burns down by one call.
    pub(super) fn burn(&self, call: &Call) -> Strike {
        let mut fuse = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(armed) = &mut *fuse else { return Strike::Nothing };
        if armed.only.is_some_and(|only| only != call.operation) {
            return Strike::Nothing;
        }
        if armed.calls > 0 {
            armed.calls -= 1;
            return Strike::Nothing;
        }
        let strike = armed.strike;
        *fuse = None;
        strike
    }
}

/// One process.
pub(super) struct Instance {
    pub(super) settings: ThreadSettings,
    pub(super) disk: Box<dyn Disk>,
    pub(super) fuse: Fuse,
    /// None: down, or closed in order; it comes back sooner or later.
    pub(super) process: Option<Process>,
}

/// A life of it.
pub(super) struct Process {
    pub(super) thread: StreamThread<FaultyBroker<MemoryBroker>>,
    pub(super) faults: Faults,
}
