-- +goose Up
-- Workflows that somebody imported. What stands in the configuration or in the watched folder is not kept here.
CREATE TABLE workflows (
    id          TEXT PRIMARY KEY,
    filename    TEXT NOT NULL,
    hash        TEXT NOT NULL, -- of the file
    file        BLOB NOT NULL, -- JSON, as the following
    edits       BLOB NOT NULL,
    imported_by TEXT NOT NULL, -- a user, who may be gone
    created_ms  INTEGER NOT NULL,
    updated_ms  INTEGER NOT NULL
) STRICT;

-- Their pictures, of workflows of any kind.
CREATE TABLE workflow_pictures (
    workflow TEXT PRIMARY KEY,
    picture  BLOB NOT NULL
) STRICT;
