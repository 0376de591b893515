-- +goose Up
-- Jobs of bookings that were restored or copied get prompt ids of their own.
ALTER TABLE jobs ADD COLUMN epoch TEXT NOT NULL DEFAULT '';
