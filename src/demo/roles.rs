//! The roles around the demo's stream, each on a thread of its own: the executor, the history and the dashboard.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use streams::clock::Clock;
use tokio::runtime::Runtime;

use super::live::times;
use crate::clock::SystemClock;
use crate::dashboard::history::History;
use crate::dashboard::live::ExecutorState;
use crate::dashboard::run::{Dashboard, Parts, link};
use crate::dashboard::token;
use crate::embedded::Embedded;
use crate::executor;
use crate::executor::store::CommandStore;
use crate::failure::Failure;
use crate::history;
use crate::history::run::HistoryWriter;
use crate::history::store::HistoryStore;
use crate::probes;
use crate::registry::known::{KnownSchemas, Schemas};
use crate::settings::Settings;
use crate::spans::Spans;

/// An hour by the sessions' clock, which goes faster than the threads that it is for.
const SESSION_TIMEOUT_MS: u64 = 3_600_000;
/// The broker in memory does not wait for records: whoever asks it without a rest takes a core.
const REST: Duration = Duration::from_millis(5);
/// The name of what runs beside the stream.
const INSTANCE: &str = "demo";

/// What runs.
pub struct Started {
    /// Where the page is, with the token to act with.
    pub url: String,
    /// One for each role.
    pub threads: Vec<JoinHandle<Result<(), Failure>>>,
}

/// Starts the roles around a stream that is [shared](Embedded::shared), on its clock; they end when `is_stopping` is set. The page is at `demo.port` of
/// this machine; the platform's sessions are below `platform_url`.
///
/// # Errors
/// An address that is taken, settings that do not fit, or no place for the database.
pub fn start(
    runtime: &Runtime,
    settings: &Settings,
    stream: &Embedded,
    platform_url: &str,
    is_stopping: &Arc<AtomicBool>,
) -> Result<Started, Failure> {
    let file = Temporary::new();
    let settings = own(settings, platform_url, &file);
    let clock: Arc<dyn Clock> = Arc::new(stream.clock());
    let listener = runtime.block_on(probes::listen("demo.port", &settings.dashboard.listen))?;
    let token = token::make().map_err(Failure::failed)?;
    let url = link(&listener, Some(&token));
    let database = runtime.block_on(executor::run::open(&settings.database))?;
    let parts = Parts {
        clock: Arc::clone(&clock),
        wall: Arc::new(SystemClock),
        speed: times(settings.demo.speed),
        tokens: vec![("you".into(), token)],
        schemas: KnownSchemas::new(unframed()),
        mode: settings.demo.mode,
        history: History::of(HistoryStore::new(database.clone())),
        executor: Some(ExecutorState::Here),
        // A demo is as its own command line says.
        configuration: serde_json::Value::Array(Vec::new()),
    };
    let dashboard = Dashboard::start(runtime, &settings, stream.broker(), listener, parts, None)?;
    let writer = HistoryWriter {
        broker: stream.broker(),
        settings: history::thread::ThreadSettings {
            application_id: settings.application.id.clone(),
            instance: INSTANCE.to_owned(),
            session_timeout_ms: SESSION_TIMEOUT_MS,
            // The demo's sessions are of a fixed day.
            retention_days: 0,
        },
        clock: Arc::clone(&clock),
        store: HistoryStore::new(database.clone()),
        schemas: Box::new(unframed),
        runtime: runtime.handle().clone(),
        board: history::status::Board::default(),
        rest: REST,
    };
    let parts = executor::run::Parts {
        store: CommandStore::new(database),
        clock,
        instance: INSTANCE.to_owned(),
        session_timeout_ms: SESSION_TIMEOUT_MS,
        schemas: unframed(),
        spans: Spans::default(),
    };
    let mut thread = executor::run::thread(runtime, &settings, stream.broker(), parts)?;
    let stopping = Arc::clone(is_stopping);
    let shown = std::thread::spawn(move || dashboard.until(&stopping, REST));
    let stopping = Arc::clone(is_stopping);
    let written = std::thread::spawn(move || {
        writer.run(&stopping);
        Ok(())
    });
    let stopping = Arc::clone(is_stopping);
    let carried_out = std::thread::spawn(move || {
        let _file = file;
        while !stopping.load(Ordering::Acquire) {
            thread.step().map_err(Failure::failed)?;
            SystemClock.sleep(REST);
        }
        thread.close().map_err(Failure::failed).map(drop)
    });
    Ok(Started { url, threads: vec![shown, written, carried_out] })
}

/// The demo's outputs are JSON: nobody is asked for a schema.
fn unframed() -> Schemas {
    Box::new(|_| Ok(None))
}

/// The settings of the roles, all on this machine.
fn own(settings: &Settings, platform_url: &str, file: &Temporary) -> Settings {
    let mut settings = settings.clone();
    settings.dashboard.listen = format!("127.0.0.1:{}", settings.demo.port);
    settings.executor.platform_url = platform_url.to_owned();
    settings.executor.allow_private_addresses = true;
    settings.database.url = format!("sqlite://{}", file.0.display());
    settings.database.password_file = String::new();
    settings
}

/// The database of a demo; it goes with it.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("conductor-demo-{}-{}.db", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(suffix);
            // It may never have been there.
            let _ = std::fs::remove_file(path);
        }
    }
}
