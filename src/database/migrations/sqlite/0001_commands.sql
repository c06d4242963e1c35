-- One row for each command that an executor has begun with, or has a verdict on: what decides which body is sent, and how it ended.
CREATE TABLE commands (
    command     TEXT    NOT NULL PRIMARY KEY,
    session     TEXT    NOT NULL,
    -- Where its record lies: the same command anywhere else is a duplicate.
    "partition" INTEGER NOT NULL,
    "offset"    INTEGER NOT NULL,
    deadline_ms INTEGER NOT NULL,
    -- Calls that were begun.
    attempts    INTEGER NOT NULL,
    -- The first one that was written; every call sends it.
    body        BLOB,
    -- JSON: what the body says, who wrote it, and what that cost.
    draft       TEXT,
    -- JSON: the verdict, set once.
    feedback    TEXT,
    updated_ms  INTEGER NOT NULL
) STRICT;

CREATE INDEX commands_updated_ms ON commands (updated_ms);
