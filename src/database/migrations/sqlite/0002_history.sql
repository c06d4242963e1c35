-- What happened, for those who ask later. Written from the topics, batch by batch, each in one transaction with the watermarks below: a row
-- is there if and only if its record lies before the watermark.

-- One row for each session and tick. Times are milliseconds since the epoch; NULL is "not known".
CREATE TABLE engagement_metrics (
    session            TEXT    NOT NULL,
    at_ms              INTEGER NOT NULL,
    score              REAL    NOT NULL,
    score_90s          REAL    NOT NULL,
    core               REAL    NOT NULL,
    core_90s           REAL    NOT NULL,
    band               TEXT    NOT NULL,
    people             INTEGER NOT NULL,
    anomaly_score      REAL    NOT NULL,
    anomaly_level      TEXT    NOT NULL,
    anomaly_class      TEXT,
    anomaly_reason     TEXT,
    chat_per_min       REAL,
    reactions_per_min  REAL,
    poll_participation REAL,
    questions_per_min  REAL,
    join_per_min       REAL,
    leave_per_min      REAL,
    active_users       INTEGER,
    present_users      INTEGER,
    phase              TEXT,
    elapsed_s          REAL,
    term_chat          REAL,
    term_poll          REAL,
    term_active        REAL,
    term_reactions     REAL,
    term_stay          REAL,
    PRIMARY KEY (session, at_ms)
) STRICT, WITHOUT ROWID;

CREATE INDEX engagement_metrics_at_ms ON engagement_metrics (at_ms, session);

-- One row for each command: what was decided, what became of it, what it changed. Each of three topics fills columns of its own, so that
-- it does not matter which of them is read first.
CREATE TABLE interventions (
    command             TEXT    NOT NULL PRIMARY KEY,
    session             TEXT    NOT NULL,
    -- The latest time that any of its records names: when it may be deleted.
    touched_ms          INTEGER NOT NULL,
    -- Topic intervention-commands; status is the last one, the times of the statuses are those of their records.
    at_ms               INTEGER,
    kind                TEXT,
    variant             TEXT,
    segment             TEXT,
    mode                TEXT,
    confidence          REAL,
    propensity          REAL,
    holdout_probability REAL,
    context_key         TEXT,
    class               TEXT,
    reason              TEXT,
    expires_at_ms       INTEGER,
    content             TEXT,
    decided_by          TEXT,
    decided_at_ms       INTEGER,
    status              TEXT,
    proposed_ms         INTEGER,
    approved_ms         INTEGER,
    cancelled_ms        INTEGER,
    held_out_ms         INTEGER,
    -- Topic intervention-feedback.
    feedback            TEXT,
    feedback_ms         INTEGER,
    attempts            INTEGER,
    shown               TEXT,
    provider            TEXT,
    tokens_in           INTEGER,
    tokens_out          INTEGER,
    cost_usd            REAL,
    error               TEXT,
    -- Topic intervention-results.
    outcome             TEXT,
    result_ms           INTEGER,
    started_ms          INTEGER,
    treated             INTEGER,
    held_out            INTEGER,
    waited              INTEGER,
    score_before        REAL,
    score_after         REAL,
    change              REAL,
    reward              REAL,
    success             INTEGER
) STRICT;

CREATE INDEX interventions_session ON interventions (session, at_ms);
CREATE INDEX interventions_touched_ms ON interventions (touched_ms);

-- Results by the hour (UTC) in which they came. Sums are whole millionths: they come out the same in whatever portions they are added.
CREATE TABLE agent_performance (
    hour_ms           INTEGER NOT NULL,
    context_key       TEXT    NOT NULL,
    kind              TEXT    NOT NULL,
    -- '' where the kind has none.
    variant           TEXT    NOT NULL,
    treated           INTEGER NOT NULL,
    held_out          INTEGER NOT NULL,
    results           INTEGER NOT NULL,
    measured          INTEGER NOT NULL,
    successes         INTEGER NOT NULL,
    change_millionths INTEGER NOT NULL,
    reward_millionths INTEGER NOT NULL,
    PRIMARY KEY (hour_ms, context_key, kind, variant, treated, held_out)
) STRICT, WITHOUT ROWID;

-- How far each partition is written. Who writes moves it in the same transaction, from where it was found, or writes nothing.
CREATE TABLE history_watermarks (
    topic       TEXT    NOT NULL,
    "partition" INTEGER NOT NULL,
    -- Differs for a topic that was deleted and created anew: its offsets begin again.
    topic_id    TEXT    NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, "partition")
) STRICT, WITHOUT ROWID;
