-- +goose Up
-- Workers that an administrator has taken out of service.
CREATE TABLE outages (
    worker   TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL,
    reason   TEXT NOT NULL
) STRICT;
