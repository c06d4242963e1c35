//! The cluster and what happens to it.
//!
//! An instance that is stepped is taken out of its place, so that the plan of its faults can step the OTHERS in the middle of
//! one of its calls: that is what a stall is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::chance::Chance;
use super::disk::Disk;
use super::instance::{Armed, Fuse, Instance, Process, Strike};
use super::report::Disturbances;
use super::{Inputs, SimulationOptions};
use crate::broker::memory::{MemoryBroker, Settings};
use crate::broker::{Admin, Broker, ProducerRecord};
use crate::clock::ManualClock;
use crate::runtime::{PacingMode, Step, StreamThread, ThreadErrorKind, ThreadSettings, create_internal_topics};
use crate::testing::faults::{Answer, Call, Faults, FaultyBackends, FaultyBroker, Operation};
use crate::topology::Topology;

const START_MS: i64 = 1_700_000_000_000;
const SESSION_TIMEOUT_MS: u64 = 6_000;
const MAX_POLL_INTERVAL_MS: u64 = 8_000;

/// The cluster. Clones share it.
#[derive(Clone)]
pub(super) struct World {
    pub(super) topology: Arc<Topology>,
    pub(super) broker: MemoryBroker,
    clock: ManualClock,
    options: SimulationOptions,
    shared: Arc<Mutex<Shared>>,
}

pub(super) struct Shared {
    chance: Chance,
    /// None while the instance is being stepped.
    pub(super) instances: Vec<Option<Instance>>,
    pub(super) disturbances: Disturbances,
    /// What stopped an instance for good while another stood still.
    failure: Option<String>,
}

