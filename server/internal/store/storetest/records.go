package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func requests(t *testing.T, s *suite) {
	ask := func(ctx context.Context, tx store.Tx, id string, at int64) error {
		return tx.InsertEvent(ctx, audit.Event{
			At:      at,
			UserID:  "u",
			Action:  audit.Book,
			JobID:   "job of " + id,
			Request: audit.Request{ID: id, Hash: []byte("hash of " + id)},
		})
	}
	known := func(want ...string) {
		t.Helper()
		s.update(func(ctx context.Context, tx store.Tx) error {
			for _, id := range []string{"a", "b", "c", "d", ""} {
				job, hash, err := tx.Request(ctx, "u", id)
				switch {
				case !slices.Contains(want, id):
					if !errors.Is(err, store.ErrNotFound) {
						t.Errorf("request %q: %q %q (%v)", id, job, hash, err)
					}
				case job != "job of "+id || string(hash) != "hash of "+id || err != nil:
					t.Errorf("request %q: %q %q (%v)", id, job, hash, err)
				}
				if _, _, err := tx.Request(ctx, "another", id); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("another user's request %q: %v", id, err)
				}
			}
			return nil
		})
	}
	again := func() {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s.Store = s.open(t, s.folder)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		return errors.Join(ask(ctx, tx, "a", 100), tx.InsertEvent(ctx, audit.Event{
			At:     100,
			UserID: "u",
			Action: audit.Cancel,
		}), ask(ctx, tx, "b", 200), ask(ctx, tx, "c", 300))
	})
	if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		return errors.Join(ask(ctx, tx, "d", 400), errors.New("no"))
	}); err == nil {
		t.Error("the failed update did not fail")
	}
	known("a", "b", "c")
	again()
	known("a", "b", "c")
	forget := func(before int64) {
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.ForgetRequests(ctx, before) })
	}
	forget(100)
	known("a", "b", "c")
	forget(101)
	known("b", "c")
	if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.ForgetRequests(ctx, 1000), errors.New("no"))
	}); err == nil {
		t.Error("the failed update did not fail")
	}
	known("b", "c")
	again()
	known("b", "c")
	forget(1000)
	forget(1000)
	known()
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.ForgetEvents(ctx, 1000, 100) })
	s.update(func(ctx context.Context, tx store.Tx) error { return ask(ctx, tx, "d", 400) })
	again()
	known("d")
}

func records(t *testing.T, s *suite) {
	if _, err := s.Record(t.Context(), "k"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown record: %v", err)
	}
	version := store.WorkflowVersion{Hash: "h", Workflow: "w", Title: "W", Graph: []byte("{}"), Form: []byte("{}"), More: []byte("{}")}
	for _, value := range []string{"one", "two"} {
		s.update(func(ctx context.Context, tx store.Tx) error {
			return errors.Join(tx.PutRecord(ctx, "k", []byte(value)), tx.PutWorkflowVersion(ctx, version))
		})
	}
	if value, err := s.Record(t.Context(), "k"); string(value) != "two" || err != nil {
		t.Errorf("got %q (%v)", value, err)
	}
	got, err := s.WorkflowVersion(t.Context(), "h")
	if diff := cmp.Diff(version, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func imports(t *testing.T, s *suite) {
	fox := store.Import{
		ID:        "fox",
		Filename:  "Fox 🦊.json",
		Hash:      "1",
		File:      []byte(`{"1": {}}`),
		Edits:     []byte("{}"),
		Importer:  "ada",
		CreatedAt: 5,
		UpdatedAt: 5,
	}
	owl := fox
	owl.ID = "owl"
	s.update(func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutImport(ctx, owl), tx.PutImport(ctx, fox), tx.PutWorkflowPicture(ctx, "fox", []byte("a picture")))
	})
	again := fox
	again.File, again.Hash, again.Edits, again.Filename, again.UpdatedAt = []byte("{}"), "2", []byte(`{"title":"x"}`), "b.json", 9
	again.Importer, again.CreatedAt = "bob", 9 // these stay
	s.update(func(ctx context.Context, tx store.Tx) error {
		err := tx.PutImport(ctx, again)
		seen, unseen := tx.Import(ctx, "fox")
		if seen.Hash != "2" {
			t.Errorf("the update sees %+v", seen)
		}
		return errors.Join(err, unseen)
	})
	again.Importer, again.CreatedAt = "ada", 5
	got, err := s.Import(t.Context(), "fox")
	if diff := cmp.Diff(again, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	all, err := s.Imports(t.Context())
	again.File, owl.File = nil, nil
	if diff := cmp.Diff([]store.Import{again, owl}, all); diff != "" || err != nil {
		t.Error(diff, err)
	}
	pictures, err := s.WorkflowPictures(t.Context())
	picture, unread := s.WorkflowPicture(t.Context(), "fox")
	if len(pictures) != 1 || pictures["fox"] == "" || string(picture) != "a picture" || err != nil || unread != nil {
		t.Errorf("pictures: %v %q (%v, %v)", pictures, picture, err, unread)
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.DeleteImport(ctx, "fox") })
	_, gone := s.Import(t.Context(), "fox")
	_, goneToo := s.WorkflowPicture(t.Context(), "fox")
	none := s.try(func(ctx context.Context, tx store.Tx) error { return tx.DeleteImport(ctx, "fox") })
	for _, err := range []error{gone, goneToo, none} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after its end: %v", err)
		}
	}
}
