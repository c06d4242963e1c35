//! How a stream thread is set up. What lives behind a trait (broker, stores, clock) is passed as a value instead.

/// How often a record has its effects, in the names of Kafka Streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProcessingGuarantee {
    /// Once: outputs, changelogs and offsets are one transaction.
    #[default]
    ExactlyOnceV2,
    /// Once, and again after a failure: everything is written at once, and offsets follow. A changelog then holds rows of records
    /// whose offsets were not committed, so a state may contain a record that is processed again. Nothing is lost.
    AtLeastOnce,
}

/// Whether the wall clock takes part in choosing records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PacingMode {
    /// It does not: a backtest gives the same bytes at any speed.
    Unpaced,
    /// A record ahead of the wall clock moves stream time only a little past it.
    Live,
}

/// What a member does when it closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShutdownGroup {
    /// Its partitions go to the others at once.
    Leave,
    /// They wait for it until the session time-out: a rolling restart moves nothing. For static members.
    Remain,
}

/// The settings of one stream thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadSettings {
    /// The group, the prefix of internal topics and of transactional ids.
    pub application_id: String,
    /// This process, unique in the application.
    pub instance: String,
    /// This thread, unique in the process.
    pub thread: u32,
    /// How often a record has its effects.
    pub processing_guarantee: ProcessingGuarantee,
    /// Whether the member is static: `<instance>-<thread>` is then its group instance id.
    pub is_static_member: bool,
    /// What closing means to the group.
    pub shutdown_group: ShutdownGroup,
    /// Between two commits, at most.
    pub commit_interval_ms: u64,
    /// An unchanged thread commits its offsets again after this long: the group forgets offsets of topics it is not
    /// subscribed to.
    pub offset_refresh_ms: u64,
    /// Uncommitted rows of all tasks beyond this cause a commit before its time.
    pub overlay_bytes_max: usize,
    /// Records sent in one transaction; more cause a commit before its time.
    pub transaction_records_max: usize,
    /// Records and timers in one step, over all tasks.
    pub records_per_step: usize,
    /// Records that wait in the buffer of one input.
    pub fetch_records_max: usize,
    /// Bytes that wait in the buffer of one input; no fetch above.
    pub buffered_bytes_max: usize,
    /// Records of changelogs and global tables in one step.
    pub restore_records_per_step: usize,
    /// Whether the wall clock takes part.
    pub pacing: PacingMode,
    /// Silence for longer than this lets stream time go on by itself; `None` = never.
    pub idle_advance_ms: Option<u64>,
    /// Between two look-ups of where the inputs end, at least (live only; a backtest looks whenever it needs to know).
    pub lookup_interval_ms: u64,
    /// A look-up that is older says nothing any more: the input is unknown, and silence is no silence.
    pub lookup_valid_ms: u64,
    /// Whether stores are logged. Without, a lost state is lost: for backtests that are never restored.
    pub changelog: bool,
    /// Whether outputs carry a header [`PRODUCED_MS`](super::PRODUCED_MS): the wall time of their production, for their timestamp is event time.
    pub produced_header: bool,
    /// Whether records of repartition topics are deleted once they are committed.
    pub purge_repartition: bool,
    /// Whether that happens to all inputs: a backtest then streams in bounded memory.
    pub purge_inputs: bool,
    /// Between two such deletions, at least (live only; a backtest deletes with every commit).
    pub purge_interval_ms: u64,
    /// Aborts in a row before the thread gives up.
    pub aborts_max: u32,
    /// Rounds in which closing, or giving partitions up, waits for the last commit.
    pub close_rounds_max: u32,
    /// And how long, at most.
    pub close_timeout_ms: u64,
    /// See [`ConsumerConfig`](crate::broker::ConsumerConfig).
    pub session_timeout_ms: u64,
    /// See [`ConsumerConfig`](crate::broker::ConsumerConfig).
    pub max_poll_interval_ms: u64,
    /// See [`ProducerConfig`](crate::broker::ProducerConfig).
    pub transaction_timeout_ms: u64,
    /// A defect to plant, so that a simulation can show that it would find it.
    #[cfg(any(test, feature = "testing"))]
    pub sabotage: Sabotage,
}

/// Defects that the simulator must find.
#[cfg(any(test, feature = "testing"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sabotage {
    /// The engine as it is.
    #[default]
    None,
    /// Stores are written before the outcome of the commit is known.
    ApplyBeforeCommit,
    /// Timers fire once per slice of records that was fetched, not before the record that makes them due.
    TimersBySlice,
    /// The restore stops at the last stable offset, before the rows of decided transactions whose marker is on its way.
    RestoreToLastStable,
}

impl ThreadSettings {
    /// The usual settings for one thread of `application_id`.
    #[must_use]
    pub fn new(application_id: &str, instance: &str, thread: u32) -> Self {
        Self {
            application_id: application_id.to_owned(),
            instance: instance.to_owned(),
            thread,
            processing_guarantee: ProcessingGuarantee::ExactlyOnceV2,
            is_static_member: false,
            shutdown_group: ShutdownGroup::Leave,
            commit_interval_ms: 100,
            offset_refresh_ms: 12 * 60 * 60 * 1000,
            overlay_bytes_max: 32 << 20,
            transaction_records_max: 100_000,
            records_per_step: 1_000,
            fetch_records_max: 1_000,
            buffered_bytes_max: 4 << 20,
            restore_records_per_step: 10_000,
            pacing: PacingMode::Live,
            idle_advance_ms: Some(2_000),
            lookup_interval_ms: 20,
            lookup_valid_ms: 1_000,
            changelog: true,
            produced_header: false,
            purge_repartition: true,
            purge_inputs: false,
            purge_interval_ms: 30_000,
            aborts_max: 10,
            close_rounds_max: 5_000,
            close_timeout_ms: 3_000,
            session_timeout_ms: 45_000,
            max_poll_interval_ms: 300_000,
            transaction_timeout_ms: 10_000,
            #[cfg(any(test, feature = "testing"))]
            sabotage: Sabotage::None,
        }
    }

    /// `<application>-<instance>-<thread>`: the one writer of that name.
    #[must_use]
    pub fn transactional_id(&self) -> String {
        format!("{}-{}-{}", self.application_id, self.instance, self.thread)
    }

    /// `<instance>-<thread>`, for static members.
    #[must_use]
    pub fn group_instance(&self) -> Option<String> {
        self.is_static_member.then(|| format!("{}-{}", self.instance, self.thread))
    }

    pub(crate) fn is_exactly_once(&self) -> bool {
        self.processing_guarantee == ProcessingGuarantee::ExactlyOnceV2
    }

    pub(crate) fn is_unpaced(&self) -> bool {
        self.pacing == PacingMode::Unpaced
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn is_sabotaged(&self, sabotage: Sabotage) -> bool {
        self.sabotage == sabotage
    }
}
