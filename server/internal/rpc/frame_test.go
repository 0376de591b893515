package rpc

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Whatever format a client speaks, it reads the parts of a frame as one response.
func TestFrameIsOneResponse(t *testing.T) {
	presenter := &Presenter{}
	kept := feed.Delta{Revision: feed.Revision{Epoch: "e", Number: 1}, Jobs: []job.Job{{ID: "a"}}}
	gone := feed.Delta{Disconnected: []string{"c"}}
	running := feed.Delta{Progress: &job.Progress{JobID: "a", Step: 3}}
	snapshot := &feed.Snapshot{
		Revision:    feed.Revision{Epoch: "e"},
		Jobs:        []job.Job{{ID: "a", UserID: "u"}, {ID: "b", UserID: "u"}},
		Connections: []feed.Connection{{ID: "theirs", UserID: "v"}},
		Names:       []feed.UserName{{UserID: "u", Name: "\"\\"}, {UserID: "v", Name: "V"}},
		Own:         map[string]feed.Own{"me": {Connections: []feed.Connection{{ID: "mine"}}}},
	}
	me := account.User{ID: "me"}
	aside := presenter.aside(snapshot, me)
	for name, want := range map[string]*pb.WatchStateResponse{
		"nothing":   {},
		"heartbeat": {Heartbeat: &pb.Heartbeat{ServerTimeMs: 1}},
		"beginning": {
			ConnectionId: "c",
			Snapshot:     presenter.snapshot(snapshot, me),
			Statuses:     []*pb.StatusUpdate{presenter.complete(snapshot, me)},
		},
		"changes": {ConnectionId: "c", Deltas: []*pb.StateDelta{presenter.delta(kept, me)}},
		"all": {
			ConnectionId: "c",
			Heartbeat:    &pb.Heartbeat{},
			Snapshot:     presenter.snapshot(snapshot, me),
			Deltas:       []*pb.StateDelta{presenter.delta(kept, me), presenter.delta(kept, me)},
			Statuses:     []*pb.StatusUpdate{presenter.complete(snapshot, me), presenter.status(gone, me)},
			Progress:     []*pb.JobProgress{progressToProto(*running.Progress)},
		},
	} {
		for f, read := range map[format]func([]byte, proto.Message) error{asBinary: proto.Unmarshal, asJSON: protojson.Unmarshal} {
			want := proto.Clone(want).(*pb.WatchStateResponse)
			r := &response{own: &pb.WatchStateResponse{ConnectionId: want.ConnectionId, Heartbeat: want.Heartbeat}}
			parts := must(encodeSnapshot(f, *presenter, snapshot, me))
			if want.Snapshot != nil {
				r.snapshot, r.statuses, r.own.Statuses = parts.snapshot, [][]byte{parts.status}, aside
			}
			for range want.Deltas {
				r.deltas = append(r.deltas, must(presenter.Delta(kept).For(f, me)))
			}
			if len(want.Statuses) > 1 {
				r.statuses = append(r.statuses, must(presenter.Delta(gone).For(f, me)))
			}
			for range want.Progress {
				r.progress = append(r.progress, must(presenter.Delta(running).For(f, me)))
			}
			want.Statuses = append(want.Statuses, r.own.Statuses...)
			encoded := must(codec{f, ""}.Marshal(must(r.frame(f))))
			got := &pb.WatchStateResponse{}
			if err := read(encoded, got); err != nil {
				t.Fatalf("%s, %d: %v in %s", name, f, err, encoded)
			}
			if !proto.Equal(want, got) {
				t.Errorf("%s, %d: got %v, want %v", name, f, got, want)
			}
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestChangeForEachViewer(t *testing.T) {
	connected := feed.Delta{Connections: []feed.Connection{{ID: "c", IP: "10.0.0.1"}}}
	for name, test := range map[string]struct {
		policy  account.Policy
		viewer  account.User
		prompts [2]string
		address string
	}{
		"everything is open": {account.Policy{Addresses: true}, account.User{ID: "ann"}, [2]string{"a fox", "an owl"}, "10.0.0.1"},
		"addresses are kept": {account.Policy{}, account.User{ID: "ann"}, [2]string{"a fox", "an owl"}, ""},
		"an owner":           {account.Policy{PrivateJobs: true}, account.User{ID: "bob"}, [2]string{"", "an owl"}, ""},
		"an owner, addresses too": {
			account.Policy{PrivateJobs: true, Addresses: true},
			account.User{ID: "ann"},
			[2]string{"a fox", ""},
			"10.0.0.1",
		},
		"somebody else": {account.Policy{PrivateJobs: true}, account.User{ID: "eve"}, [2]string{}, ""},
		"an administrator": {
			account.Policy{PrivateJobs: true},
			account.User{ID: "eve", Administrator: true},
			[2]string{"a fox", "an owl"},
			"10.0.0.1",
		},
	} {
		shown := func(d feed.Delta) *pb.WatchStateResponse {
			got := &pb.WatchStateResponse{}
			if err := proto.Unmarshal(must((&Presenter{Policy: test.policy}).Delta(d).For(asBinary, test.viewer)), got); err != nil {
				t.Fatal(err)
			}
			return got
		}
		for i, j := range []job.Job{
			{ID: "a", UserID: "ann", Inputs: workflow.Values{"prompt": workflow.Text("a fox")}},
			{ID: "b", UserID: "bob", Inputs: workflow.Values{"prompt": workflow.Text("an owl")}},
		} {
			if d := shown(feed.Delta{Jobs: []job.Job{j}}); d.Deltas[0].Jobs[0].Prompt != test.prompts[i] {
				t.Errorf("%s sees %v", name, d)
			}
		}
		if d := shown(connected); d.Statuses[0].ConnectedUsers[0].Ip != test.address {
			t.Errorf("%s sees %v", name, d)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	change := feed.Delta{
		Revision: feed.Revision{Epoch: "e", Number: 3},
		Jobs: []job.Job{{
			ID:       "0190a5b2-7b5e-7c43-9a56-0d9c6f1d2e11",
			UserID:   "0190a5b2-7b5e-7c43-9a56-0d9c6f1d2e12",
			UserName: "User-1",
			Worker:   "gpu",
			Workflow: "flux_klein",
			Status:   job.Scheduled,
			Start:    1764000000000,
			Duration: 11_000,
			Inputs: workflow.Values{
				"prompt": workflow.Text("a red fox in the snow, watercolour"),
				"seed":   workflow.Seed(1 << 60),
				"width":  workflow.Integer(1024),
				"height": workflow.Integer(1024),
				"steps":  workflow.Integer(4),
			},
			Attempt: 1,
			Version: 1,
		}},
	}
	for name, policy := range map[string]account.Policy{"open": {Addresses: true}, "private": {PrivateJobs: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = (&Presenter{Policy: policy}).Delta(change).For(asBinary, account.User{})
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	f := feed.New(0, (&Presenter{}).Delta)
	var jobs []job.Job
	for i := range 1000 {
		jobs = append(jobs, job.Job{
			ID:     string(rune(i)),
			Status: job.Scheduled,
			Start:  int64(i),
			Inputs: workflow.Values{"prompt": workflow.Text("a red fox in the snow, watercolour"), "width": workflow.Integer(1024)},
		})
	}
	f.Load(feed.Revision{Epoch: "e"}, jobs, nil)
	b.ReportAllocs()
	for b.Loop() {
		var fresh snapshots
		_, _ = fresh.encode(asBinary, Presenter{}, f.Snapshot(), everything)
	}
}

// BenchmarkDelivery measures the cost of one change for one watcher, besides sending it.
func BenchmarkDelivery(b *testing.B) {
	presenter := &Presenter{}
	f := feed.New(0, presenter.Delta)
	w := &watcher{Server: &Server{Feed: f, Presenter: *presenter}}
	f.Load(feed.Revision{Epoch: "e"}, nil, nil)
	cursor := f.Read(feed.Cursor{}).Next
	j := job.Job{ID: "a", UserID: "u", Status: job.Scheduled}
	j.Inputs = workflow.Values{"prompt": workflow.Text("a red fox in the snow, watercolour")}
	change := store.Change{Revision: feed.Revision{Epoch: "e", Number: 1}, Things: []store.Thing{{Kind: store.JobKind, Key: j.ID, Job: &j}}}
	f.Apply([]store.Change{change})
	b.ReportAllocs()
	for b.Loop() {
		_, _ = w.respond(f.Read(cursor))
	}
}

func TestSystemSaysWhoImports(t *testing.T) {
	for importers, want := range map[account.Importers]bool{account.ImportByAdministrators: false, account.ImportByEverybody: true} {
		delta := (&Presenter{Policy: account.Policy{Importers: importers}}).Delta(feed.Delta{System: &health.State{}})
		got := &pb.WatchStateResponse{}
		if err := proto.Unmarshal(must(delta.For(asBinary, account.User{ID: "ann"})), got); err != nil {
			t.Fatal(err)
		}
		if everybody := got.Statuses[0].System.EverybodyImports; everybody != want {
			t.Errorf("%s: everybody imports: %v", importers, everybody)
		}
	}
}
