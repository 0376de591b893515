// Package storetest is what every store must pass, whatever database is behind it.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Run holds a store against the contract. open makes an empty store, or opens the one in a folder again.
func Run(t *testing.T, open func(t *testing.T, folder string) store.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"jobs keep all their fields", jobsKeepTheirFields},
		{"everything is there after opening again", openAgain},
		{"a failed update leaves nothing", failedUpdate},
		{"a bad update is taken back alone", badUpdatesAreAlone},
		{"memory and disk agree", memoryAndDiskAgree},
		{"a panic in an update is an error", panicInUpdate},
		{"of many for one slot one wins", oneWins},
		{"active slots never overlap", overlap},
		{"ended jobs free their slots", endedJobsFree},
		{"queries filter, sort and page", queries},
		{"changes are logged in order", logged},
		{"what the log tells of", told},
		{"the log goes on after opening again", logSurvives},
		{"the log is asked for what it does not know", forgotten},
		{"whoever waits for changes", waiting},
		{"an update gives its revision", revisions},
		{"what is not there", missing},
		{"the numbers of a day", dayStats},
		{"users and tokens", users},
		{"administrators", administrators},
		{"deleted users", deletion},
		{"pages of tokens and invitations", pagesOfTokens},
		{"tokens that nobody uses", oldTokens},
		{"secrets that are made anew", newSecrets},
		{"users who never booked", forgottenUsers},
		{"names that look alike", likenesses},
		{"invitations", invitations},
		{"who did what", trail},
		{"pauses keep a stretch free", pauses},
		{"whose a result is", results},
		{"how much a user has booked", activeOfUser},
		{"requests", requests},
		{"records and versions of workflows", records},
		{"imported workflows", imports},
		{"assets and their owners", assets},
		{"assets that jobs take", takenAssets},
		{"closed", closed},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &suite{T: t, folder: t.TempDir(), open: open}
			s.Store = open(t, s.folder)
			t.Cleanup(func() { _ = s.Close() })
			test.run(t, s)
		})
	}
}

type suite struct {
	store.Store
	*testing.T
	folder string
	open   func(t *testing.T, folder string) store.Store
}

func (s *suite) update(change func(context.Context, store.Tx) error) {
	s.Helper()
	if _, err := s.Update(s.Context(), change); err != nil {
		s.Fatal(err)
	}
}

// try updates and gives the error.
func (s *suite) try(change func(context.Context, store.Tx) error) error {
	_, err := s.Update(s.Context(), change)
	return err
}

func (s *suite) user() account.User {
	s.Helper()
	var user account.User
	id := uuid.NewString()
	s.update(func(ctx context.Context, tx store.Tx) (err error) {
		n, err := tx.NextUserNumber(ctx)
		user = account.User{ID: id, Name: fmt.Sprintf("User-%d", n), CreatedAt: 1}
		return errors.Join(err, tx.InsertUser(ctx, user))
	})
	return user
}

func booking(user account.User, worker string, start, duration int64) job.Job {
	return job.Job{
		ID:              uuid.Must(uuid.NewV7()).String(),
		UserID:          user.ID,
		UserName:        user.Name,
		Worker:          worker,
		Workflow:        "w",
		WorkflowVersion: "t",
		Status:          job.Scheduled,
		Start:           start,
		Duration:        duration,
		Estimate:        duration,
		Inputs:          workflow.Values{"prompt": workflow.Text("a fox")},
		Attempt:         1,
		Version:         1,
		CreatedAt:       5,
	}
}

func (s *suite) insert(jobs ...job.Job) {
	s.Helper()
	for _, j := range jobs {
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, j) })
	}
}

func (s *suite) job(id string) job.Job {
	s.Helper()
	j, err := s.Store.Job(s.Context(), id)
	if err != nil {
		s.Fatal(err)
	}
	return j
}

func jobsKeepTheirFields(t *testing.T, s *suite) {
	j := booking(s.user(), "gpu", 1000, 500)
	j.Inputs = workflow.Values{
		"prompt": workflow.Text("ein Fuchs 🦊 'quoted' \"twice\"\n"),
		"seed":   workflow.Seed(math.MaxUint64),
		"image":  workflow.File{Input: "pets/cat.png"},
		"width":  workflow.Integer(512),
		"cfg":    workflow.Number(1),
		"style":  workflow.Text("ink"),
		"tiled":  workflow.Boolean(true),
	}
	s.insert(j)
	if diff := cmp.Diff(j, s.job(j.ID)); diff != "" {
		t.Fatal(diff)
	}
	j.Epoch = "restored"
	j.StartProcessing()
	j.Posted(1001, "")
	j.MarkLate("waiting")
	j.Complete(2000, []job.Result{{Filename: "a/b.png", Kind: job.Image, NodeID: "9"}, {Kind: job.Words, Text: "hello"}})
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
	if diff := cmp.Diff(j, s.job(j.ID)); diff != "" {
		t.Fatal(diff)
	}
	if _, err := s.Store.Job(t.Context(), uuid.NewString()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown job: %v", err)
	}
}

func openAgain(t *testing.T, s *suite) {
	user := s.user()
	j := booking(user, "gpu", 1000, 500)
	s.insert(j)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.Store = s.open(t, s.folder)
	if diff := cmp.Diff(j, s.job(j.ID)); diff != "" {
		t.Error(diff)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		if id, found, _ := tx.Blocking(ctx, "gpu", schedule.NewSlot(1500, 1), ""); !found || id != j.ID {
			t.Errorf("the slot is free after opening again")
		}
		return nil
	})
}

