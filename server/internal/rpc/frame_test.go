package rpc

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Whatever format a client speaks, it reads the parts of a frame as one response.
func TestFrameIsOneResponse(t *testing.T) {
	shared := &pb.StateSnapshot{
		Revision: &pb.Revision{Epoch: "e"}, Jobs: []*pb.Job{{Id: "a"}, {Id: "b"}},
		ConnectedUsers: []*pb.Connection{{ConnectionId: "theirs"}}, Users: []*pb.UserName{{UserId: "u"}},
	}
	aside := &pb.StateSnapshot{
		ServerTimeMs: 7, ConnectedUsers: []*pb.Connection{{ConnectionId: "mine"}},
		Users: []*pb.UserName{{UserId: "me", Name: "\"\\"}},
	}
	changes := []feed.Delta{{Revision: feed.Revision{Number: 1}, Disconnected: []string{"c"}}, {Revision: feed.Revision{Number: 2}}}
	running := feed.Delta{Progress: &job.Progress{JobID: "a", Step: 3}}
	for name, want := range map[string]*pb.WatchStateResponse{
		"nothing":   {},
		"heartbeat": {Heartbeat: &pb.Heartbeat{ServerTimeMs: 1}},
		"beginning": {ConnectionId: "c", Snapshot: aside},
		"changes":   {ConnectionId: "c", Deltas: []*pb.StateDelta{{}}},
		"all": {
			ConnectionId: "c", Heartbeat: &pb.Heartbeat{}, Snapshot: aside, Deltas: []*pb.StateDelta{{}},
			Progress: []*pb.JobProgress{{}},
		},
	} {
		for f, read := range map[format]func([]byte, proto.Message) error{asBinary: proto.Unmarshal, asJSON: protojson.Unmarshal} {
			want := proto.Clone(want).(*pb.WatchStateResponse)
			r := &response{own: &pb.WatchStateResponse{ConnectionId: want.ConnectionId, Heartbeat: want.Heartbeat, Snapshot: want.Snapshot}}
			outlook := &Outlook{}
			if want.Snapshot != nil {
				r.snapshot = must(encodeSnapshot(f, proto.Clone(shared).(*pb.StateSnapshot)))
				merged := proto.Clone(shared).(*pb.StateSnapshot)
				proto.Merge(merged, aside)
				want.Snapshot = merged
			}
			if want.Deltas != nil {
				want.Deltas = nil
				for _, d := range changes {
					r.deltas = append(r.deltas, must(outlook.Delta(d).For(f, everything)))
					want.Deltas = append(want.Deltas, outlook.delta(d, everything))
				}
			}
			if want.Progress != nil {
				r.progress = append(r.progress, must(outlook.Delta(running).For(f, everything)))
				want.Progress = []*pb.JobProgress{progressToProto(*running.Progress)}
			}
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
		shown := func(d feed.Delta) *pb.StateDelta {
			got := &pb.WatchStateResponse{}
			if err := proto.Unmarshal(must((&Outlook{Policy: test.policy}).Delta(d).For(asBinary, test.viewer)), got); err != nil {
				t.Fatal(err)
			}
			return got.Deltas[0]
		}
		for i, j := range []job.Job{{ID: "a", UserID: "ann", Prompt: "a fox"}, {ID: "b", UserID: "bob", Prompt: "an owl"}} {
			if d := shown(feed.Delta{Jobs: []job.Job{j}}); d.Jobs[0].Prompt != test.prompts[i] {
				t.Errorf("%s sees %v", name, d)
			}
		}
		if d := shown(connected); d.ConnectedUsers[0].Ip != test.address {
			t.Errorf("%s sees %v", name, d)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	change := feed.Delta{Revision: feed.Revision{Epoch: "e", Number: 3}, Jobs: []job.Job{{
		ID: "0190a5b2-7b5e-7c43-9a56-0d9c6f1d2e11", UserID: "0190a5b2-7b5e-7c43-9a56-0d9c6f1d2e12", UserName: "User-1", Worker: "gpu",
		Workflow: "flux_klein", Status: job.Scheduled,
		Start: 1764000000000, Duration: 11_000, Prompt: "a red fox in the snow, watercolour", Seed: 1 << 60,
		Parameters: workflow.Values{"width": workflow.Integer(1024), "height": workflow.Integer(1024), "steps": workflow.Integer(4)},
		Attempt:    1, Version: 1,
	}}}
	for name, policy := range map[string]account.Policy{"open": {Addresses: true}, "private": {PrivateJobs: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = (&Outlook{Policy: policy}).Delta(change).For(asBinary, account.User{})
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	f := feed.New(0, (&Outlook{}).Delta)
	var jobs []job.Job
	for i := range 1000 {
		jobs = append(jobs, job.Job{
			ID: string(rune(i)), Status: job.Scheduled, Start: int64(i),
			Prompt: "a red fox in the snow, watercolour", Parameters: workflow.Values{"width": workflow.Integer(1024)},
		})
	}
	f.Load(jobs, nil)
	b.ReportAllocs()
	for b.Loop() {
		var fresh snapshots
		_, _ = fresh.encode(asBinary, Outlook{}, f.Snapshot(), everything)
	}
}

// BenchmarkDelivery is what one change costs one watcher, besides sending it.
func BenchmarkDelivery(b *testing.B) {
	outlook := &Outlook{}
	f := feed.New(0, outlook.Delta)
	w := &watcher{Server: &Server{Feed: f, Outlook: *outlook}}
	cursor := f.Read(feed.Cursor{}).Next
	f.JobsWritten([]job.Job{{ID: "a", UserID: "u", Prompt: "a red fox in the snow, watercolour", Status: job.Scheduled}})
	b.ReportAllocs()
	for b.Loop() {
		_, _ = w.respond(f.Read(cursor))
	}
}
