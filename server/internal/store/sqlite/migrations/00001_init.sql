-- +goose Up
CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    administrator INTEGER NOT NULL DEFAULT 0,
    created_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id),
    hash        BLOB NOT NULL UNIQUE,
    client_name TEXT NOT NULL,
    created_ms  INTEGER NOT NULL,
    revoked_ms  INTEGER
) STRICT;

CREATE INDEX tokens_of_user ON tokens (user_id);

CREATE TABLE templates (
    hash     TEXT PRIMARY KEY,
    workflow TEXT NOT NULL,
    title    TEXT NOT NULL,
    graph    BLOB NOT NULL,
    bindings BLOB NOT NULL
) STRICT;

CREATE TABLE jobs (
    id               TEXT PRIMARY KEY,
    user_id          TEXT NOT NULL REFERENCES users (id),
    worker           TEXT NOT NULL,
    workflow         TEXT NOT NULL,
    template         TEXT NOT NULL,
    status           TEXT NOT NULL CHECK ( -- no IN: it would fill a table for each row
        status = 'scheduled' OR status = 'processing' OR status = 'completed' OR status = 'failed' OR status = 'cancelled'),
    start_ms         INTEGER NOT NULL,
    end_ms           INTEGER NOT NULL CHECK (end_ms >= start_ms),
    estimate_ms      INTEGER NOT NULL,
    prompt           TEXT NOT NULL,
    seed             TEXT NOT NULL,                 -- decimal: all 64 bits, unsigned
    parameters       TEXT NOT NULL,                 -- JSON
    results          TEXT,                          -- JSON
    failure          TEXT,                          -- JSON
    delay            TEXT,                          -- JSON
    attempt          INTEGER NOT NULL,
    losses           INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    created_ms       INTEGER NOT NULL,
    started_ms       INTEGER NOT NULL,
    finished_ms      INTEGER NOT NULL
) STRICT;

CREATE INDEX jobs_active ON jobs (worker, start_ms) WHERE status IN ('scheduled', 'processing');
CREATE INDEX jobs_by_start ON jobs (start_ms, id);
CREATE INDEX jobs_of_user ON jobs (user_id, start_ms, id);
CREATE INDEX jobs_ended ON jobs (finished_ms) WHERE finished_ms > 0;

-- The last guard of the collision rule. Active slots never overlap, so the latest start at or before the new end is the
-- only one that can reach into the new slot.
-- +goose StatementBegin
CREATE TRIGGER jobs_no_overlap_insert BEFORE INSERT ON jobs
WHEN new.status IN ('scheduled', 'processing')
BEGIN
    SELECT raise(ABORT, 'slots overlap')
    WHERE (SELECT end_ms FROM jobs
           WHERE worker = new.worker AND status IN ('scheduled', 'processing') AND start_ms <= new.end_ms
           ORDER BY start_ms DESC LIMIT 1) >= new.start_ms;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER jobs_no_overlap_update BEFORE UPDATE OF start_ms, end_ms, status, worker ON jobs
WHEN new.status IN ('scheduled', 'processing')
    AND (new.start_ms <> old.start_ms OR new.end_ms <> old.end_ms OR new.worker <> old.worker OR old.status NOT IN ('scheduled', 'processing'))
BEGIN
    SELECT raise(ABORT, 'slots overlap')
    WHERE (SELECT end_ms FROM jobs
           WHERE worker = new.worker AND status IN ('scheduled', 'processing') AND start_ms <= new.end_ms AND id <> new.id
           ORDER BY start_ms DESC LIMIT 1) >= new.start_ms;
END;
-- +goose StatementEnd

CREATE TABLE requests (
    user_id    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    job_id     TEXT NOT NULL,
    hash       BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, request_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_by_age ON requests (created_ms);

CREATE TABLE records (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name, value) VALUES ('user', 0), ('longest slot', 0);
