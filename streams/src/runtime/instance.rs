//! An instance of the application: its stream threads, each on an OS thread of its own, watched, and replaced when they fail in
//! a way that a new one survives.

use core::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::error::{ThreadError, ThreadErrorKind};
use super::settings::ThreadSettings;
use super::status::{TaskStatus, ThreadCounts};
use super::thread::{Step, StreamThread};
use super::watch::{Outlived, Watch};
use crate::broker::Broker;
use crate::clock::Clock;
use crate::store::BackendProvider;
use crate::topology::Topology;

/// A thread that waits for something, such as its next commit, looks around at least this often.
const WAIT_MS: u64 = 20;
/// And one that is at rest: what comes in wakes it, and nothing else is due sooner.
const REST_MS: u64 = 100;
/// What a thread shows of itself is at most about this old while it works.
const SHOW_EVERY_MS: i64 = 250;
/// Between two looks at what the tasks are doing.
const WATCH_MS: u64 = 1_000;
/// After a failure a thread waits this long before its successor begins; twice as long after each further one.
const BACKOFF_MS: u64 = 100;
/// And never longer.
const BACKOFF_MS_MAX: u64 = 10_000;

/// How an instance is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceSettings {
    /// How many stream threads.
    pub threads: u32,
    /// Every thread's; its number is put in.
    pub thread: ThreadSettings,
    /// How often a thread may be replaced without a commit in between before the instance gives up.
    pub replacements_max: u32,
    /// The topics are looked at again so often: whether somebody has added partitions, or created one anew; 0: never.
    pub metadata_max_age_ms: u64,
}

/// What a stream thread is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadState {
    /// It joins the group.
    Starting,
    /// At work.
    Running,
    /// It has failed, and its successor is about to begin.
    Replacing,
    /// It has committed and closed its tasks.
    Stopped,
    /// It has failed for good.
    Failed,
}

/// A stream thread, as it was a moment ago.
#[derive(Debug, Clone, PartialEq)]
pub struct ThreadStatus {
    /// Its number in the instance.
    pub thread: u32,
    /// What it is doing.
    pub state: ThreadState,
    /// Whether the group has given it its share; that may be nothing.
    pub is_member: bool,
    /// Its tasks.
    pub tasks: Vec<TaskStatus>,
    /// What it has done, its predecessors not included.
    pub counts: ThreadCounts,
    /// How often it was replaced.
    pub replaced: u64,
    /// Why it failed last.
    pub error: Option<Arc<str>>,
    /// Whether a commit waits for the broker.
    pub is_undecided: bool,
    /// Since when the broker does not say where the inputs end, in milliseconds since the epoch.
    pub unreachable_since_ms: Option<i64>,
    /// Its last commit, in milliseconds since the epoch; before the first one, its beginning.
    pub committed_at_ms: i64,
    /// The end of its last round, in milliseconds since the epoch: a thread that hangs in a call stands still here.
    pub stepped_at_ms: i64,
}

impl ThreadStatus {
    /// Of a thread that has done nothing yet.
    #[must_use]
    pub fn starting(thread: u32, now_ms: i64) -> Self {
        Self {
            thread,
            state: ThreadState::Starting,
            is_member: false,
            tasks: Vec::new(),
            counts: ThreadCounts::default(),
            replaced: 0,
            error: None,
            is_undecided: false,
            unreachable_since_ms: None,
            committed_at_ms: now_ms,
            stepped_at_ms: now_ms,
        }
    }
}

