-- +goose Up
-- What was changed, in the order of the commits: one row for each commit, with the last of the revisions of its updates. It
-- names things; their values are read where they stand. The newest row is never forgotten.
CREATE TABLE changes (
    revision INTEGER PRIMARY KEY,
    at_ms    INTEGER NOT NULL,
    things   TEXT NOT NULL -- a line for each: its kind, a space, its key
) STRICT;

-- One row: the epoch of the revisions, and the revision after which the changes are known.
CREATE TABLE log (
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL
) STRICT;

INSERT INTO log (epoch, first) VALUES (lower(hex(randomblob(8))), 0);
