-- +goose Up
-- Two workers may write files of one name: a result belongs to its worker too.
CREATE TABLE results_of_workers (
    worker   TEXT NOT NULL,
    filename TEXT NOT NULL,
    job_id   TEXT NOT NULL REFERENCES jobs (id),
    PRIMARY KEY (worker, filename)
) STRICT, WITHOUT ROWID;

INSERT INTO results_of_workers (worker, filename, job_id)
SELECT j.worker, f.filename, f.job_id FROM result_files f JOIN jobs j ON j.id = f.job_id;

DROP TABLE result_files;
ALTER TABLE results_of_workers RENAME TO result_files;
