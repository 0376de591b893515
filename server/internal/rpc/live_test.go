package rpc_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/gate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/rpc"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// live is a service of which the live state works.
type live struct {
	*rpc.Server
	t   *testing.T
	url string
	log bytes.Buffer
}

// newLive makes one whose changes are rendered by render, or as they should be.
func newLive(t *testing.T, presenter rpc.Presenter, render func(feed.Delta) *rpc.Delta) *live {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l := &live{t: t}
	l.Server = &rpc.Server{
		Identity:   identity.New(s, identity.Rules{Mode: account.Open}, time.Now),
		Store:      s,
		Presenter:  presenter,
		CookieName: "test",
		Stopping:   make(chan struct{}),
		Now:        time.Now,
		Log:        slog.New(slog.NewTextHandler(&l.log, nil)),
	}
	if render == nil {
		render = l.Presenter.Delta
	}
	l.Feed = feed.New(0, render)
	l.Feed.Load(feed.Revision{Epoch: "e"}, nil, nil)
	mux := http.NewServeMux()
	if err := l.Handle(mux); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(mux)
	server.Config.ConnContext = gate.WithConnection
	server.Start()
	t.Cleanup(server.Close)
	l.url = server.URL
	return l
}

// user is a new user and its client.
func (l *live) user(options ...connect.ClientOption) (account.User, comfyschedulerv1connect.SchedulerServiceClient) {
	l.t.Helper()
	user, token, err := l.Identity.SignIn(l.t.Context(), "", "", "")
	if err != nil {
		l.t.Fatal(err)
	}
	client := &http.Client{Transport: bearer{token, &http.Transport{}}}
	return user, comfyschedulerv1connect.NewSchedulerServiceClient(client, l.url, options...)
}

// commit tells the live state of one update.
func (l *live) commit(things ...store.Thing) {
	c := store.Change{After: l.Feed.Revision(), Revision: l.Feed.Revision(), Things: things}
	c.Revision.Number++
	l.Feed.Apply([]store.Change{c})
}

func (l *live) write(jobs ...job.Job) {
	var things []store.Thing
	for _, j := range jobs {
		things = append(things, store.Thing{Kind: store.JobKind, Key: j.ID, Job: &j})
	}
	l.commit(things...)
}

type stream = *connect.ServerStreamForClient[pb.WatchStateResponse]

// watch opens a stream; its first response was read.
func (l *live) watch(c comfyschedulerv1connect.SchedulerServiceClient, request *pb.WatchStateRequest) stream {
	l.t.Helper()
	s, err := c.WatchState(l.t.Context(), request)
	if err != nil || !s.Receive() {
		l.t.Fatalf("no stream: %v, %v", err, s.Err())
	}
	l.t.Cleanup(func() { _ = s.Close() })
	return s
}

var anyText = rapid.OneOf(
	rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	rapid.SampledFrom([]string{
		"Fehler: ung\xfcltiger Knoten", strings.Repeat("é", 300)[:401], "\x00\u2028\x1b",
		strings.Repeat("\xff", 500),
	}),
)

func anyJob(t *rapid.T, user string) job.Job {
	text := func(what string) string { return anyText.Draw(t, what) }
	return job.Job{
		ID:       rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "job"),
		UserID:   user,
		UserName: text("name"),
		Worker:   text("worker"),
		Workflow: text("workflow"),
		Status:   rapid.SampledFrom([]job.Status{job.Scheduled, job.Processing, job.Completed, job.Failed}).Draw(t, "status"),
		Inputs: workflow.Values{
			"prompt":     workflow.Text(text("prompt")),
			text("name"): workflow.Text(text("value")),
			"n":          workflow.Integer(1),
		},
		Results: []job.Result{{Filename: text("file"), Kind: job.Image, NodeID: text("node"), Text: text("text")}},
		Failure: &job.Failure{Message: text("message"), NodeID: text("node")},
		Delay:   &job.Delay{Reason: text("reason")},
	}
}

func anySystem(t *rapid.T) health.State {
	text := func(what string) string { return anyText.Draw(t, what) }
	return health.Of([]health.Worker{{
		ID:             text("id"),
		Status:         health.Offline,
		Reason:         text("reason"),
		Plain:          text("plain reason"),
		ComfyUIVersion: text("version"),
		Device:         text("device"),
		BootSteps:      []health.BootStep{{Name: text("step"), Detail: text("detail"), Plain: text("plain detail")}},
		Pause:          &schedule.Pause{Reason: text("pause"), UserName: text("by")},
	}})
}

func anyWorkflows(t *rapid.T) []workflow.Workflow {
	text := func(what string) string { return anyText.Draw(t, what) }
	return []workflow.Workflow{{
		ID:       text("id"),
		Title:    text("title"),
		Version:  text("version"),
		Problems: []string{text("problem")},
	}}
}

