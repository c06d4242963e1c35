//! What is kept of commands across a kill: how often the platform was called, with which body, and the verdict.
//!
//! Each decision is one statement. [`CommandStore::begin`] counts an attempt, unless there is a verdict, and answers the body that was
//! written first: whoever tries again sends the same bytes. [`CommandStore::finish`] sets a verdict once, and answers the one that
//! stands.

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use streams::broker::Offset;
use topology::wire::InterventionFeedback;

use crate::database::{Database, DatabaseError, on};

/// Where a command's record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The partition of `intervention-commands`.
    pub partition: u32,
    /// The offset in it.
    pub offset: Offset,
}

/// What was written for a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The text.
    pub content: String,
    /// Who wrote it.
    pub provider: String,
    /// Tokens that the provider read.
    pub tokens_in: Option<i64>,
    /// Tokens that it wrote.
    pub tokens_out: Option<i64>,
    /// What it charges, in US dollars.
    pub cost_usd: Option<f64>,
}

/// A command, as the store is told of it.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// Its id.
    pub command: &'a str,
    /// Its session.
    pub session: &'a str,
    /// Where its record lies.
    pub place: Place,
    /// Until when the platform may be called.
    pub deadline_ms: i64,
}

/// What the store knows of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Where the first record of it lies.
    pub place: Place,
    /// Its deadline, as it was first told.
    pub deadline_ms: i64,
    /// Calls that were begun.
    pub attempts: u32,
    /// What every call sends.
    pub body: Option<Vec<u8>>,
    /// What was written.
    pub draft: Option<Draft>,
    /// The verdict.
    pub feedback: Option<InterventionFeedback>,
}

/// What there is about commands, in SQL.
#[derive(Clone, Debug)]
pub struct CommandStore {
    database: Database,
}

/// What a row holds, whichever database it comes from.
macro_rules! kept {
    ($row:expr) => {
        Columns {
            partition: $row.try_get("partition")?,
            offset: $row.try_get("offset")?,
            deadline_ms: $row.try_get("deadline_ms")?,
            attempts: $row.try_get("attempts")?,
            body: $row.try_get("body")?,
            draft: $row.try_get("draft")?,
            feedback: $row.try_get("feedback")?,
        }
    };
}

struct Columns {
    partition: i64,
    offset: i64,
    deadline_ms: i64,
    attempts: i64,
    body: Option<Vec<u8>>,
    draft: Option<String>,
    feedback: Option<String>,
}

impl CommandStore {
    /// The store in this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// What is known of a command.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(&self, command: &str) -> Result<Option<Kept>, DatabaseError> {
        const FIND: &str = r#"SELECT "partition", "offset", deadline_ms, attempts, body, draft, feedback
            FROM commands WHERE command = $1"#;
        let found = on!(self.database, |pool| match sqlx::query(FIND).bind(command).fetch_optional(pool).await? {
            Some(row) => Some(kept!(row)),
            None => None,
        });
        found.map(Kept::try_from).transpose()
    }

    /// Counts a call that is about to be made. Nothing where there is a verdict: then nobody may call any more. The answer holds the body
    /// of the first attempt.
    ///
    /// # Errors
    /// The database does not answer: then nobody may call either.
    pub async fn begin(
        &self,
        key: Key<'_>,
        body: &[u8],
        draft: &Draft,
        now_ms: i64,
    ) -> Result<Option<Kept>, DatabaseError> {
        const BEGIN: &str = r#"INSERT INTO commands
            (command, session, "partition", "offset", deadline_ms, attempts, body, draft, updated_ms)
            VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8)
            ON CONFLICT (command) DO UPDATE SET
                attempts = commands.attempts + 1,
                body = COALESCE(commands.body, excluded.body),
                draft = COALESCE(commands.draft, excluded.draft),
                updated_ms = excluded.updated_ms
            WHERE commands.feedback IS NULL
            RETURNING "partition", "offset", deadline_ms, attempts, body, draft, feedback"#;
        let draft = to_json("draft", draft)?;
        let begun = on!(self.database, |pool| {
            let query = sqlx::query(BEGIN)
                .bind(key.command)
                .bind(key.session)
                .bind(i64::from(key.place.partition))
                .bind(key.place.offset)
                .bind(key.deadline_ms)
                .bind(body)
                .bind(draft)
                .bind(now_ms);
            match query.fetch_optional(pool).await? {
                Some(row) => Some(kept!(row)),
                None => None,
            }
        });
        begun.map(Kept::try_from).transpose()
    }

    /// Sets the verdict on a command, unless it has one; answers the one that stands.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn finish(
        &self,
        key: Key<'_>,
        feedback: &InterventionFeedback,
        now_ms: i64,
    ) -> Result<InterventionFeedback, DatabaseError> {
        const FINISH: &str = r#"INSERT INTO commands
            (command, session, "partition", "offset", deadline_ms, attempts, feedback, updated_ms)
            VALUES ($1, $2, $3, $4, $5, 0, $6, $7)
            ON CONFLICT (command) DO UPDATE SET
                feedback = COALESCE(commands.feedback, excluded.feedback),
                updated_ms = excluded.updated_ms
            RETURNING feedback"#;
        let feedback = to_json("feedback", feedback)?;
        let stands: String = on!(self.database, |pool| {
            let query = sqlx::query_scalar(FINISH)
                .bind(key.command)
                .bind(key.session)
                .bind(i64::from(key.place.partition))
                .bind(key.place.offset)
                .bind(key.deadline_ms)
                .bind(feedback)
                .bind(now_ms);
            query.fetch_one(pool).await?
        });
        from_json("feedback", &stands)
    }

    /// Forgets at most so many commands of which nothing was heard since; answers how many.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn prune(&self, before_ms: i64, max: u32) -> Result<u64, DatabaseError> {
        const PRUNE: &str = "DELETE FROM commands WHERE command IN
            (SELECT command FROM commands WHERE updated_ms < $1 ORDER BY updated_ms LIMIT $2)";
        let deleted = on!(self.database, |pool| {
            sqlx::query(PRUNE).bind(before_ms).bind(i64::from(max)).execute(pool).await?.rows_affected()
        });
        Ok(deleted)
    }
}

impl TryFrom<Columns> for Kept {
    type Error = DatabaseError;

    fn try_from(columns: Columns) -> Result<Self, DatabaseError> {
        let Columns { partition, offset, deadline_ms, attempts, body, draft, feedback } = columns;
        let number = |what, value: i64| {
            u32::try_from(value).map_err(|error| DatabaseError::Unreadable { what, reason: error.to_string() })
        };
        Ok(Self {
            place: Place { partition: number("partition", partition)?, offset },
            deadline_ms,
            attempts: number("number of attempts", attempts)?,
            body,
            draft: draft.map(|text| from_json("draft", &text)).transpose()?,
            feedback: feedback.map(|text| from_json("feedback", &text)).transpose()?,
        })
    }
}

fn to_json<T: Serialize>(what: &'static str, value: &T) -> Result<String, DatabaseError> {
    serde_json::to_string(value).map_err(|error| DatabaseError::Unreadable { what, reason: error.to_string() })
}

fn from_json<T: for<'de> Deserialize<'de>>(what: &'static str, text: &str) -> Result<T, DatabaseError> {
    serde_json::from_str(text).map_err(|error| DatabaseError::Unreadable { what, reason: error.to_string() })
}

#[cfg(test)]
mod tests;
