-- +goose Up
-- Files that users handed in. Their content lies beside the bookings, in the folder assets.
CREATE TABLE assets (
    id          TEXT PRIMARY KEY, -- hash of the content
    kind        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    size        INTEGER NOT NULL,
    width       INTEGER NOT NULL,
    height      INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    animated    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE asset_owners (
    user_id    TEXT NOT NULL,
    asset_id   TEXT NOT NULL,
    name       TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL,
    PRIMARY KEY (user_id, asset_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX owners_of_asset ON asset_owners (asset_id);
CREATE INDEX assets_by_use ON asset_owners (used_ms);

-- Which jobs take them.
CREATE TABLE job_assets (
    job_id   TEXT NOT NULL,
    asset_id TEXT NOT NULL,
    PRIMARY KEY (job_id, asset_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_of_asset ON job_assets (asset_id);
