-- What happened, for those who ask later. Written from the topics, batch by batch, each in one transaction with the watermarks below: a row
-- is there if and only if its record lies before the watermark.

-- One row for each session and tick. Times are milliseconds since the epoch; NULL is "not known".
CREATE TABLE engagement_metrics (
    session            TEXT COLLATE "C" NOT NULL,
    at_ms              BIGINT           NOT NULL,
    score              DOUBLE PRECISION NOT NULL,
    score_90s          DOUBLE PRECISION NOT NULL,
    core               DOUBLE PRECISION NOT NULL,
    core_90s           DOUBLE PRECISION NOT NULL,
    band               TEXT             NOT NULL,
    people             BIGINT           NOT NULL,
    anomaly_score      DOUBLE PRECISION NOT NULL,
    anomaly_level      TEXT             NOT NULL,
    anomaly_class      TEXT,
    anomaly_reason     TEXT,
    chat_per_min       DOUBLE PRECISION,
    reactions_per_min  DOUBLE PRECISION,
    poll_participation DOUBLE PRECISION,
    questions_per_min  DOUBLE PRECISION,
    join_per_min       DOUBLE PRECISION,
    leave_per_min      DOUBLE PRECISION,
    active_users       BIGINT,
    present_users      BIGINT,
    phase              TEXT,
    elapsed_s          DOUBLE PRECISION,
    term_chat          DOUBLE PRECISION,
    term_poll          DOUBLE PRECISION,
    term_active        DOUBLE PRECISION,
    term_reactions     DOUBLE PRECISION,
    term_stay          DOUBLE PRECISION,
    PRIMARY KEY (session, at_ms)
);

CREATE INDEX engagement_metrics_at_ms ON engagement_metrics (at_ms, session);

-- One row for each command: what was decided, what became of it, what it changed. Each of three topics fills columns of its own, so that
-- it does not matter which of them is read first.
CREATE TABLE interventions (
    command             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    session             TEXT COLLATE "C" NOT NULL,
    -- The latest time that any of its records names: when it may be deleted.
    touched_ms          BIGINT           NOT NULL,
    -- Topic intervention-commands; status is the last one, the times of the statuses are those of their records.
    at_ms               BIGINT,
    kind                TEXT,
    variant             TEXT,
    segment             TEXT,
    mode                TEXT,
    confidence          DOUBLE PRECISION,
    propensity          DOUBLE PRECISION,
    holdout_probability DOUBLE PRECISION,
    context_key         TEXT,
    class               TEXT,
    reason              TEXT,
    expires_at_ms       BIGINT,
    content             TEXT,
    decided_by          TEXT,
    decided_at_ms       BIGINT,
    status              TEXT,
    proposed_ms         BIGINT,
    approved_ms         BIGINT,
    cancelled_ms        BIGINT,
    held_out_ms         BIGINT,
    -- Topic intervention-feedback.
    feedback            TEXT,
    feedback_ms         BIGINT,
    attempts            BIGINT,
    shown               TEXT,
    provider            TEXT,
    tokens_in           BIGINT,
    tokens_out          BIGINT,
    cost_usd            DOUBLE PRECISION,
    error               TEXT,
    -- Topic intervention-results.
    outcome             TEXT,
    result_ms           BIGINT,
    started_ms          BIGINT,
    treated             BOOLEAN,
    held_out            BOOLEAN,
    waited              BOOLEAN,
    score_before        DOUBLE PRECISION,
    score_after         DOUBLE PRECISION,
    change              DOUBLE PRECISION,
    reward              DOUBLE PRECISION,
    success             BOOLEAN
);

CREATE INDEX interventions_session ON interventions (session, at_ms);
CREATE INDEX interventions_touched_ms ON interventions (touched_ms);

-- Results by the hour (UTC) in which they came. Sums are whole millionths: they come out the same in whatever portions they are added.
CREATE TABLE agent_performance (
    hour_ms           BIGINT           NOT NULL,
    context_key       TEXT COLLATE "C" NOT NULL,
    kind              TEXT COLLATE "C" NOT NULL,
    -- '' where the kind has none.
    variant           TEXT COLLATE "C" NOT NULL,
    treated           BOOLEAN          NOT NULL,
    held_out          BOOLEAN          NOT NULL,
    results           BIGINT           NOT NULL,
    measured          BIGINT           NOT NULL,
    successes         BIGINT           NOT NULL,
    change_millionths BIGINT           NOT NULL,
    reward_millionths BIGINT           NOT NULL,
    PRIMARY KEY (hour_ms, context_key, kind, variant, treated, held_out)
);

-- How far each partition is written. Who writes moves it in the same transaction, from where it was found, or writes nothing.
CREATE TABLE history_watermarks (
    topic       TEXT COLLATE "C" NOT NULL,
    "partition" BIGINT           NOT NULL,
    -- Differs for a topic that was deleted and created anew: its offsets begin again.
    topic_id    TEXT             NOT NULL,
    next_offset BIGINT           NOT NULL,
    PRIMARY KEY (topic, "partition")
);

-- Where TimescaleDB is loaded, the metrics become one of its hypertables, a chunk a day; anywhere else nothing happens here, and nothing
-- else depends on it. This was not run on a TimescaleDB: none was to be had.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
        AND current_setting('shared_preload_libraries') LIKE '%timescaledb%' THEN
        EXECUTE 'CREATE EXTENSION IF NOT EXISTS timescaledb';
        EXECUTE 'SELECT create_hypertable(''engagement_metrics'', ''at_ms'', chunk_time_interval => 86400000::bigint)';
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'engagement_metrics stays a plain table: %', SQLERRM;
END
$$;
