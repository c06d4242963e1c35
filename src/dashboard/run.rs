//! `conductor dashboard`: the parts, put together from the settings, until the process is told to stop.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use compact_str::CompactString;
use streams::broker::Broker;
use streams::clock::Clock;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, oneshot};
use topology::wire::Mode;

use super::history::{History, LOOK_EVERY};
use super::http::{self, Guard, Served};
use super::live::{ExecutorState, Live, Now};
use super::peers::{ASK_EVERY, Peers};
use super::thread::{DashboardThread, Request, Shared};
use super::view::{Budget, View};
use super::{metrics, token};
use crate::admin::unreachable;
use crate::clock::SystemClock;
use crate::cluster;
use crate::failure::{Failure, print};
use crate::probes;
use crate::registry::Registry;
use crate::registry::known::KnownSchemas;
use crate::settings::secret::Secret;
use crate::settings::{DashboardSection, DatabaseSection, Loaded, Settings, show};

/// Threads that answer.
const WORKERS: usize = 2;
/// Exports that are taken along at once: each is a reader of the database.
const EXPORTS_MAX: usize = 2;
/// Requests that wait for the thread; more are sent away.
const WAITING_MAX: usize = 64;

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// Settings that do not fit, an address that is taken, or a client that is beyond repair.
pub fn run(loaded: &Loaded) -> Result<(), Failure> {
    let settings = &loaded.settings;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let section = &settings.dashboard;
    let broker = cluster::broker(settings)?;
    let runtime = runtime()?;
    let listener = runtime.block_on(probes::listen("dashboard.listen", &section.listen))?;
    let (tokens, made) = tokens(section)?;
    let registry = Registry::new(&settings.registry)?;
    let schemas = KnownSchemas::new(Box::new(move |schema_id| registry.fingerprint(schema_id)));
    let parts = Parts {
        clock: Arc::clone(&clock),
        wall: clock,
        speed: 1.0,
        tokens,
        schemas,
        mode: settings.decision.mode,
        history: history(&runtime, &settings.database)?,
        executor: None,
        configuration: show::values(&loaded.rows),
    };
    let prometheus = Some(metrics::install()?);
    let is_stopping = crate::stop::install(&runtime)?;
    print(&format!("The dashboard is at {}\n", link(&listener, made.as_ref())))?;
    tracing::info!(
        application = %settings.application.id,
        bootstrap_servers = %settings.kafka.bootstrap_servers,
        "the dashboard is starting at http://{}", section.listen
    );
    let dashboard = Dashboard::start(&runtime, settings, broker, listener, parts, prometheus)?;
    dashboard.until(&is_stopping, Duration::ZERO)?;
    tracing::info!("stopped");
    Ok(())
}

/// What differs between a dashboard on a cluster and that of a demo.
pub struct Parts {
    /// The clock of the sessions.
    pub clock: Arc<dyn Clock>,
    /// That of the viewers.
    pub wall: Arc<dyn Clock>,
    /// How fast the first goes.
    pub speed: f64,
    /// Who may act.
    pub tokens: Vec<(CompactString, Secret)>,
    /// How framed values are read.
    pub schemas: KnownSchemas,
    /// The mode of a session for which nobody set one.
    pub mode: Mode,
    /// What is older than the view.
    pub history: History,
    /// The settings in force, redacted, as `conductor config show --json` tells them.
    pub configuration: serde_json::Value,
    /// Where the executor is, if that need not be asked.
    pub executor: Option<ExecutorState>,
}

/// A dashboard that answers.
pub struct Dashboard<B: Broker> {
    thread: DashboardThread<B>,
    /// Dropped, it ends the server.
    _serving: oneshot::Sender<()>,
}

