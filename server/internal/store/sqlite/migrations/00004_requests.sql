-- +goose Up
-- A booking's request id stands with its event: one row less for each booking.
ALTER TABLE events ADD COLUMN request_id TEXT;
ALTER TABLE events ADD COLUMN request_hash BLOB;
UPDATE events SET request_id = r.request_id, request_hash = r.hash FROM requests r WHERE r.job_id = events.job_id AND events.action = 'book';
INSERT INTO counters (name, value) SELECT 'first request', coalesce(min(number), 0) FROM events WHERE request_id IS NOT NULL;
DROP TABLE requests;
