//! One simulated process: a thread, its disk, and the fault that is armed.

use std::sync::{Arc, Mutex, PoisonError};

use crate::broker::memory::MemoryBroker;
use crate::runtime::{StreamThread, ThreadSettings};
use crate::store::memory::MemoryBackends;
use crate::testing::faults::{Answer, Call, FaultyBroker, Faults};

/// A fault that waits for its call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Armed {
    /// The process dies at the call after `calls` more.
    Crash { calls: usize, answer: Answer },
    /// The answer of a remote call gets lost.
    Lose { calls: usize, answer: Answer },
    /// The process stands still in the middle of a call, until all time-outs have passed.
    Stall { calls: usize },
}

/// What the fault means now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strike {
    Nothing,
    Answer(Answer),
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
        let (calls, strike, counts) = match armed {
            Armed::Crash { calls, answer } => (calls, Strike::Answer(*answer), true),
            Armed::Lose { calls, answer } => (calls, Strike::Answer(*answer), call.operation.is_remote()),
            Armed::Stall { calls } => (calls, Strike::Stall, true),
        };
        if !counts {
            return Strike::Nothing;
        }
        if *calls > 0 {
            *calls -= 1;
            return Strike::Nothing;
        }
        *fuse = None;
        strike
    }
}

/// One process.
pub(super) struct Instance {
    pub(super) settings: ThreadSettings,
    pub(super) disk: MemoryBackends,
    pub(super) fuse: Fuse,
    /// None: down, or closed in order; it comes back sooner or later.
    pub(super) process: Option<Process>,
}

/// A life of it.
pub(super) struct Process {
    pub(super) thread: StreamThread<FaultyBroker<MemoryBroker>>,
    pub(super) faults: Faults,
}