// TestAnyBytesInAnyText: whatever bytes come from outside, the live state stays up and each watcher gets each change, in
// every format and whatever it may see.
func TestAnyBytesInAnyText(t *testing.T) {
	for name, policy := range map[string]account.Policy{"open": {Addresses: true}, "private": {PrivateJobs: true}} {
		t.Run(name, func(t *testing.T) {
			l := newLive(t, rpc.Presenter{Policy: policy}, nil)
			me, binary := l.user()
			_, json := l.user(connect.WithProtoJSON())
			watchers := map[string]stream{
				"binary": l.watch(binary, &pb.WatchStateRequest{}),
				"JSON":   l.watch(json, &pb.WatchStateRequest{}),
			}
			at := l.Feed.Revision().Number
			for _, s := range watchers {
				readTo(t, s, at)
			}
			rapid.Check(t, func(t *rapid.T) {
				switch rapid.IntRange(0, 4).Draw(t, "change") {
				case 0:
					l.write(anyJob(t, me.ID))
				case 1:
					l.Feed.SetSystem(anySystem(t))
				case 2:
					l.Feed.SetWorkflows(anyWorkflows(t))
				case 3:
					l.commit(store.Thing{Kind: store.UserKind, Key: me.ID, User: &account.User{ID: me.ID, Name: anyText.Draw(t, "name")}})
				case 4:
					l.Feed.SetProgress(job.Progress{JobID: "a", NodeID: anyText.Draw(t, "node"), NodeTitle: anyText.Draw(t, "title")})
					l.Feed.Connect(feed.Connection{
						ID:     anyText.Draw(t, "id"),
						UserID: me.ID,
						IP:     anyText.Draw(t, "address"),
						Client: anyText.Draw(t, "client"),
					}, "")()
				}
				for _, s := range watchers {
					readTo(t, s, l.Feed.Revision().Number)
				}
				for name, c := range map[string]comfyschedulerv1connect.SchedulerServiceClient{"binary": binary, "JSON": json} {
					if _, err := c.GetState(t.Context(), &pb.GetStateRequest{}); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
				}
			})
		})
	}
}

// readTo reads changes up to a revision, which must come without a gap.
func readTo(t rapid.TB, s stream, number int64) {
	t.Helper()
	last := int64(-1)
	see := func(m *pb.WatchStateResponse) {
		if m.Snapshot != nil {
			last = m.Snapshot.Revision.Number
		}
		for _, d := range m.Deltas {
			if last >= 0 && d.Revision.Number != last+1 {
				t.Fatalf("revision %d after %d", d.Revision.Number, last)
			}
			last = d.Revision.Number
		}
	}
	for see(s.Msg()); last < number; see(s.Msg()) {
		if !s.Receive() {
			t.Fatalf("the stream ended: %v", s.Err())
		}
	}
}

// TestChangeThatCannotBeEncoded: who watches gets a snapshot instead, and no gap.
func TestChangeThatCannotBeEncoded(t *testing.T) {
	var presenter rpc.Presenter
	l := newLive(t, presenter, func(d feed.Delta) *rpc.Delta {
		if d.System != nil {
			return new(rpc.Delta) // one that nothing can be made of
		}
		return presenter.Delta(d)
	})
	user, binary := l.user()
	_, json := l.user(connect.WithProtoJSON())
	watchers := []stream{l.watch(binary, &pb.WatchStateRequest{}), l.watch(json, &pb.WatchStateRequest{})}
	for _, s := range watchers {
		readTo(t, s, l.Feed.Revision().Number)
	}
	l.Feed.SetSystem(health.State{Status: health.Offline, Reason: "gone", Plain: "gone"})
	for _, s := range watchers {
		for s.Receive() && s.Msg().Snapshot == nil {
			continue // who came is told too
		}
		if len(s.Msg().Statuses) == 0 || s.Msg().Statuses[0].GetSystem().GetReason() != "gone" ||
			s.Msg().Snapshot.Revision.Number != l.Feed.Revision().Number {
			t.Fatalf("got %v (%v)", s.Msg(), s.Err())
		}
	}
	l.write(job.Job{ID: "a", UserID: user.ID, Status: job.Scheduled})
	for _, s := range watchers {
		readTo(t, s, l.Feed.Revision().Number)
	}
}

// TestResponsesAreBounded: whatever is published while nobody reads, each response fits into what clients take by default.
func TestResponsesAreBounded(t *testing.T) {
	l := newLive(t, rpc.Presenter{}, nil)
	_, c := l.user()
	first := l.watch(c, &pb.WatchStateRequest{}).Msg().GetSnapshot().GetRevision()
	var jobs []job.Job
	for i := range 800 {
		j := job.Job{
			ID:       fmt.Sprint("job", i),
			UserID:   fmt.Sprint("user", i%7),
			UserName: "somebody",
			Start:    int64(i + 1),
			Status:   job.Scheduled,
			Inputs:   workflow.Values{"prompt": workflow.Text(strings.Repeat("🦊", 4000))},
		}
		for n := range 3 {
			j.Results = append(j.Results, job.Result{Kind: job.Text, Text: strings.Repeat("🦊", 300), NodeID: fmt.Sprint(n)})
		}
		jobs = append(jobs, j)
	}
	l.write(jobs...)
	all := map[string]bool{}
	take := func(m *pb.WatchStateResponse) {
		if size := proto.Size(m); size > 1<<20+64<<10 {
			t.Errorf("a response of %d bytes", size)
		}
		for _, j := range m.Snapshot.GetJobs() {
			all[j.Id] = true
		}
		for _, d := range m.Deltas {
			for _, j := range d.Jobs {
				all[j.Id] = true
			}
		}
	}
	for s := l.watch(c, &pb.WatchStateRequest{ResumeAfter: first}); ; {
		take(s.Msg())
		if len(all) == len(jobs) {
			break
		}
		if s.Msg().Snapshot != nil || !s.Receive() {
			t.Fatalf("%d of %d jobs (%v)", len(all), len(jobs), s.Err())
		}
	}
	fresh := l.watch(c, &pb.WatchStateRequest{}).Msg()
	if size := proto.Size(fresh); size > 1<<20 || size < 900<<10 {
		t.Errorf("the snapshot has %d bytes", size)
	}
	shown := fresh.Snapshot
	if n := len(shown.Jobs); n == 0 || shown.ScheduledTotal != int64(len(jobs)) || shown.ScheduledUntilMs != shown.Jobs[n-1].TimeSlot.StartMs {
		t.Errorf("%d jobs of %d, until %d", n, shown.ScheduledTotal, shown.ScheduledUntilMs)
	}
}
