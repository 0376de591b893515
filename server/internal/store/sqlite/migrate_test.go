package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// older opens a database whose tables are of an older version, with what statements put there.
func older(t *testing.T, version int64, statements ...string) *sqlite.Store {
	t.Helper()
	file := filepath.Join(t.TempDir(), "bookings.db")
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Prompts and seeds of older tables are inputs, and their templates versions with a form.
func TestInputsOfOlderTables(t *testing.T) {
	job := func(id, prompt, seed, parameters string) string {
		return fmt.Sprintf(`INSERT INTO jobs (id, user_id, worker, workflow, template, status, start_ms, end_ms, estimate_ms,
			prompt, seed, parameters,
			attempt, losses, cancel_requested, version, created_ms, started_ms, finished_ms) VALUES ('%s', 'u', 'gpu', 'fox', 'h', 'failed', 1, 2, 1,
			'%s', '%s', '%s', 1, 0, 0, 1, 1, 1, 2)`, id, prompt, seed, parameters)
	}
	s := older(t, 7, `INSERT INTO users (id, name, administrator, created_ms) VALUES ('u', 'Ada', 0, 1)`,
		job("a", `a "red" fox`, "18446744073709551615", `{"width":{"integer":64},"cfg":{"number":1}}`), job("b", "", "0", "{}"),
		`INSERT INTO templates (hash, workflow, title, graph, bindings) VALUES ('h', 'fox', 'Fox', CAST('{}' AS BLOB),
			CAST('{"image_width":{"Targets":[{"NodeID":"1","Field":"w"},{"NodeID":"2","Field":"w"}],"Min":null,"Max":18446744073709551615},
			"seed":{"Targets":[{"NodeID":"3","Field":"seed"}],"Min":0,"Max":null}}' AS BLOB))`)
	for id, want := range map[string]workflow.Values{
		"a": {
			"prompt": workflow.Text(`a "red" fox`),
			"seed":   workflow.Seed(18446744073709551615),
			"width":  workflow.Integer(64),
			"cfg":    workflow.Number(1),
		},
		"b": {},
	} {
		got, err := s.Job(t.Context(), id)
		if err != nil || !maps.Equal(got.Inputs, want) || got.WorkflowVersion != "h" {
			t.Errorf("job %s: %+v (%v)", id, got, err)
		}
	}
	v, err := s.WorkflowVersion(t.Context(), "h")
	if err != nil {
		t.Fatal(err)
	}
	var kept form.Form
	if err := json.Unmarshal(v.Form, &kept); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]form.Input{{
		Name:    "image_width",
		Label:   "Image width",
		Max:     "18446744073709551615",
		Targets: []form.Target{{Node: "1", Field: "w"}, {Node: "2", Field: "w"}},
	}, {
		Name:    "seed",
		Label:   "Seed",
		Role:    form.SeedRole,
		Kind:    form.Seed,
		Min:     "0",
		Targets: []form.Target{{Node: "3", Field: "seed"}},
	}}, kept.Inputs); diff != "" {
		t.Error(diff)
	}
}

// Whoever repeats a request after the service was brought up to date gets the job that was booked before.
func TestRequestsOfOlderTablesAreKnown(t *testing.T) {
	s := older(t, 3,
		`INSERT INTO events (at_ms, user_id, address, action, job_id, detail)
			VALUES (1, 'u', '', 'book', 'old', ''), (2, 'u', '', 'book', 'new', ''), (3, 'u', '', 'cancel', 'new', '')`,
		`INSERT INTO requests (user_id, request_id, job_id, hash, created_ms) VALUES ('u', 'r', 'new', x'68', 2)`)
	if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		job, hash, err := tx.Request(ctx, "u", "r")
		if job != "new" || string(hash) != "h" {
			t.Errorf("got %q %q", job, hash)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
