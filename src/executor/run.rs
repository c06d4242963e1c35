//! `conductor executor`: the parts, put together from the settings, until the process is told to stop.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use governor::{Quota, RateLimiter};
use reqwest::Url;
use streams::broker::kafka::KafkaBroker;
use streams::broker::{Admin, Broker, BrokerError};
use streams::clock::Clock;
use streams::task::DeadLetters;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use topology::wire::topics;

use super::execution::Execution;
use super::platform::{PlatformClient, PlatformSettings};
use super::status::{self, Board, Shown};
use super::store::CommandStore;
use super::thread::{ExecutorError, ExecutorThread, ThreadSettings};
use super::trace::Traces;
use crate::admin::unreachable;
use crate::clock::SystemClock;
use crate::cluster;
use crate::content::provider::{Chain, Interface, Model, Price};
use crate::database::Database;
use crate::failure::Failure;
use crate::history;
use crate::history::run::HistoryWriter;
use crate::history::store::HistoryStore;
use crate::http::address::AllowedHosts;
use crate::http::circuit_breaker::{CircuitBreaker, CircuitBreakerSettings};
use crate::http::{HttpClient, HttpSettings};
use crate::probes;
use crate::registry::Registry;
use crate::registry::known::Schemas;
use crate::settings::secret::Secret;
use crate::settings::{ContentSection, DatabaseSection, ExecutorSection, Settings};
use crate::spans::Spans;

/// Threads that wait for answers.
const WORKERS: usize = 2;
/// A day longer than the topic keeps commands.
const KEPT_MS: i64 = 31 * 24 * 60 * 60 * 1000;
/// How often, and how many at once, commands are forgotten that are older.
const PRUNE_EVERY_MS: i64 = 60_000;
const PRUNE_MAX: u32 = 1_000;
/// The largest value that is kept of a command that can not be read.
const DEAD_LETTER_BYTES_MAX: usize = 512 * 1024;
/// How long an end waits for the history.
const HISTORY_PATIENCE: Duration = Duration::from_secs(7);

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// Settings that are missing, topics that do not fit, a database that is not there, or a client that is beyond repair.
pub fn run(settings: &Settings) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // What is wrong with the settings is told before anything is connected.
    platform(&settings.executor)?;
    let broker = cluster::broker(settings)?;
    check_topics(&broker)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    let is_stopping = crate::stop::install(&runtime)?;
    let listener = runtime.block_on(probes::listen("executor.listen", &settings.executor.listen))?;
    let board = Board::default();
    let history_board = history::status::Board::default();
    let shown = Shown::new(board.clone(), history_board.clone(), Arc::clone(&clock), settings.http.stalled_after_ms)?;
    let database = runtime.block_on(open(&settings.database))?;
    let store = CommandStore::new(database.clone());
    let instance = cluster::instance_name(&settings.engine);
    let session_timeout_ms = settings.engine.session_timeout_ms.min(10_000);
    let spans = Spans::new(&settings.telemetry, "conductor-executor", &instance)?;
    let registry = Arc::new(Registry::new(&settings.registry)?);
    let schemas = move || -> Schemas {
        let registry = Arc::clone(&registry);
        Box::new(move |schema_id| registry.fingerprint(schema_id))
    };
    let history = HistoryWriter {
        broker: broker.clone(),
        settings: history::thread::ThreadSettings {
            application_id: settings.application.id.clone(),
            instance: instance.clone(),
            session_timeout_ms,
            retention_days: settings.history.retention_days,
        },
        clock: Arc::clone(&clock),
        store: HistoryStore::new(database),
        schemas: Box::new(schemas.clone()),
        runtime: runtime.handle().clone(),
        board: history_board,
        rest: Duration::ZERO,
    };
    let parts = Parts {
        store: store.clone(),
        clock: Arc::clone(&clock),
        instance: instance.clone(),
        session_timeout_ms,
        schemas: schemas(),
        spans: spans.clone(),
    };
    let thread = thread(&runtime, settings, broker, parts)?;
    tracing::info!(
        application = %settings.application.id,
        %instance,
        platform = %settings.executor.platform_url,
        bootstrap_servers = %settings.kafka.bootstrap_servers,
        "the executor is starting; health and metrics at http://{}", settings.executor.listen
    );
    board.put(thread.status());
    runtime.spawn(status::serve(listener, shown, std::future::pending()));
    let written = settings.history.write.then(|| write_history(history, &is_stopping)).transpose()?;
    let carried_out = carry_out(thread, &board, &store, &runtime, &*clock, &is_stopping);
    is_stopping.store(true, Ordering::Release);
    if let Some(written) = written {
        // What is not written by then is written by whoever comes next.
        let _ = written.recv_timeout(HISTORY_PATIENCE);
    }
    spans.close();
    carried_out
}

