//! The thread that writes history, beside the executor's. Whatever happens to it, commands are carried out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use streams::broker::Broker;
use streams::clock::Clock;
use tokio::runtime::Handle;

use super::status::{Board, Counts};
use super::store::HistoryStore;
use super::thread::{HistoryError, HistoryThread, ThreadSettings};
use crate::clock::SystemClock;
use crate::registry::known::Schemas;

/// Between the end of a thread that could not go on and its successor.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a stop goes unnoticed in between.
const NAP: Duration = Duration::from_millis(100);

/// What history is written with.
pub struct HistoryWriter<B: Broker> {
    /// Where the topics are.
    pub broker: B,
    /// Who writes, and how long rows are kept.
    pub settings: ThreadSettings,
    /// Paces batches.
    pub clock: Arc<dyn Clock>,
    /// Where rows go.
    pub store: HistoryStore,
    /// Makes what asks the registry, for each thread anew.
    pub schemas: Box<dyn Fn() -> Schemas + Send>,
    /// Where the database is talked to.
    pub runtime: Handle,
    /// Where is left what there is to show.
    pub board: Board,
    /// Between two rounds, for a broker that does not wait for records by itself.
    pub rest: Duration,
}

impl<B: Broker> HistoryWriter<B> {
    /// Writes until it is told to stop. What a thread can not go on from is logged, and another one begins.
    pub fn run(&self, is_stopping: &AtomicBool) {
        let mut counts = Counts::default();
        while !is_stopping.load(Ordering::Acquire) {
            if let Err(error) = self.write(is_stopping, &mut counts) {
                let pause_s = PAUSE.as_secs();
                tracing::error!(%error, "history is not written; tried again in {pause_s} s");
                let since = SystemClock.stopwatch();
                while since.elapsed() < PAUSE && !is_stopping.load(Ordering::Acquire) {
                    SystemClock.sleep(NAP);
                }
            }
        }
    }

    fn write(&self, is_stopping: &AtomicBool, counts: &mut Counts) -> Result<(), HistoryError> {
        let (broker, settings, clock) = (self.broker.clone(), self.settings.clone(), Arc::clone(&self.clock));
        let (store, schemas, runtime) = (self.store.clone(), (self.schemas)(), self.runtime.clone());
        let thread = HistoryThread::new(broker, settings, clock, store, schemas, runtime)?;
        let mut thread = thread.counting_from(*counts);
        while !is_stopping.load(Ordering::Acquire) {
            let stepped = thread.step();
            let status = thread.status();
            *counts = status.counts;
            self.board.put(status);
            stepped?;
            SystemClock.sleep(self.rest);
        }
        *counts = thread.close()?;
        tracing::info!(?counts, "history: stopped");
        Ok(())
    }
}
