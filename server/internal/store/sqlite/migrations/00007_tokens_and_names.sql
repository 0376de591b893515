-- +goose Up
-- What names are alike to the eye. Those from before that clash have none.
ALTER TABLE users ADD COLUMN skeleton TEXT;
CREATE UNIQUE INDEX users_by_skeleton ON users (skeleton);

-- Tokens that nobody can use any more, and those that nobody uses.
CREATE INDEX tokens_revoked ON tokens (revoked_ms) WHERE revoked_ms IS NOT NULL;
CREATE INDEX tokens_by_use ON tokens (max(created_ms, last_used_ms));