/// An instance at work. Dropping it closes it.
pub struct Instance {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Shared by the threads and whoever looks at them.
struct Shared {
    closing: AtomicBool,
    seats: Vec<Seat>,
    /// Why no thread can go on.
    failure: Mutex<Option<Arc<str>>>,
    outlived: Mutex<Vec<Outlived>>,
    /// How many threads have ended, and a bell for those who wait for that.
    ended: Mutex<usize>,
    bell: Condvar,
}

/// One thread's place.
struct Seat {
    stepped_at_ms: AtomicI64,
    shown: Mutex<ThreadStatus>,
}

/// What a thread is made of.
struct Parts<B: Broker> {
    topology: Arc<Topology>,
    broker: B,
    backends: Arc<dyn BackendProvider>,
    clock: Arc<dyn Clock>,
    settings: ThreadSettings,
    replacements_max: u32,
}

impl Instance {
    /// Starts the threads. The topics must exist.
    ///
    /// # Errors
    /// The machine has no thread to give.
    pub fn start<B: Broker>(
        topology: &Arc<Topology>,
        broker: &B,
        backends: &Arc<dyn BackendProvider>,
        clock: &Arc<dyn Clock>,
        settings: &InstanceSettings,
    ) -> std::io::Result<Self> {
        let now_ms = clock.now_ms();
        let shared = Arc::new(Shared {
            closing: AtomicBool::new(false),
            seats: (0..settings.threads).map(|thread| Seat::new(thread, now_ms)).collect(),
            failure: Mutex::default(),
            outlived: Mutex::default(),
            ended: Mutex::new(0),
            bell: Condvar::new(),
        });
        let instance = Self { shared, threads: Mutex::default() };
        for thread in 0..settings.threads {
            let parts = Parts {
                topology: Arc::clone(topology),
                broker: broker.clone(),
                backends: Arc::clone(backends),
                clock: Arc::clone(clock),
                settings: ThreadSettings { thread, ..settings.thread.clone() },
                replacements_max: settings.replacements_max,
            };
            let shared = Arc::clone(&instance.shared);
            let builder = std::thread::Builder::new().name(format!("stream-thread-{thread}"));
            let handle = builder.spawn(move || {
                live_guarded(&parts, &shared);
                *lock(&shared.ended) += 1;
                shared.bell.notify_all();
            })?;
            lock(&instance.threads).push(handle);
        }
        if settings.metadata_max_age_ms > 0 {
            let watch = Watch::new(topology, broker.clone(), settings.thread.changelog);
            let (shared, clock) = (Arc::clone(&instance.shared), Arc::clone(clock));
            let every_ms = settings.metadata_max_age_ms;
            // Nobody waits for this one: it has nothing to finish.
            let builder = std::thread::Builder::new().name("stream-watch".to_owned());
            builder.spawn(move || watch_over(watch, &shared, &*clock, every_ms))?;
        }
        Ok(instance)
    }

    /// The threads, by number.
    #[must_use]
    pub fn threads(&self) -> Vec<ThreadStatus> {
        self.shared.seats.iter().map(Seat::status).collect()
    }

    /// Topics that may delete what is read or written right now, because its timestamps are older than they keep.
    #[must_use]
    pub fn outlived(&self) -> Vec<Outlived> {
        lock(&self.shared.outlived).clone()
    }

    /// Why the instance can not go on: topics that have changed, or the first thread that has failed for good.
    #[must_use]
    pub fn failure(&self) -> Option<Arc<str>> {
        if let Some(failure) = lock(&self.shared.failure).clone() {
            return Some(failure);
        }
        let failed = self.threads().into_iter().find(|thread| thread.state == ThreadState::Failed)?;
        failed.error.or_else(|| Some(Arc::from("a stream thread has failed")))
    }

    /// Asks the threads to commit, to close their tasks and to leave; returns at once.
    pub fn close(&self) {
        self.shared.closing.store(true, Ordering::Release);
        // Under the lock, so that nobody looks and then goes to sleep in between.
        let _ended = lock(&self.shared.ended);
        self.shared.bell.notify_all();
    }

    /// Closes, waits for all threads, at most for so long, and says whether all have ended. One that hangs in a call is left
    /// behind; what it has not committed is done again by its successor.
    #[must_use]
    pub fn join(&self, max_ms: u64) -> bool {
        self.close();
        let ended = lock(&self.shared.ended);
        let all = self.shared.seats.len();
        let waited = self.shared.bell.wait_timeout_while(ended, Duration::from_millis(max_ms), |now| *now < all);
        let is_over = *waited.unwrap_or_else(PoisonError::into_inner).0 == all;
        if is_over {
            // They have nothing left to do but to end.
            lock(&self.threads).drain(..).for_each(|thread| drop(thread.join()));
        }
        is_over
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.close();
    }
}

impl core::fmt::Debug for Instance {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Instance").field("threads", &self.threads()).finish_non_exhaustive()
    }
}

impl Shared {
    /// Waits so long, or until the instance closes; says whether it does.
    fn closes_within(&self, ms: u64) -> bool {
        let ended = lock(&self.ended);
        let is_open = |_: &mut usize| !self.closing.load(Ordering::Acquire);
        drop(self.bell.wait_timeout_while(ended, Duration::from_millis(ms), is_open));
        self.closing.load(Ordering::Acquire)
    }
}

impl Seat {
    fn new(thread: u32, now_ms: i64) -> Self {
        let shown = Mutex::new(ThreadStatus::starting(thread, now_ms));
        Self { stepped_at_ms: AtomicI64::new(now_ms), shown }
    }

    fn status(&self) -> ThreadStatus {
        ThreadStatus { stepped_at_ms: self.stepped_at_ms.load(Ordering::Relaxed), ..lock(&self.shown).clone() }
    }

    fn show(&self, change: impl FnOnce(&mut ThreadStatus)) {
        change(&mut lock(&self.shown));
    }
}

