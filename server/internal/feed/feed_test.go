package feed_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
)

func newFeed() *feed.Feed[feed.Delta] {
	f := feed.New(0, func(d feed.Delta) feed.Delta { return d })
	f.Load(feed.Revision{Epoch: "e"}, nil, nil)
	return f
}

// commit tells the feed of one update.
func commit(f *feed.Feed[feed.Delta], things ...store.Thing) {
	c := store.Change{After: f.Revision(), Revision: f.Revision(), Things: things}
	c.Revision.Number++
	f.Apply([]store.Change{c})
}

func write(f *feed.Feed[feed.Delta], jobs ...job.Job) {
	var things []store.Thing
	for _, j := range jobs {
		things = append(things, store.Thing{Kind: store.JobKind, Key: j.ID, Job: &j})
	}
	commit(f, things...)
}

func rename(f *feed.Feed[feed.Delta], userID, name string) {
	commit(f, store.Thing{Kind: store.UserKind, Key: userID, User: &account.User{ID: userID, Name: name}})
}

// view is a client: it knows only what it was sent.
type view struct {
	cursor      feed.Cursor
	jobs        map[string]job.Job
	scheduled   int
	connections map[string]feed.Connection
	names       map[string]string
	presence    feed.Presence
	status      health.Status
	told        int // changes
}

func (v *view) read(t rapid.TB, f *feed.Feed[feed.Delta]) {
	news := f.Read(v.cursor)
	if s := news.Snapshot; s != nil {
		v.jobs, v.connections, v.names, v.status = map[string]job.Job{}, map[string]feed.Connection{}, map[string]string{}, s.System.Status
		v.scheduled, v.presence = s.ScheduledTotal, s.Presence
		v.learn(t, s.Names)
		for _, j := range s.Jobs {
			v.jobs[j.ID] = j
		}
		for _, c := range s.Connections {
			v.connections[c.ID] = c
		}
	}
	last := v.cursor.Revision.Number
	v.told += len(news.Deltas)
	for _, d := range news.Deltas {
		if want := map[bool]int64{true: last + 1, false: last}[d.IsKept()]; d.Revision.Number != want {
			t.Fatalf("revision %d follows %d, want %d", d.Revision.Number, last, want)
		}
		last = d.Revision.Number
		for range 2 { // applying twice does no harm
			for _, j := range d.Jobs {
				v.jobs[j.ID] = j
			}
			for _, c := range d.Connections {
				v.connections[c.ID] = c
			}
			for _, id := range d.Disconnected {
				delete(v.connections, id)
			}
			if d.System != nil {
				v.status = d.System.Status
			}
			if d.Presence != nil {
				v.presence = *d.Presence
			}
			if len(d.Jobs) > 0 {
				v.scheduled = d.ScheduledTotal
			}
			v.learn(t, d.Names)
		}
	}
	v.cursor = news.Next
}

// forget drops the names of those of whom nothing speaks any more.
func (v *view) forget() {
	if len(v.jobs)+len(v.connections) == 0 {
		clear(v.names)
	}
}

func (v *view) learn(t rapid.TB, names []feed.UserName) {
	told := map[string]bool{}
	for _, u := range names {
		if told[u.UserID] {
			t.Fatalf("user %s is named twice at once", u.UserID)
		}
		told[u.UserID] = true
		v.names[u.UserID] = u.Name
	}
}