func failedUpdate(t *testing.T, s *suite) {
	user := s.user()
	j := booking(user, "gpu", 1000, 500)
	refusal := errors.New("changed my mind")
	_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := tx.InsertJob(ctx, j); err != nil {
			return err
		}
		return refusal
	})
	if !errors.Is(err, refusal) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Store.Job(t.Context(), j.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the job of the failed update: %v", err)
	}
	s.insert(j) // its slot is free as well
}

func panicInUpdate(t *testing.T, s *suite) {
	if _, err := s.Update(t.Context(), func(context.Context, store.Tx) error { panic("oh no") }); err == nil {
		t.Error("no error")
	}
	s.user() // it goes on
}

func oneWins(t *testing.T, s *suite) {
	user := s.user()
	taken := errors.New("taken")
	var won, lost int
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			j := booking(user, "gpu", 1000, 500)
			_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
				if _, found, _ := tx.Blocking(ctx, "gpu", j.Slot(), ""); found {
					return taken
				}
				return tx.InsertJob(ctx, j)
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, taken):
				lost++
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won != 1 || lost != 49 {
		t.Errorf("%d won, %d lost", won, lost)
	}
}

func overlap(t *testing.T, s *suite) {
	user := s.user()
	first, second := booking(user, "gpu", 1000, 500), booking(user, "gpu", 2000, 500)
	s.insert(first, second)
	for name, change := range map[string]func(context.Context, store.Tx) error{
		"touching": func(ctx context.Context, tx store.Tx) error {
			return tx.InsertJob(ctx, booking(user, "gpu", 1500, 100))
		},
		"inside": func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, booking(user, "gpu", 1100, 10)) },
		"moved": func(ctx context.Context, tx store.Tx) error {
			moved := second
			moved.Move(1400)
			return tx.UpdateJob(ctx, moved)
		},
	} {
		if _, err := s.Update(t.Context(), change); !errors.Is(err, store.ErrOverlap) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.insert(booking(user, "gpu", 1501, 10), booking(user, "other", 1000, 500))
	moved := first
	moved.Move(900) // into a slot that its own covers
	s.update(func(ctx context.Context, tx store.Tx) error {
		if next, _ := tx.NextFree(ctx, "gpu", 0, 400, first.ID); next != 0 {
			t.Errorf("NextFree = %d", next)
		}
		return tx.UpdateJob(ctx, moved)
	})
}

func endedJobsFree(t *testing.T, s *suite) {
	user := s.user()
	j := booking(user, "gpu", 1000, 500)
	s.insert(j)
	if err := j.Cancel(1); err != nil {
		t.Fatal(err)
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
	again := booking(user, "gpu", 1000, 500)
	s.insert(again)
	next, err := s.NextScheduled(t.Context(), "gpu", 0)
	if err != nil || next.ID != again.ID {
		t.Errorf("next is %v (%v)", next.ID, err)
	}
	ended, err := s.LatestEnded(t.Context(), 10)
	if err != nil || len(ended) != 1 || ended[0].ID != j.ID {
		t.Errorf("ended: %v (%v)", ended, err)
	}
	gaps, err := s.FreeSlots(t.Context(), "gpu", 0, 100, 10)
	if diff := cmp.Diff([]schedule.Gap{{First: 0, Last: 899}, {First: 1501, Open: true}}, gaps); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func queries(t *testing.T, s *suite) {
	users := []account.User{s.user(), s.user()}
	var all []job.Job
	for i := range 40 {
		j := booking(users[i%2], []string{"a", "b", "c"}[i%3], int64(i/3)*100, 50)
		if i%4 == 0 {
			j.Status, j.FinishedAt = job.Completed, 7
		}
		all = append(all, j)
	}
	s.insert(all...)
	for name, q := range map[string]store.Query{
		"all":     {},
		"user":    {UserID: users[1].ID, Descending: true},
		"statues": {Statuses: []job.Status{job.Completed, job.Failed}},
		"window":  {Window: &schedule.Slot{Start: 250, End: 600}, Worker: "b"},
	} {
		t.Run(name, func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(all), func(j job.Job) bool {
				return (q.UserID != "" && j.UserID != q.UserID) || (len(q.Statuses) > 0 && !slices.Contains(q.Statuses, j.Status)) ||
					(q.Worker != "" && j.Worker != q.Worker) || (q.Window != nil && !j.Slot().Overlaps(*q.Window))
			})
			slices.SortFunc(want, func(a, b job.Job) int {
				order := 1
				if q.Descending {
					order = -1
				}
				if a.Start != b.Start {
					return order * int(a.Start-b.Start)
				}
				if a.ID < b.ID {
					return -order
				}
				return order
			})
			var got []job.Job
			q.Limit = 7
			for {
				page, err := s.ListJobs(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, page...)
				if len(page) < q.Limit {
					break
				}
				last := page[len(page)-1]
				q.After = &store.Cursor{Start: last.Start, ID: last.ID}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func dayStats(t *testing.T, s *suite) {
	user := s.user()
	for i, status := range []job.Status{job.Scheduled, job.Completed, job.Completed, job.Failed, job.Cancelled} {
		j := booking(user, "gpu", int64(1000*(i+1)), 100)
		j.Status = status
		if !status.Active() {
			j.StartedAt, j.FinishedAt = j.Start, j.Start+int64(100*i)
		}
		s.insert(j)
	}
	s.insert(booking(user, "gpu", 999, 0), booking(user, "gpu", 5001, 0))
	got, err := s.DayStats(t.Context(), 1000, 5000)
	if want := (store.DayStats{Jobs: 4, Completed: 2, Failed: 1, MeanGeneration: 150}); got != want || err != nil {
		t.Errorf("got %+v, want %+v (%v)", got, want, err)
	}
}

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