/// A panic elsewhere does not make these unusable: they are only ever changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A panic is a defect: it fails the instance, and readiness says so, instead of a process that limps on with fewer threads.
fn live_guarded<B: Broker>(parts: &Parts<B>, shared: &Shared) {
    let Some(seat) = shared.seats.get(parts.settings.thread as usize) else { return };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| live(parts, shared, seat))) {
        let error = format!("a defect: the stream thread panicked: {}", words_of(&*panic));
        seat.show(|shown| {
            shown.state = ThreadState::Failed;
            shown.error = Some(error.into());
        });
    }
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

/// One thread after the other, until one closes, or fails for good.
fn live<B: Broker>(parts: &Parts<B>, shared: &Shared, seat: &Seat) {
    let mut failures = 0;
    loop {
        let commits = lock(&seat.shown).counts.commits;
        let Err(error) = live_once(parts, shared, seat) else {
            return seat.show(|shown| {
                shown.state = ThreadState::Stopped;
                shown.tasks.clear();
            });
        };
        // A thread that has committed something was of use: its successor starts with a clean slate.
        failures = if lock(&seat.shown).counts.commits > commits { 1 } else { failures + 1 };
        let is_final = error.kind() == ThreadErrorKind::Stop || failures > parts.replacements_max;
        // One that fails while it closes has nothing to do that its successor elsewhere would not do.
        let is_closing = shared.closing.load(Ordering::Acquire);
        seat.show(|shown| {
            shown.error = Some(error.to_string().into());
            shown.tasks.clear();
            shown.state = match (is_final, is_closing) {
                (true, _) => ThreadState::Failed,
                (false, true) => ThreadState::Stopped,
                (false, false) => ThreadState::Replacing,
            };
        });
        if is_final || is_closing || back_off(shared, failures) {
            return;
        }
        seat.show(|shown| {
            shown.replaced += 1;
            shown.counts = ThreadCounts::default();
            shown.state = ThreadState::Starting;
        });
    }
}

/// Waits before the next attempt; says whether the instance closes instead.
fn back_off(shared: &Shared, failures: u32) -> bool {
    shared.closes_within(BACKOFF_MS.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(BACKOFF_MS_MAX))
}

/// Looks at topics and tasks until the instance closes, or can not go on.
fn watch_over<B: Broker>(mut watch: Watch<B>, shared: &Shared, clock: &dyn Clock, every_ms: u64) {
    let mut due_ms = clock.now_ms();
    while !shared.closes_within(WATCH_MS.min(every_ms)) {
        let now_ms = clock.now_ms();
        if now_ms >= due_ms {
            due_ms = now_ms.saturating_add_unsigned(every_ms);
            if let Err(error) = watch.look_at_topics() {
                *lock(&shared.failure) = Some(error.to_string().into());
                return;
            }
        }
        let threads: Vec<ThreadStatus> = shared.seats.iter().map(Seat::status).collect();
        let outlived = watch.look_at_tasks(threads.iter().flat_map(|thread| &thread.tasks), now_ms);
        *lock(&shared.outlived) = outlived;
    }
}

/// One thread, from joining the group to leaving it.
fn live_once<B: Broker>(parts: &Parts<B>, shared: &Shared, seat: &Seat) -> Result<(), ThreadError> {
    let mut thread = StreamThread::new(
        Arc::clone(&parts.topology),
        parts.broker.clone(),
        Arc::clone(&parts.backends),
        Arc::clone(&parts.clock),
        parts.settings.clone(),
    )?;
    seat.show(|shown| shown.state = ThreadState::Running);
    let mut shown_at_ms = None;
    while !shared.closing.load(Ordering::Acquire) {
        let step = thread.step()?;
        let now_ms = parts.clock.now_ms();
        seat.stepped_at_ms.store(now_ms, Ordering::Relaxed);
        if shown_at_ms.is_none_or(|at_ms| now_ms.saturating_sub(at_ms) >= SHOW_EVERY_MS) {
            shown_at_ms = Some(now_ms);
            show(&thread, seat);
        }
        if step == Step::Idle {
            thread.wait(if thread.is_at_rest() { REST_MS } else { WAIT_MS });
        }
    }
    show(&thread, seat);
    thread.close()
}

fn show<B: Broker>(thread: &StreamThread<B>, seat: &Seat) {
    let tasks = thread.tasks().collect();
    seat.show(|shown| {
        shown.tasks = tasks;
        shown.is_member = thread.is_member();
        shown.counts = thread.counts();
        shown.is_undecided = thread.is_undecided();
        shown.unreachable_since_ms = thread.unreachable_since_ms();
        shown.committed_at_ms = thread.committed_at_ms();
    });
}
