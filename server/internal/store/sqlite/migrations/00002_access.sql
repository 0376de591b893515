-- +goose Up
ALTER TABLE tokens ADD COLUMN last_used_ms INTEGER NOT NULL DEFAULT 0;

CREATE INDEX users_by_age ON users (created_ms, id);

CREATE TABLE invitations (
    id         TEXT PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    note       TEXT NOT NULL,
    created_by TEXT NOT NULL REFERENCES users (id),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    max_uses   INTEGER NOT NULL,
    uses       INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT;

-- No index but the number: written with every booking, read seldom and latest first.
CREATE TABLE events (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms   INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    address TEXT NOT NULL,
    action  TEXT NOT NULL,
    job_id  TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;

CREATE TABLE pauses (
    worker   TEXT PRIMARY KEY,
    start_ms INTEGER NOT NULL,
    end_ms   INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    user_id  TEXT NOT NULL REFERENCES users (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_active_of_user ON jobs (user_id) WHERE status IN ('scheduled', 'processing');

CREATE TABLE result_files (
    filename TEXT PRIMARY KEY,
    job_id   TEXT NOT NULL REFERENCES jobs (id)
) STRICT, WITHOUT ROWID;

INSERT OR REPLACE INTO result_files (filename, job_id)
SELECT r.value ->> 'filename', j.id FROM jobs j, json_each(j.results) r
WHERE j.results IS NOT NULL AND r.value ->> 'filename' <> '' ORDER BY j.finished_ms;