impl<B: Broker> Dashboard<B> {
    /// Starts to answer at this address.
    ///
    /// # Errors
    /// What the client says.
    pub fn start(
        runtime: &Runtime,
        settings: &Settings,
        broker: B,
        listener: TcpListener,
        parts: Parts,
        prometheus: Option<metrics_exporter_prometheus::PrometheusHandle>,
    ) -> Result<Self, Failure> {
        let Parts { clock, wall, speed, tokens, schemas, mode, executor, history, configuration } = parts;
        let decision = settings.decision.to_domain();
        let budget = Budget { decisions: decision.budget, span_ms: decision.budget_span };
        let live = Live::new(View::new(mode, budget), wall.now_ms(), speed);
        let shared = Shared::new(live);
        let (requests, received) = mpsc::sync_channel::<Request>(WAITING_MAX);
        let application_id = settings.application.id.clone();
        let (session_clock, viewers_clock) = (Arc::clone(&clock), Arc::clone(&wall));
        let thread = DashboardThread::new(
            broker,
            &application_id,
            shared.clone(),
            received,
            session_clock,
            viewers_clock,
            schemas,
        )
        .map_err(unreachable)?;
        let section = &settings.dashboard;
        let peers = Peers::new(section.streams(), section.executors()).map_err(Failure::failed)?;
        let is_local = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
        let served = Arc::new(Served {
            shared: shared.clone(),
            requests,
            guard: Guard::new(tokens, section.origins(), is_local),
            peers: peers.clone(),
            history,
            viewers: Arc::new(Semaphore::new(section.viewers_max as usize)),
            configuration,
            exports: Arc::new(Semaphore::new(EXPORTS_MAX)),
            clock: Arc::clone(&clock),
            wall: Arc::clone(&wall),
            application_id,
            stalled_after_ms: settings.http.stalled_after_ms,
            prometheus,
        });
        shared.desk().stepped_ms = wall.now_ms();
        let (serving, ended) = oneshot::channel::<()>();
        runtime.spawn(async move {
            let ended = async move { drop(ended.await) };
            if let Err(error) = http::serve(listener, served, ended).await {
                tracing::error!(%error, "the dashboard answers no more");
            }
        });
        runtime.spawn(async move {
            loop {
                let asked = peers.ask().await;
                let state = executor.unwrap_or(asked);
                let now = Now { session_ms: clock.now_ms(), wall_ms: wall.now_ms() };
                shared.live().set_executor(state, now);
                tokio::time::sleep(ASK_EVERY).await;
            }
        });
        Ok(Self { thread, _serving: serving })
    }

    /// Reads and writes until this is set; `rest` is for a broker that does not wait for records by itself.
    ///
    /// # Errors
    /// The set-up is wrong, or the client is beyond repair.
    pub fn until(mut self, is_stopping: &AtomicBool, rest: Duration) -> Result<(), Failure> {
        while !is_stopping.load(Ordering::Acquire) {
            self.thread.step().map_err(unreachable)?;
            SystemClock.sleep(rest);
        }
        Ok(())
    }
}

/// The history that an executor writes. Where there is none yet, the page shows what is on the topics until it comes.
fn history(runtime: &Runtime, section: &DatabaseSection) -> Result<History, Failure> {
    let password = section.password()?;
    let history = History::default();
    if let Err(error) = runtime.block_on(history.look(&section.url, password.as_ref())) {
        let every_s = LOOK_EVERY.as_secs();
        tracing::warn!(%error, every_s, "there is no history yet: the page shows what is on the topics, and looks again");
        runtime.spawn(history.clone().find(section.url.clone(), password, LOOK_EVERY));
    }
    Ok(history)
}

/// What answers run on.
///
/// # Errors
/// What the system says.
pub fn runtime() -> Result<Runtime, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(WORKERS).enable_all().build().map_err(Failure::failed)
}

/// Where it is, for a browser; with the token, if it was made here.
#[must_use]
pub fn link(listener: &TcpListener, token: Option<&Secret>) -> String {
    let address = listener.local_addr().map_or_else(|_| "an unknown address".to_owned(), |address| address.to_string());
    match token {
        Some(token) => format!("http://{address}/#token={} (who has this link may act)", token.expose()),
        None => format!("http://{address}/"),
    }
}

/// Who may act, and the token of the link, if there is one.
#[allow(clippy::type_complexity, reason = "a pair of what two callers need")]
fn tokens(section: &DashboardSection) -> Result<(Vec<(CompactString, Secret)>, Option<Secret>), Failure> {
    if section.tokens_file.is_empty() {
        let made = token::make().map_err(Failure::failed)?;
        return Ok((vec![("organiser".into(), made.clone())], Some(made)));
    }
    let file = Secret::read(Path::new(&section.tokens_file)).map_err(|error| {
        let error = format_args!("the file of dashboard.tokens_file can not be read: {error}").to_string();
        Failure::refused(error, "name a file with one `name token` a line in dashboard.tokens_file")
    })?;
    Ok((token::read(&file)?, None))
}