/// Carries commands out until it is told to stop.
fn carry_out(
    mut thread: ExecutorThread<KafkaBroker>,
    board: &Board,
    store: &CommandStore,
    runtime: &Runtime,
    clock: &dyn Clock,
    is_stopping: &AtomicBool,
) -> Result<(), Failure> {
    let mut pruned_ms = clock.now_ms();
    let mut is_ready = false;
    while !is_stopping.load(Ordering::Acquire) {
        thread.step().map_err(ended)?;
        let status = thread.status();
        board.put(status);
        if (status.reading_back == 0) != is_ready {
            is_ready = !is_ready;
            let now = if is_ready { "ready" } else { "reading back" };
            tracing::info!(partitions = status.partitions, open = status.open, "{now}");
        }
        if clock.now_ms().saturating_sub(pruned_ms) >= PRUNE_EVERY_MS {
            pruned_ms = clock.now_ms();
            prune(runtime, store.clone(), pruned_ms);
        }
    }
    tracing::info!("stopping: calls that are under way are waited for");
    let counts = thread.close().map_err(ended)?;
    tracing::info!(?counts, "stopped");
    Ok(())
}

/// What differs between an executor on a cluster and that of a demo.
pub struct Parts {
    /// What survives a kill.
    pub store: CommandStore,
    /// The clock that commands live by.
    pub clock: Arc<dyn Clock>,
    /// The name of the process.
    pub instance: String,
    /// A silent executor is out of the group after this, by that clock.
    pub session_timeout_ms: u64,
    /// How framed commands are read.
    pub schemas: Schemas,
    /// Where spans go.
    pub spans: Spans,
}

/// The thread of an executor, as the settings want it.
///
/// # Errors
/// Settings that are missing, or what the client says.
pub fn thread<B: Broker>(
    runtime: &Runtime,
    settings: &Settings,
    broker: B,
    parts: Parts,
) -> Result<ExecutorThread<B>, Failure> {
    let Parts { store, clock, instance, session_timeout_ms, schemas, spans } = parts;
    let writers = writers(&settings.content, &clock)?;
    let platform = platform(&settings.executor)?;
    let execution = Arc::new(execution(&settings.executor, (store, platform, writers), spans, &clock));
    let thread = ThreadSettings {
        application_id: settings.application.id.clone(),
        instance,
        commit_interval_ms: settings.executor.commit_interval_ms,
        session_timeout_ms,
        format: topology::codec::Format::Json,
        dead_letters: dead_letters(settings, &broker)?,
    };
    ExecutorThread::new(broker, thread, clock, execution, schemas, runtime.handle().clone()).map_err(unreachable)
}

/// Where the stream sets records aside, too.
fn dead_letters(settings: &Settings, broker: &impl Broker) -> Result<DeadLetters, Failure> {
    let topic = cluster::topology(settings)?.dead_letter_topic();
    let found = broker.admin().map_err(unreachable)?.describe_topic(&topic).map_err(unreachable)?;
    let description = found.ok_or_else(|| missing(&topic))?;
    Ok(DeadLetters::new(topic, description.spec.partitions, DEAD_LETTER_BYTES_MAX))
}

fn missing(topic: &str) -> Failure {
    Failure::refused(format_args!("there is no topic {topic}"), "create what is missing with `conductor topics create`")
}

/// Starts the thread beside this one; tells when it has ended.
fn write_history(writer: HistoryWriter<KafkaBroker>, is_stopping: &Arc<AtomicBool>) -> Result<Receiver<()>, Failure> {
    let is_stopping = Arc::clone(is_stopping);
    let (written, is_written) = mpsc::channel();
    let thread = std::thread::Builder::new().name("history".to_owned());
    let started = thread.spawn(move || {
        writer.run(&is_stopping);
        // Nobody listens any more where the process did not want to wait.
        let _ = written.send(());
    });
    started.map(|_| is_written).map_err(Failure::failed)
}

/// Why it can not go on.
fn ended(error: impl Into<ExecutorError>) -> Failure {
    match error.into() {
        ExecutorError::Broker(error @ BrokerError::ProducerFenced { .. }) => {
            Failure::refused(error, "another executor has the same name: give each an --instance of its own")
        }
        ExecutorError::Broker(error) => unreachable(error),
        ExecutorError::Registry(error) => error.into(),
    }
}

fn platform(section: &ExecutorSection) -> Result<PlatformClient, Failure> {
    let remedy = "set executor.platform_url to where your event platform takes interventions, such as https://events.example/api";
    if section.platform_url.is_empty() {
        return Err(Failure::refused("executor.platform_url is not set", remedy));
    }
    let base_url: Url = section
        .platform_url
        .parse()
        .map_err(|error| Failure::refused(format_args!("executor.platform_url: {error}"), remedy))?;
    let allowed = AllowedHosts::new(base_url.host_str().map(str::to_owned), section.allow_private_addresses);
    allowed.check(&base_url).map_err(|error| {
        Failure::refused(error, "set executor.allow_private_addresses to true if the platform is on your own network")
    })?;
    let http =
        HttpSettings { connect_timeout_ms: section.connect_timeout_ms, request_timeout_ms: section.request_timeout_ms };
    let settings = PlatformSettings {
        base_url,
        token: Secret::of_setting("executor.token_file", &section.token_file)?,
        signing_secret: Secret::of_setting("executor.signing_secret_file", &section.signing_secret_file)?,
    };
    Ok(PlatformClient::new(HttpClient::new(http, allowed).map_err(Failure::failed)?, settings))
}

