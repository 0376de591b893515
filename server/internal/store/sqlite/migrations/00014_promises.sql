-- +goose Up
-- How a place was promised, what its length rests on, and the series that a job was booked with.
ALTER TABLE jobs ADD COLUMN load_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN basis TEXT NOT NULL DEFAULT 'measured';
ALTER TABLE jobs ADD COLUMN sooner INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN promised_ms INTEGER NOT NULL DEFAULT 0; -- 0: as the slot
ALTER TABLE jobs ADD COLUMN series TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN series_index INTEGER NOT NULL DEFAULT 0;
CREATE INDEX jobs_of_series ON jobs (series, series_index) WHERE series <> '';
