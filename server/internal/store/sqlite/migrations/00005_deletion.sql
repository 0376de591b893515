-- +goose Up
-- A deleted user's row stays for as long as a job, a pause or an invitation refers to it.
ALTER TABLE users ADD COLUMN deleted_ms INTEGER;

-- Deleted users whose jobs may still hold what they asked for.
CREATE TABLE erasures (
    user_id TEXT PRIMARY KEY REFERENCES users (id)
) STRICT, WITHOUT ROWID;