/// The models that have a key.
fn writers(section: &ContentSection, clock: &Arc<dyn Clock>) -> Result<Chain, Failure> {
    let mut models = Vec::new();
    for (interface, model, name) in [
        (Interface::Anthropic, &section.anthropic, "content.anthropic"),
        (Interface::OpenAi, &section.openai, "content.openai"),
    ] {
        let Some(key) = Secret::of_setting(&format!("{name}.key_file"), &model.key_file)? else { continue };
        let url = model.url.parse().map_err(|error| {
            let remedy = format_args!("set {name}.url to the whole URL that requests go to").to_string();
            Failure::refused(format_args!("{name}.url: {error}"), remedy)
        })?;
        let price =
            Price { per_million_in_usd: model.per_million_in_usd, per_million_out_usd: model.per_million_out_usd };
        let price = Some(price).filter(|price| price.per_million_in_usd + price.per_million_out_usd > 0.0);
        models.push(Model { interface, url, name: model.model.clone(), key, price, breaker: Model::breaker() });
    }
    let hosts = models.iter().filter_map(|model| model.url.host_str().map(str::to_owned));
    let allowed = AllowedHosts::new(hosts, section.allow_private_addresses);
    for model in &models {
        allowed.check(&model.url).map_err(|error| {
            Failure::refused(error, "set content.allow_private_addresses to true if the model is on your own network")
        })?;
    }
    let http = HttpSettings { connect_timeout_ms: section.deadline_ms, request_timeout_ms: section.deadline_ms };
    let http = HttpClient::new(http, allowed).map_err(Failure::failed)?;
    let (deadline_ms, language, clock) = (section.deadline_ms, section.language.clone(), Arc::clone(clock));
    Ok(Chain { models, http, deadline_ms, language, clock })
}

/// The database of the settings.
///
/// # Errors
/// It is not there, or does not let us in.
pub async fn open(section: &DatabaseSection) -> Result<Database, Failure> {
    let password = section.password()?;
    let opened = Database::open(&section.url, password.as_ref().map(Secret::expose)).await;
    opened.map_err(|error| Failure {
        remedy: Some("is database.url right, is its folder there, and does its server run?".into()),
        ..Failure::failed(error)
    })
}

fn execution(
    section: &ExecutorSection,
    (store, platform, writers): (CommandStore, PlatformClient, Chain),
    spans: Spans,
    clock: &Arc<dyn Clock>,
) -> Execution {
    let breaker = CircuitBreakerSettings { failures: section.breaker_failures, open_ms: section.breaker_open_ms };
    Execution {
        store,
        platform,
        writers,
        traces: Traces::new(spans),
        breaker: Mutex::new(CircuitBreaker::new(breaker)),
        permits: Semaphore::new(section.calls_max as usize),
        limiter: NonZeroU32::new(section.calls_per_s_max).map(|calls| RateLimiter::direct(Quota::per_second(calls))),
        clock: Arc::clone(clock),
        call_timeout_ms: i64::try_from(section.request_timeout_ms).unwrap_or(i64::MAX),
        store_is_away: false.into(),
    }
}

/// A command's partition has its session's control records and its feedback: the three topics must have equally many.
fn check_topics(broker: &impl Broker) -> Result<(), Failure> {
    let admin = broker.admin().map_err(unreachable)?;
    let mut counts = Vec::new();
    for topic in [topics::INTERVENTION_COMMANDS, topics::SESSION, topics::INTERVENTION_FEEDBACK] {
        let found = admin.describe_topic(topic).map_err(unreachable)?;
        let description = found.ok_or_else(|| missing(topic))?;
        counts.push((topic, description.spec.partitions));
    }
    if counts.iter().all(|(_, count)| Some(*count) == counts.first().map(|(_, first)| *first)) {
        return Ok(());
    }
    let shown: Vec<String> = counts.iter().map(|(topic, count)| format!("{topic} has {count}")).collect();
    Err(Failure::refused(
        format_args!("these topics differ in their partitions: {}", shown.join(", ")),
        "create them with equally many; `conductor topics check` says what the stream needs",
    ))
}

fn prune(runtime: &Runtime, store: CommandStore, now_ms: i64) {
    runtime.spawn(async move {
        if let Err(error) = store.prune(now_ms.saturating_sub(KEPT_MS), PRUNE_MAX).await {
            tracing::warn!(%error, "old commands could not be forgotten");
        }
    });
}
