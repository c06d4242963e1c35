//! What can go wrong, and whose turn it is.

use std::io;
use std::path::{Path, PathBuf};

use streams::broker::kafka::KafkaSettingsError;
use streams::broker::{BrokerError, TopicPartition};
use streams::topology::TopologyError;
use topology::codec::EncodeError;
use topology::event_log::{LogError, OpenError, WriteError};

use crate::interrupt;

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is overwritten unasked.
    #[error("`{}` is there already: name another file, or pass --force to replace it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Nobody can be served there.
    #[error("cannot listen at {address}: {source}; name another address with --listen")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The output is gone.
    #[error("cannot show what is asked for: {0}")]
    Show(io::Error),
    /// Two outputs, one name.
    #[error("--out and --truth both name `{}`: give them different files", path.display())]
    SameFile {
        /// The file.
        path: PathBuf,
    },
    /// A log without a file name cannot be written.
    #[error("`{}` names no file: give the log a name", path.display())]
    NoName {
        /// The path as given.
        path: PathBuf,
    },
    /// An input cannot be opened.
    #[error("cannot read `{}`: {source}; check the path", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An input is larger than what is held in memory.
    #[error("`{}` has {bytes} bytes, the limit is {limit}: split it", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest that is read.
        limit: u64,
    },
    /// An input is another kind of file.
    #[error("`{}` has no column `{column}`, it has: {found}; check that it is the right file", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column that it needs.
        column: &'static str,
        /// The columns that it has.
        found: String,
    },
    /// An input without a single row.
    #[error("`{}` has no rows: nothing to import", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },
    /// A row of an input is broken.
    #[error("{}:{line}: {reason}; mend or remove the row", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line on which the row begins.
        line: u64,
        /// What is wrong with it.
        reason: RowError,
    },
    /// A record breaks the wire contract.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The log cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file beside the log cannot be written or moved to its name.
    #[error("cannot write `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An event log cannot be opened.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// An event log cannot be read to its end.
    #[error(transparent)]
    Read(#[from] LogError),
    /// A property of the client that cannot be set.
    #[error(transparent)]
    Property(#[from] KafkaSettingsError),
    /// There is no application of such a name.
    #[error("--application: {source}")]
    Application {
        /// What is wrong with it.
        source: TopologyError,
    },
    /// Too many topics at once.
    #[error("--topic is given {count} times, the limit is {limit}: record in several runs")]
    TooManyTopics {
        /// How many.
        count: usize,
        /// The most.
        limit: usize,
    },
    /// Topics that should be there.
    #[error(
        "these topics do not exist: {topics}; create them with `conductor topics create`, or check --bootstrap-servers"
    )]
    MissingTopics {
        /// Their names.
        topics: String,
    },
    /// Records so old that the cluster would delete them before anybody has read them.
    #[error(
        "the topic `{topic}` keeps records for {}, and the oldest would be {} old: the cluster would delete it at once; leave \
         --keep-timestamps out, send a shorter log, or let the topic keep records for longer: kafka-configs.sh --alter \
         --entity-type topics --entity-name {topic} --add-config retention.ms=-1",
        span(*retention_ms),
        span(*age_ms)
    )]
    Retention {
        /// The topic.
        topic: String,
        /// Its retention.
        retention_ms: u64,
        /// How old the oldest record would be.
        age_ms: u64,
    },
    /// Records so far ahead of the clock that the cluster would not take them.
    #[error(
        "the topic `{topic}` takes records up to {} ahead of the clock, and the newest would be {} ahead; leave --keep-timestamps \
         out, or let the topic take them: kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config \
         message.timestamp.after.max.ms=9223372036854775807",
        span(*ahead_max_ms),
        span(*ahead_ms)
    )]
    Ahead {
        /// The topic.
        topic: String,
        /// How far ahead it lets records be.
        ahead_max_ms: u64,
        /// How far ahead the newest would be.
        ahead_ms: u64,
    },
    /// The cluster does not take what the properties say.
    #[error("{source}; check, in --property, {remedy}")]
    Refused {
        /// What the client says.
        source: BrokerError,
        /// Which properties.
        remedy: &'static str,
    },
    /// The secret of a property can not be read.
    #[error("cannot read `{}` for {property}_file: {source}", path.display())]
    Secret {
        /// The property.
        property: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The cluster does not answer, or refuses.
    #[error("{source}; is --bootstrap-servers right, and does the cluster run?")]
    Cluster {
        /// What the client says.
        source: BrokerError,
    },
    /// The records at hand could not be committed.
    #[error("{source}; {committed} records were committed before")]
    Send {
        /// Records of earlier transactions.
        committed: u64,
        /// What the client says.
        source: BrokerError,
    },
    /// A partition that has more to give and does not give it.
    #[error("nothing came of {partition} for {seconds} s, though it has more: does the cluster run?")]
    Silent {
        /// The partition.
        partition: TopicPartition,
        /// How long it was waited for.
        seconds: i64,
    },
    /// Signals cannot be caught.
    #[error("cannot catch Ctrl-C: {0}")]
    Signals(io::Error),
    /// Somebody asked for an end before there was anything to keep.
    #[error("interrupted; nothing was sent or written")]
    Interrupted,
}

