package torture_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// evidence is all that is known of a torture afterwards.
type evidence struct {
	Calls     []call
	Sightings []sighting
	Lifetimes map[comfyUI]lifetime
	Answered  []job // by the service at the end
	Kept      []row // by the database
	Requests  map[string]string
	Runs      []run
	Files     map[string]int64 // whole pictures in the output folder, with their sizes
	Skew      skew
	Voids     []void
	Epochs    []string  // that jobs have come into
	Beside    []comfyUI // those that ended while a second service lived
	Outside   []blow    // when a run was interrupted from outside
	Cleared   []blow    // when the history was
	Frozen    []blow    // when ComfyUI was stopped
}

// What was done on ComfyUI's own page.
const (
	interruptedOutside = "comfyui interrupted from outside"
	historyCleared     = "comfyui's history cleared from outside"
)

// row is a job as the database keeps it.
type row struct {
	job
	Losses int
	Epoch  string
}

// run is a line of ComfyUI's own record.
type run struct {
	Event    string `json:"event"` // "start", "end"
	PromptID string `json:"prompt_id"`
	PID      int    `json:"pid"`
	Born     string `json:"born"` // the start of that process
	At       int64  `json:"at"`
	Outcome  string `json:"outcome"`
	Worker   string `json:"-"` // whose record it is
}

// readDatabase reads the jobs, and the requests as "user/request id" with the job's id.
func readDatabase(file string) (rows []row, requests map[string]string, err error) {
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = db.Close() }()
	var integrity string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&integrity); err != nil || integrity != "ok" {
		return nil, nil, fmt.Errorf("integrity of %s: %s (%w)", file, integrity, err)
	}
	found, err := db.Query(`SELECT id, user_id, status, start_ms, end_ms - start_ms, worker, pinned, sooner,
		CASE promised_ms WHEN 0 THEN start_ms ELSE promised_ms END, inputs ->> '$.prompt.text', inputs -> '$.seed.seed',
		coalesce(results ->> '$[0].filename', ''),
		coalesce(failure ->> '$.reason', ''), coalesce(failure ->> '$.message', ''), coalesce(delay ->> '$.kind', ''),
		coalesce(delay ->> '$.booked_start', 0),
		attempt, losses, epoch, cancel_requested, version, created_ms, started_ms, finished_ms FROM jobs`)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var r row
		var seed string
		err := found.Scan(&r.ID, &r.User, &r.Status, &r.Start, &r.Duration, &r.Worker, &r.Pinned, &r.Sooner, &r.Promised,
			&r.Prompt, &seed, &r.Result,
			&r.Error, &r.ErrorText, &r.Delay, &r.Booked,
			&r.Attempt, &r.Losses, &r.Epoch, &r.CancelRequested, &r.Version, &r.Created, &r.Started, &r.Finished)
		if err == nil {
			_, err = fmt.Sscan(seed, &r.Seed)
		}
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, r)
	}
	if err := found.Err(); err != nil {
		return nil, nil, err
	}
	requests, err = readRequests(db)
	return rows, requests, err
}

// readEpochs reads the epochs that jobs have come into by restores.
func readEpochs(file string) (epochs []string, err error) {
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	found, err := db.Query(`SELECT DISTINCT epoch FROM jobs`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var epoch string
		if err := found.Scan(&epoch); err != nil {
			return nil, err
		}
		epochs = append(epochs, epoch)
	}
	return epochs, found.Err()
}

func readRequests(db *sql.DB) (map[string]string, error) {
	requests := map[string]string{}
	found, err := db.Query(`SELECT user_id, request_id, job_id FROM events WHERE request_id IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var user, request, id string
		if err := found.Scan(&user, &request, &id); err != nil {
			return nil, err
		}
		requests[user+"/"+request] = id
	}
	return requests, found.Err()
}

func readRuns(file, worker string) (runs []run, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(content)) {
		var r run
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, fmt.Errorf("line %q of %s: %w", line, file, err)
		}
		r.Worker = worker
		runs = append(runs, r)
	}
	return runs, nil
}

// readFiles finds the pictures that are whole: of one whose writer was killed nothing may be told. Their names get a prefix.
func readFiles(dir, prefix string, files map[string]int64) error {
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if bytes.HasSuffix(content, pngEnd) {
			files[prefix+filepath.ToSlash(name)] = int64(len(content))
		}
		return err
	})
}

// pngEnd is the last chunk of every PNG.
var pngEnd = []byte("\x00\x00\x00\x00IEND\xaeB`\x82")