impl World {
    pub(super) fn new(
        disks: &mut dyn FnMut(usize) -> Box<dyn Disk>,
        topology: &Arc<Topology>,
        inputs: &Inputs,
        seed: u64,
        options: &SimulationOptions,
    ) -> Result<Self, String> {
        let clock = ManualClock::at(START_MS);
        let settings = Settings { deferred_markers: options.is_disturbed, ..Settings::default() };
        let broker = MemoryBroker::new(Arc::new(clock.clone()), settings);
        let admin = broker.admin().map_err(text)?;
        admin.create_topics(&inputs.topics).map_err(text)?;
        create_internal_topics(&admin, topology).map_err(text)?;
        for record in &inputs.records {
            let record = ProducerRecord {
                topic: &record.topic,
                partition: record.partition,
                timestamp_ms: record.timestamp_ms,
                key: record.key.as_deref(),
                value: record.value.as_deref(),
                headers: &[],
            };
            broker.append(&[record]).map_err(text)?;
        }
        let mut chance = Chance::new(seed);
        let count = if options.is_disturbed { options.instances_max.max(1) } else { 1 };
        let instances =
            (0..count).map(|number| Some(instance(topology, number, disks(number), &mut chance, options))).collect();
        let shared = Shared { chance, instances, disturbances: Disturbances::default(), failure: None };
        Ok(Self {
            topology: Arc::clone(topology),
            broker,
            clock,
            options: options.clone(),
            shared: Arc::new(Mutex::new(shared)),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw<T>(&self, with: impl FnOnce(&mut Chance) -> T) -> T {
        with(&mut self.lock().chance)
    }

    fn count(&self, with: impl FnOnce(&mut Disturbances)) {
        with(&mut self.lock().disturbances);
    }

    /// The time of trouble.
    pub(super) fn disturb(&self) -> Result<(), String> {
        for _ in 0..self.options.disturbances {
            let (what, number) = self.draw(|chance| (chance.below(100), chance.below(self.options.instances_max)));
            match what {
                0..60 => {
                    for _ in 0..self.draw(|chance| chance.between(1, 6)) {
                        self.step(number)?;
                    }
                }
                60..76 => self.run_markers(),
                76..88 => self.clock.advance(self.draw(|chance| chance.between(1, 400)) as i64),
                88..92 => self.arm(number, crash),
                92..95 => self.arm(number, lost_answer),
                95..97 => self.arm(number, stall),
                97..98 => self.clock.advance(2_500),
                _ => self.retire(number)?,
            }
        }
        Ok(())
    }

    fn arm(&self, number: usize, armed: impl FnOnce(&mut Chance) -> Armed) {
        let mut shared = self.lock();
        let armed = armed(&mut shared.chance);
        if let Some(Some(instance)) = shared.instances.get(number) {
            instance.fuse.arm(Some(armed));
        }
    }

    /// Some of the markers that wait, in any order: a commit of an application with many stores has dozens of them, and one at
    /// a time it would spend the trouble waiting.
    fn run_markers(&self) {
        let waiting = self.broker.background_len();
        for left in (0..waiting).rev().take(self.draw(|chance| chance.between(1, waiting))) {
            self.broker.run_background(self.draw(|chance| chance.below(left + 1)));
        }
    }

    /// One round of one instance; a process that is down may come back instead.
    fn step(&self, number: usize) -> Result<Option<Step>, String> {
        let taken = self.lock().instances.get_mut(number).and_then(Option::take);
        let Some(mut instance) = taken else { return Ok(None) };
        let result = self.step_instance(number, &mut instance);
        if let Some(place) = self.lock().instances.get_mut(number) {
            *place = Some(instance);
        }
        result
    }

    fn step_instance(&self, number: usize, instance: &mut Instance) -> Result<Option<Step>, String> {
        let Some(process) = &mut instance.process else {
            self.start(number, instance)?;
            return Ok(None);
        };
        match process.thread.step() {
            Ok(step) => Ok(Some(step)),
            Err(error) if process.faults.is_dead() => {
                drop(error);
                self.count(|disturbances| disturbances.crashes += 1);
                self.stop(instance);
                Ok(None)
            }
            Err(error) if error.kind() == ThreadErrorKind::Replace => {
                self.count(|disturbances| disturbances.replaced += 1);
                self.stop(instance);
                Ok(None)
            }
            Err(error) => Err(format!("instance {number} stopped: {error}")),
        }
    }

    fn stop(&self, instance: &mut Instance) {
        if let Some(process) = instance.process.take() {
            let counts = process.thread.counts();
            self.count(|disturbances| {
                disturbances.aborts += counts.aborts;
                disturbances.settled += counts.outcomes_settled;
            });
        }
        instance.fuse.arm(None);
    }

    fn start(&self, number: usize, instance: &mut Instance) -> Result<(), String> {
        let (comes_back, is_wiped) = self.draw(|chance| (chance.percent(30), chance.percent(20)));
        if self.options.is_disturbed && !comes_back {
            return Ok(());
        }
        if is_wiped {
            instance.disk.wipe()?;
            self.count(|disturbances| disturbances.wiped += 1);
        }
        if instance.disk.cut_power(&mut |below| self.draw(|chance| chance.next() % below.max(1)))? {
            self.count(|disturbances| disturbances.power_cuts += 1);
        }
        let backends = instance.disk.open()?;
        let world = self.clone();
        let fuse = instance.fuse.clone();
        let faults = Faults::new(&instance.settings.instance, move |call: &Call| world.strike(number, &fuse, call));
        let thread = StreamThread::new(
            Arc::clone(&self.topology),
            FaultyBroker::new(self.broker.clone(), faults.clone()),
            Arc::new(FaultyBackends::new(backends, faults.clone())),
            Arc::new(self.clock.clone()),
            instance.settings.clone(),
        );
        match thread {
            Ok(thread) => {
                self.count(|disturbances| disturbances.started += 1);
                instance.process = Some(Process { thread, faults });
                Ok(())
            }
            Err(error) if faults.is_dead() || error.kind() == ThreadErrorKind::Replace => Ok(()),
            Err(error) => Err(format!("instance {number} did not start: {error}")),
        }
    }

    /// What becomes of a call of instance `number`.
    fn strike(&self, number: usize, fuse: &Fuse, call: &Call) -> Answer {
        match fuse.burn(call) {
            Strike::Nothing => Answer::Pass,
            Strike::Answer(answer) => {
                if matches!(answer, Answer::LostBefore | Answer::LostAfter) {
                    self.count(|disturbances| disturbances.lost_answers += 1);
                }
                answer
            }
            Strike::Stall => {
                self.stall(number);
                Answer::Pass
            }
        }
    }

    /// The others go on until every time-out of the one that stands still has passed.
    fn stall(&self, number: usize) {
        self.count(|disturbances| disturbances.stalls += 1);
        let slice_ms = (SESSION_TIMEOUT_MS / 3) as i64;
        for _ in 0..self.draw(|chance| chance.between(1, 6)) {
            self.clock.advance(slice_ms);
            for other in (0..self.options.instances_max).filter(|other| *other != number) {
                // A stall within a stall would step an instance that is already in the middle of a call.
                let fuse = self.lock().instances.get(other).and_then(Option::as_ref).map(|other| other.fuse.clone());
                if let Some(fuse) = fuse {
                    fuse.arm(None);
                }
                for _ in 0..self.draw(|chance| chance.below(8)) {
                    if let Err(what) = self.step(other) {
                        self.lock().failure.get_or_insert(what);
                    }
                }
            }
            if self.draw(|chance| chance.percent(70)) {
                self.run_markers();
            }
        }
    }

    /// Closes an instance in order.
    fn retire(&self, number: usize) -> Result<(), String> {
        let taken = self.lock().instances.get_mut(number).and_then(Option::take);
        let Some(mut instance) = taken else { return Ok(()) };
        let mut result = Ok(());
        if let Some(Process { thread, faults }) = instance.process.take() {
            self.count(|disturbances| disturbances.closed += 1);
            result = match thread.close() {
                Err(error) if !faults.is_dead() && error.kind() == ThreadErrorKind::Stop => {
                    Err(format!("instance {number} did not close: {error}"))
                }
                _ => Ok(()),
            };
        }
        instance.fuse.arm(None);
        if let Some(place) = self.lock().instances.get_mut(number) {
            *place = Some(instance);
        }
        result
    }

    /// Calm: everything must be committed within a bounded number of rounds.
    pub(super) fn settle(&self) -> Result<(), String> {
        if let Some(what) = self.lock().failure.take() {
            return Err(what);
        }
        let mut awaited = String::new();
        for round in 0..self.options.rounds_max {
            self.broker.run_all_background();
            self.clock.advance(37);
            for number in 0..self.options.instances_max {
                if let Some(Some(instance)) = self.lock().instances.get(number) {
                    instance.fuse.arm(None);
                }
                self.step(number)?;
            }
            if round % 8 == 0 {
                self.broker.run_all_background();
                match self.awaited()? {
                    None => return Ok(()),
                    Some(what) => awaited = what,
                }
            }
        }
        Err(format!("after {} rounds of calm: {awaited}; {}", self.options.rounds_max, self.describe()))
    }

    /// Ends all processes: their faults hold the cluster, and the cluster holds them.
    pub(super) fn end(&self) {
        let instances = core::mem::take(&mut self.lock().instances);
        drop(instances);
    }

    fn describe(&self) -> String {
        let shared = self.lock();
        let describe = |(number, instance): (usize, &Option<Instance>)| {
            let process = instance.as_ref().and_then(|instance| instance.process.as_ref());
            let tasks: Vec<String> = process
                .map(|process| {
                    process
                        .thread
                        .tasks()
                        .map(|task| format!("{} {:?} {:?}", task.id, task.state, task.blocked))
                        .collect()
                })
                .unwrap_or_default();
            format!("instance {number}: {}", tasks.join(", "))
        };
        shared.instances.iter().enumerate().map(describe).collect::<Vec<_>>().join("; ")
    }
}

fn instance(
    topology: &Topology,
    number: usize,
    disk: Box<dyn Disk>,
    chance: &mut Chance,
    options: &SimulationOptions,
) -> Instance {
    let mut settings = ThreadSettings::new(topology.application_id(), &format!("instance-{number}"), 0);
    settings.pacing = PacingMode::Unpaced;
    settings.idle_advance_ms = None;
    settings.session_timeout_ms = SESSION_TIMEOUT_MS;
    settings.max_poll_interval_ms = MAX_POLL_INTERVAL_MS;
    if options.is_disturbed {
        settings.is_static_member = chance.percent(30);
        settings.records_per_step = chance.between(1, 30);
        settings.fetch_records_max = chance.between(1, 40);
        settings.restore_records_per_step = chance.between(1, 50);
        settings.commit_interval_ms = chance.between(0, 300) as u64;
        settings.transaction_timeout_ms = if chance.percent(50) { 3_000 } else { 60_000 };
        settings.close_rounds_max = 20;
    }
    (options.settings)(&mut settings);
    Instance { settings, disk, fuse: Fuse::default(), process: None }
}

/// At any call, or at one of those around the decision.
fn crash(chance: &mut Chance) -> Armed {
    let answer = if chance.percent(50) { Answer::StopBefore } else { Answer::StopAfter };
    let around = [Operation::SendOffsets, Operation::Commit, Operation::Commit, Operation::Apply, Operation::Abort];
    let only = chance.pick(&around).filter(|_| chance.percent(50));
    let calls = if only.is_some() { chance.below(4) } else { chance.below(80) };
    Armed { calls, only, strike: Strike::Answer(answer) }
}

/// Only calls that wait for another machine can lose their answer.
fn lost_answer(chance: &mut Chance) -> Armed {
    let answer = if chance.percent(50) { Answer::LostBefore } else { Answer::LostAfter };
    let remote = [
        Operation::Commit,
        Operation::Commit,
        Operation::SendOffsets,
        Operation::Abort,
        Operation::InitTransactions,
        Operation::Committed,
        Operation::Ends,
    ];
    Armed { calls: chance.below(3), only: chance.pick(&remote), strike: Strike::Answer(answer) }
}

fn stall(chance: &mut Chance) -> Armed {
    let around = [Operation::Deliveries, Operation::SendOffsets, Operation::Commit, Operation::Committed];
    let only = chance.pick(&around).filter(|_| chance.percent(60));
    let calls = if only.is_some() { chance.below(4) } else { chance.below(80) };
    Armed { calls, only, strike: Strike::Stall }
}

pub(super) fn text(error: impl core::fmt::Display) -> String {
    error.to_string()
}
