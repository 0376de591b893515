// Package storetest is what every store must pass, whatever database is behind it.
package storetest

import (
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
		{"commits are told in order", commits},
		{"new names are told", renames},
		{"the numbers of a day", dayStats},
		{"users and tokens", users},
		{"administrators", administrators},
		{"deleted users", deletion},
		{"pages of tokens and invitations", pagesOfTokens},
		{"tokens that nobody uses", oldTokens},
		{"users who never booked", forgottenUsers},
		{"names that look alike", likenesses},
		{"invitations", invitations},
		{"who did what", trail},
		{"pauses keep a stretch free", pauses},
		{"whose a result is", results},
		{"how much a user has booked", activeOfUser},
		{"requests", requests},
		{"records and templates", records},
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

func (s *suite) update(change func(store.Tx) error) {
	s.Helper()
	if err := s.Update(s.Context(), change); err != nil {
		s.Fatal(err)
	}
}

func (s *suite) user() account.User {
	s.Helper()
	var user account.User
	id := uuid.NewString()
	s.update(func(tx store.Tx) (err error) {
		user, err = tx.InsertUser(account.User{ID: id, CreatedAt: 1})
		return err
	})
	return user
}

func booking(user account.User, worker string, start, duration int64) job.Job {
	return job.Job{
		ID: uuid.Must(uuid.NewV7()).String(), UserID: user.ID, UserName: user.Name, Worker: worker, Workflow: "w", Template: "t", Status: job.Scheduled,
		Start: start, Duration: duration, Estimate: duration, Prompt: "a fox", Parameters: workflow.Values{}, Attempt: 1, Version: 1, CreatedAt: 5,
	}
}

func (s *suite) insert(jobs ...job.Job) {
	s.Helper()
	for _, j := range jobs {
		s.update(func(tx store.Tx) error { return tx.InsertJob(j) })
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
	j.Seed = math.MaxUint64
	j.Prompt = "ein Fuchs 🦊 'quoted' \"twice\"\n"
	j.Parameters = workflow.Values{"width": workflow.Integer(512), "cfg": workflow.Number(1), "style": workflow.Text("ink"), "tiled": workflow.Boolean(true)}
	s.insert(j)
	if diff := cmp.Diff(j, s.job(j.ID)); diff != "" {
		t.Fatal(diff)
	}
	j.Epoch = "restored"
	j.StartProcessing()
	j.Posted(1001, "")
	j.MarkLate("waiting")
	j.Complete(2000, []job.Result{{Filename: "a/b.png", Kind: job.Image, NodeID: "9"}, {Kind: job.Words, Text: "hello"}})
	s.update(func(tx store.Tx) error { return tx.UpdateJob(j) })
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
	s.update(func(tx store.Tx) error {
		if id, found := tx.Blocking("gpu", schedule.NewSlot(1500, 1), ""); !found || id != j.ID {
			t.Errorf("the slot is free after opening again")
		}
		return nil
	})
}

func failedUpdate(t *testing.T, s *suite) {
	user := s.user()
	j := booking(user, "gpu", 1000, 500)
	refusal := errors.New("changed my mind")
	err := s.Update(t.Context(), func(tx store.Tx) error {
		if err := tx.InsertJob(j); err != nil {
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
	if err := s.Update(t.Context(), func(store.Tx) error { panic("oh no") }); err == nil {
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
			err := s.Update(t.Context(), func(tx store.Tx) error {
				if _, found := tx.Blocking("gpu", j.Slot(), ""); found {
					return taken
				}
				return tx.InsertJob(j)
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
	for name, change := range map[string]func(store.Tx) error{
		"touching": func(tx store.Tx) error { return tx.InsertJob(booking(user, "gpu", 1500, 100)) },
		"inside":   func(tx store.Tx) error { return tx.InsertJob(booking(user, "gpu", 1100, 10)) },
		"moved": func(tx store.Tx) error {
			moved := second
			moved.Move(1400)
			return tx.UpdateJob(moved)
		},
	} {
		if err := s.Update(t.Context(), change); !errors.Is(err, store.ErrOverlap) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.insert(booking(user, "gpu", 1501, 10), booking(user, "other", 1000, 500))
	moved := first
	moved.Move(900) // into a slot that its own covers
	s.update(func(tx store.Tx) error {
		if next := tx.NextFree("gpu", 0, 400, first.ID); next != 0 {
			t.Errorf("NextFree = %d", next)
		}
		return tx.UpdateJob(moved)
	})
}

func endedJobsFree(t *testing.T, s *suite) {
	user := s.user()
	j := booking(user, "gpu", 1000, 500)
	s.insert(j)
	if err := j.Cancel(1); err != nil {
		t.Fatal(err)
	}
	s.update(func(tx store.Tx) error { return tx.UpdateJob(j) })
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

// renames: whoever is called otherwise is told of after the commit, and only then.
func renames(t *testing.T, s *suite) {
	_ = s.Close()
	s.Store = s.open(t, t.TempDir())
	var told []store.UserName
	s.OnCommit(func(w store.Written) { told = append(told, w.Names...) })
	ada, bob := s.user(), s.user()
	s.update(func(tx store.Tx) error { return tx.RenameUser(ada.ID, "Ada") })
	_ = s.Update(t.Context(), func(tx store.Tx) error {
		_ = tx.RenameUser(bob.ID, "Bob")
		return errors.New("not kept")
	})
	s.update(func(tx store.Tx) error { return tx.DeleteUser(bob.ID, "Deleted user", 1) })
	if diff := cmp.Diff([]store.UserName{{UserID: ada.ID, Name: "Ada"}, {UserID: bob.ID, Name: "Deleted user"}}, told); diff != "" {
		t.Error(diff)
	}
}

func commits(t *testing.T, s *suite) {
	_ = s.Close()
	s.Store = s.open(t, t.TempDir())
	var told []string
	s.OnCommit(func(w store.Written) {
		for _, j := range w.Jobs {
			told = append(told, j.Prompt)
		}
	})
	user := s.user()
	var want []string
	for i := range 20 {
		j := booking(user, "gpu", int64(i)*100, 50)
		j.Prompt = fmt.Sprint(i)
		want = append(want, j.Prompt)
		s.insert(j)
		_ = s.Update(t.Context(), func(tx store.Tx) error {
			_ = tx.InsertJob(booking(user, "gpu", 1e6, 1))
			return errors.New("not kept")
		})
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
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
	ask := func(tx store.Tx, id string, at int64) error {
		return tx.InsertEvent(audit.Event{At: at, UserID: "u", Action: audit.Book, JobID: "job of " + id, Request: audit.Request{ID: id, Hash: []byte("hash of " + id)}})
	}
	known := func(want ...string) {
		t.Helper()
		s.update(func(tx store.Tx) error {
			for _, id := range []string{"a", "b", "c", "d", ""} {
				job, hash, err := tx.Request("u", id)
				switch {
				case !slices.Contains(want, id):
					if !errors.Is(err, store.ErrNotFound) {
						t.Errorf("request %q: %q %q (%v)", id, job, hash, err)
					}
				case job != "job of "+id || string(hash) != "hash of "+id || err != nil:
					t.Errorf("request %q: %q %q (%v)", id, job, hash, err)
				}
				if _, _, err := tx.Request("another", id); !errors.Is(err, store.ErrNotFound) {
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
	s.update(func(tx store.Tx) error {
		return errors.Join(ask(tx, "a", 100), tx.InsertEvent(audit.Event{At: 100, UserID: "u", Action: audit.Cancel}), ask(tx, "b", 200), ask(tx, "c", 300))
	})
	if err := s.Update(t.Context(), func(tx store.Tx) error { return errors.Join(ask(tx, "d", 400), errors.New("no")) }); err == nil {
		t.Error("the failed update did not fail")
	}
	known("a", "b", "c")
	again()
	known("a", "b", "c")
	forget := func(before int64) { s.update(func(tx store.Tx) error { return tx.ForgetRequests(before) }) }
	forget(100)
	known("a", "b", "c")
	forget(101)
	known("b", "c")
	if err := s.Update(t.Context(), func(tx store.Tx) error { return errors.Join(tx.ForgetRequests(1000), errors.New("no")) }); err == nil {
		t.Error("the failed update did not fail")
	}
	known("b", "c")
	again()
	known("b", "c")
	forget(1000)
	forget(1000)
	known()
	s.update(func(tx store.Tx) error { return tx.ForgetEvents(1000, 100) })
	s.update(func(tx store.Tx) error { return ask(tx, "d", 400) })
	again()
	known("d")
}

func records(t *testing.T, s *suite) {
	if _, err := s.Record(t.Context(), "k"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown record: %v", err)
	}
	template := store.Template{Hash: "h", Workflow: "w", Title: "W", Graph: []byte("{}"), Bindings: []byte("[]")}
	for _, value := range []string{"one", "two"} {
		s.update(func(tx store.Tx) error {
			return errors.Join(tx.PutRecord("k", []byte(value)), tx.PutTemplate(template))
		})
	}
	if value, err := s.Record(t.Context(), "k"); string(value) != "two" || err != nil {
		t.Errorf("got %q (%v)", value, err)
	}
	got, err := s.Template(t.Context(), "h")
	if diff := cmp.Diff(template, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func closed(t *testing.T, s *suite) {
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), func(store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