/// A span of time in its largest unit.
fn span(ms: u64) -> indicatif::HumanDuration {
    indicatif::HumanDuration(std::time::Duration::from_millis(ms))
}

impl Error {
    /// 2: the command line is to be changed. 1: something else is. 130: somebody asked for an end.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Exists { .. }
            | Self::SameFile { .. }
            | Self::NoName { .. }
            | Self::Open { .. }
            | Self::TooLarge { .. }
            | Self::Column { .. }
            | Self::Write(WriteError::Create { .. })
            | Self::Log(_)
            | Self::Property(_)
            | Self::Refused { .. }
            | Self::Secret { .. }
            | Self::Listen { .. }
            | Self::Application { .. }
            | Self::TooManyTopics { .. }
            | Self::MissingTopics { .. }
            | Self::Retention { .. }
            | Self::Ahead { .. } => 2,
            Self::NoRows { .. }
            | Self::Row { .. }
            | Self::Encode(_)
            | Self::Write(_)
            | Self::File { .. }
            | Self::Read(_)
            | Self::Cluster { .. }
            | Self::Send { .. }
            | Self::Silent { .. }
            | Self::Show(_)
            | Self::Signals(_) => 1,
            Self::Interrupted => interrupt::EXIT_CODE,
        }
    }

    pub(crate) fn cluster(source: BrokerError) -> Self {
        match source.remedy() {
            Some(remedy) => Self::Refused { source, remedy },
            None => Self::Cluster { source },
        }
    }

    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

/// What is wrong with a row.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// The file is no CSV from here on.
    #[error("not a row of CSV: {0}")]
    Csv(csv::Error),
    /// No such number.
    #[error("`{column}` is `{value}`, expected a whole number from 0 to {max}")]
    Number {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
        /// The largest that it may hold.
        max: u32,
    },
    /// Not a time.
    #[error("`{column}` is `{value}`, expected a time in UTC such as 2018-01-14 12:57:00")]
    Time {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
    /// Not a duration.
    #[error("`{column}` is `{value}`, expected a duration such as 00:44:12")]
    Duration {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
    /// Nothing where something must be.
    #[error("`{column}` is empty")]
    Empty {
        /// The column.
        column: &'static str,
    },
    /// Rows out of order.
    #[error("`{column}` is {value}, before {previous} in the row above; expected rows in order of time")]
    Order {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: i64,
        /// What the row above holds.
        previous: i64,
    },
    /// Two rows for the same minute.
    #[error("less than a minute after the row of line {other}; expected one row a minute")]
    Minute {
        /// The line of the other row.
        other: u64,
    },
    /// A name from outside its set.
    #[error("`{column}` is `{value}`, expected one of {expected}")]
    Name {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// An event of a session that is not listed.
    #[error("the session {session} is not in sessions.csv")]
    Session {
        /// The session.
        session: u32,
    },
    /// A session that ends before it starts, or is listed twice.
    #[error("the session {session} ends before it starts, or is listed twice")]
    Span {
        /// The session.
        session: u32,
    },
}