func TestReadersThatReadWhenTheyLikeSeeTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFeed()
		views := make([]view, 3)
		jobs := map[string]job.Job{}
		var disconnects []func()
		name := "Ada"
		id := rapid.IntRange(0, 20)
		t.Repeat(map[string]func(*rapid.T){
			"job": func(t *rapid.T) {
				j := job.Job{
					ID:     fmt.Sprint(id.Draw(t, "id")),
					UserID: "u",
					Start:  int64(id.Draw(t, "start")),
					Status: rapid.SampledFrom([]job.Status{job.Scheduled, job.Processing, job.Completed}).Draw(t, "status"),
				}
				jobs[j.ID] = j
				j.UserName = name
				write(f, j)
			},
			"rename": func(t *rapid.T) {
				name = fmt.Sprint(id.Draw(t, "name"))
				rename(f, "u", name)
			},
			"connect": func(t *rapid.T) {
				disconnects = append(disconnects, f.Connect(feed.Connection{ID: fmt.Sprint(len(disconnects)), UserID: "u"}, name))
			},
			"disconnect": func(t *rapid.T) {
				if len(disconnects) > 0 {
					rapid.SampledFrom(disconnects).Draw(t, "connection")()
				}
			},
			"read":  func(t *rapid.T) { views[rapid.IntRange(0, 2).Draw(t, "view")].read(t, f) },
			"state": func(t *rapid.T) { f.SetSystem(health.State{Status: health.Ready}) },
		})
		var fresh view
		fresh.read(t, f)
		for i := range views {
			v := &views[i]
			v.read(t, f)
			v.forget()
			if v.scheduled != fresh.scheduled || v.presence != fresh.presence || fmt.Sprint(v.names) != fmt.Sprint(fresh.names) {
				t.Fatalf("reader %d sees %d, %v, %v\nfresh one sees %d, %v, %v", i, v.scheduled, v.presence, v.names, fresh.scheduled,
					fresh.presence, fresh.names)
			}
			if fmt.Sprint(v.jobs) != fmt.Sprint(fresh.jobs) || fmt.Sprint(v.connections) != fmt.Sprint(fresh.connections) ||
				v.status != fresh.status {
				t.Fatalf("reader %d sees %v\nfresh one sees %v", i, v, fresh)
			}
		}
		if spoken := len(fresh.jobs)+len(fresh.connections) > 0; spoken && fresh.names["u"] != name || !spoken && len(fresh.names) > 0 {
			t.Fatalf("the user is %q, want %q", fresh.names, name)
		}
		if len(fresh.jobs) != len(jobs) {
			t.Fatalf("%d jobs, want %d", len(fresh.jobs), len(jobs))
		}
	})
}

func TestSnapshotForWhoCannotResume(t *testing.T) {
	f := newFeed()
	write(f, job.Job{ID: "a", Status: job.Scheduled})
	f.SetSystem(health.State{Status: health.Ready}) // it has no revision
	write(f, job.Job{ID: "a", Status: job.Processing})
	now := f.Revision()
	for name, after := range map[string]feed.Revision{
		"nothing read":  {},
		"another epoch": {Epoch: "other", Number: 1},
		"the future":    {Epoch: now.Epoch, Number: now.Number + 1},
	} {
		if f.Read(feed.Cursor{Revision: after}).Snapshot == nil {
			t.Errorf("%s: no snapshot", name)
		}
	}
	resumed := f.Read(feed.Cursor{Revision: feed.Revision{Epoch: now.Epoch, Number: now.Number - 1}})
	if resumed.Snapshot != nil || len(resumed.Deltas) != 1 {
		t.Errorf("resuming gave %+v", resumed)
	}
	old := feed.Cursor{Revision: now}
	for range 10_000 {
		write(f, job.Job{ID: "a", Status: job.Processing})
	}
	if f.Read(old).Snapshot == nil {
		t.Error("a reader far behind got no snapshot")
	}
}

func TestSnapshotIsBounded(t *testing.T) {
	f := newFeed()
	var active, ended []job.Job
	for i := range 1000 {
		active = append(active, job.Job{ID: fmt.Sprintf("a%d", i), Start: int64(i), Status: job.Scheduled})
		ended = append(ended, job.Job{ID: fmt.Sprintf("e%d", i), Status: job.Completed, FinishedAt: int64(1000 - i)})
	}
	active[0].Status = job.Processing
	f.Load(feed.Revision{Epoch: "e", Number: 1}, active, ended)
	s := f.Snapshot()
	if len(s.Jobs) != 1+300+100 || s.ScheduledUntil != 300 {
		t.Errorf("%d jobs, scheduled until %d", len(s.Jobs), s.ScheduledUntil)
	}
	if s.Jobs[99].ID != "e0" {
		t.Errorf("latest ended is %s", s.Jobs[99].ID)
	}
}

func TestReaderWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		news := f.Read(feed.Cursor{})
		var group sync.WaitGroup
		group.Go(func() {
			for i := 0; i < 100; {
				<-news.More
				news = f.Read(news.Next)
				i += len(news.Deltas)
			}
		})
		for range 100 {
			f.SetSystem(health.State{})
		}
		group.Wait()
	})
}

func TestManyConnectionsAreToldTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := feed.New(100*time.Millisecond, func(d feed.Delta) feed.Delta { return d })
		var v view
		v.read(t, f)
		var disconnects []func()
		for i := range 200 {
			disconnects = append(disconnects, f.Connect(feed.Connection{ID: fmt.Sprint(i)}, ""))
		}
		if v.read(t, f); len(v.connections) != 1 {
			t.Errorf("%d connections at once, want the first", len(v.connections))
		}
		time.Sleep(101 * time.Millisecond)
		if v.read(t, f); len(v.connections) != 200 || v.told != 2 {
			t.Errorf("%d connections in %d changes", len(v.connections), v.told)
		}
		time.Sleep(time.Second)
		disconnects[7]()
		if v.read(t, f); len(v.connections) != 199 {
			t.Errorf("%d connections after one went", len(v.connections))
		}
		time.Sleep(time.Second)
	})
}

func TestProgressOfRunningJobsOnly(t *testing.T) {
	f := newFeed()
	running := job.Job{ID: "a", Status: job.Processing}
	write(f, running)
	cursor := f.Read(feed.Cursor{}).Next
	f.SetProgress(job.Progress{JobID: "a", Step: 1})
	f.SetProgress(job.Progress{JobID: "a", Step: 2})
	f.SetProgress(job.Progress{JobID: "unknown", Step: 1})
	news := f.Read(cursor)
	if len(news.Progress) != 1 || news.Progress[0].Progress.Step != 2 {
		t.Errorf("progress: %v", news.Progress)
	}
	if again := f.Read(news.Next); !again.Empty() {
		t.Errorf("told twice: %v", again)
	}
	running.Status = job.Completed
	write(f, running)
	if _, ok := f.Progress("a"); ok {
		t.Error("progress of an ended job")
	}
}

// Who comes back with a revision from before this life gets what the log knows, and nothing twice.
func TestResumingByTheLog(t *testing.T) {
	state := memory.NewState()
	s := memory.Open(state)
	update := func(change func(context.Context, store.Tx) error) store.Revision {
		at, err := s.Update(t.Context(), change)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	insert := func(j job.Job) store.Revision {
		return update(func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, j) })
	}
	update(func(ctx context.Context, tx store.Tx) error {
		return tx.InsertUser(ctx, account.User{ID: "ada", Name: "Ada"})
	})
	left := insert(job.Job{ID: "a", UserID: "ada", Worker: "gpu", Start: 1, Status: job.Scheduled})
	missed := job.Job{ID: "b", UserID: "ada", Worker: "gpu", Start: 10, Status: job.Scheduled}
	insert(missed)
	update(func(ctx context.Context, tx store.Tx) error { return tx.RenameUser(ctx, "ada", "Ada Lovelace") })

	f := feed.New(0, func(d feed.Delta) feed.Delta { return d })
	at, err := s.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	active, err := s.ActiveJobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.Load(at, active, nil)
	write(f, job.Job{ID: "c", UserID: "ada", UserName: "Ada Lovelace", Worker: "gpu", Start: 20, Status: job.Scheduled})
	insert(job.Job{ID: "c", UserID: "ada", Worker: "gpu", Start: 20, Status: job.Scheduled})

	news := f.Resume(t.Context(), s, left)
	var jobs, names []string
	for _, d := range news.Deltas {
		for _, j := range d.Jobs {
			jobs = append(jobs, j.ID)
		}
		for _, u := range d.Names {
			names = append(names, u.Name)
		}
	}
	if news.Snapshot != nil || fmt.Sprint(jobs) != "[b c]" || names[len(names)-1] != "Ada Lovelace" || news.Next.Revision != f.Revision() {
		t.Errorf("resumed with %v, %v to %v (%v)", jobs, names, news.Next, news.Snapshot)
	}
	if again := f.Read(news.Next); !again.Empty() {
		t.Errorf("told twice: %+v", again)
	}
	update(func(ctx context.Context, tx store.Tx) error { return tx.NewEpoch(ctx) })
	if f.Resume(t.Context(), s, left).Snapshot == nil {
		t.Error("resumed what is forgotten")
	}
}
