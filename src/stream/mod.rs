//! `conductor run`: the stream on a Kafka cluster, with its states on disk, until it is told to stop.
//!
//! - [`lookout`]: whether it can go on. [`journal`]: what the log says of it.
//! - [`health`]: whether the process is alive and ready, and if not, why. Pure.
//! - [`tasks`], [`metrics`]: what its threads and tasks are doing, as JSON and in Prometheus' format.
//! - [`http`]: where all that is shown.
//!
//! What this is NOT: the engine, which is [`streams::runtime`].

pub mod health;
mod http;
mod journal;
mod lookout;
mod metrics;
#[cfg(test)]
mod sample;
mod tasks;

use std::sync::Arc;

use crate::clock::SystemClock;
use crate::cluster;
use crate::failure::Failure;
use crate::probes;
use crate::settings::{ProcessingGuarantee, Settings, ShutdownGroup};
use http::Shown;
use lookout::{LOOK_EVERY, Lookout};
use streams::clock::Clock;
use streams::runtime::{
    Instance, InstanceSettings, ProcessingGuarantee as EngineGuarantee, ShutdownGroup as EngineShutdownGroup,
    ThreadSettings,
};
use streams::store::BackendProvider;
use streams::store::rocks::{RocksBackends, RocksSettings};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::MissedTickBehavior;

/// A thread that fails this often without a commit in between will not be helped by another attempt.
const REPLACEMENTS_MAX: u32 = 10;
/// Closing takes at most this long: whoever stops a process waits for it.
const CLOSE_MS_MAX: u64 = 4_500;

/// Runs until SIGTERM or SIGINT, or until the stream can not go on.
///
/// # Errors
/// Topics or states that do not fit, an address that is taken, or a failure that another thread would not survive.
pub fn run(settings: &Settings) -> Result<(), Failure> {
    let topology = Arc::new(cluster::topology_in(settings, crate::admin::schemas::formats(settings)?)?);
    let broker = cluster::broker(settings)?;
    crate::admin::topics::check_before_start(&broker, &topology)?;
    let backends = states(settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    let listener = runtime.block_on(probes::listen("http.listen", &settings.http.listen))?;
    let stop = runtime.block_on(async { Stop::install() })?;

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let name = cluster::instance_name(&settings.engine);
    let threads = InstanceSettings {
        threads: settings.engine.threads,
        thread: thread_settings(settings, &name),
        replacements_max: REPLACEMENTS_MAX,
        metadata_max_age_ms: settings.engine.metadata_max_age_ms,
    };
    let provider: Arc<dyn BackendProvider> = Arc::new(backends.clone());
    let instance = Instance::start(&topology, &broker, &provider, &clock, &threads).map_err(Failure::failed)?;
    let instance = Arc::new(instance);
    tracing::info!(
        application = %settings.application.id,
        instance = %name,
        threads = threads.threads,
        bootstrap_servers = %settings.kafka.bootstrap_servers,
        "the stream is starting; health, metrics and tasks at http://{}", settings.http.listen
    );
    let shown = Shown::new(Arc::clone(&instance), Arc::clone(&clock), backends, settings.http.stalled_after_ms)?;
    let lookout = Lookout::new(Arc::clone(&instance), clock, settings.http.stalled_after_ms);
    let hangs = lookout.hangs();
    let ended = runtime.block_on(http::serve(listener, shown, stop.wait(lookout)));
    let has_tasks = instance.threads().iter().any(|thread| !thread.tasks.is_empty());
    let failure = hangs.get().cloned().or_else(|| instance.failure());
    if instance.join(CLOSE_MS_MAX) {
        tracing::info!("stopped");
    } else if !has_tasks {
        tracing::info!("stopped; there was nothing to commit");
    } else {
        tracing::warn!("not everything could be committed in time; it will be done again by whoever goes on");
    }
    match (ended, failure) {
        (_, Some(failure)) => Err(Failure::failed(failure)),
        (Err(error), None) => Err(Failure::failed(error)),
        (Ok(()), None) => Ok(()),
    }
}

fn states(settings: &Settings) -> Result<RocksBackends, Failure> {
    let memory = settings.engine.memory_mib.saturating_mul(1 << 20);
    let rocks = RocksSettings {
        memory_bytes: usize::try_from(memory).unwrap_or(usize::MAX),
        ..RocksSettings::new(&settings.engine.state_dir, &settings.application.id)
    };
    RocksBackends::new(rocks)
        .map_err(|error| Failure::refused(error, "set engine.state_dir to a folder on a local disk"))
}

fn thread_settings(settings: &Settings, instance: &str) -> ThreadSettings {
    let engine = &settings.engine;
    let is_static_member = !engine.instance.is_empty();
    let remains = match engine.shutdown_group {
        ShutdownGroup::Auto => is_static_member,
        ShutdownGroup::Leave => false,
        ShutdownGroup::Remain => true,
    };
    ThreadSettings {
        processing_guarantee: match engine.processing_guarantee {
            ProcessingGuarantee::ExactlyOnceV2 => EngineGuarantee::ExactlyOnceV2,
            ProcessingGuarantee::AtLeastOnce => EngineGuarantee::AtLeastOnce,
        },
        is_static_member,
        shutdown_group: if remains { EngineShutdownGroup::Remain } else { EngineShutdownGroup::Leave },
        commit_interval_ms: engine.commit_interval_ms,
        idle_advance_ms: Some(engine.idle_advance_ms).filter(|ms| *ms > 0),
        produced_header: true,
        purge_repartition: engine.purge_repartition,
        session_timeout_ms: engine.session_timeout_ms,
        max_poll_interval_ms: engine.max_poll_interval_ms,
        transaction_timeout_ms: engine.transaction_timeout_ms,
        ..ThreadSettings::new(&settings.application.id, instance, 0)
    }
}

/// What ends a run: SIGTERM and SIGINT, caught from when this is made.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Must be called within the runtime.
    fn install() -> Result<Self, Failure> {
        let catch = |kind| signal(kind).map_err(Failure::failed);
        Ok(Self { terminate: catch(SignalKind::terminate())?, interrupt: catch(SignalKind::interrupt())? })
    }

    /// Waits until the process is told to stop, or its stream can not go on.
    async fn wait(mut self, mut lookout: Lookout) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        // After a suspension, looks that were missed are not made up for: nobody has looked.
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                _ = look.tick() => if !lookout.can_go_on() { break },
            }
        }
        tracing::info!("stopping: the last work is committed first");
        lookout.close();
    }
}
