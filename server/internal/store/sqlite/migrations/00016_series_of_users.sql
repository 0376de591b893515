-- +goose Up
-- Somebody's series, the latest first: their ids tell when they were booked.
CREATE INDEX series_of_user ON jobs (user_id, series) WHERE series <> '';
