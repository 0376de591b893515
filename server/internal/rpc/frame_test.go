package rpc

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/access"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Whatever format a client speaks, it reads the parts of a frame as one response.
func TestFrameIsOneResponse(t *testing.T) {
	want := &pb.WatchStateResponse{
		ConnectionId: "c", Snapshot: &pb.StateSnapshot{ServerTimeMs: 7, Jobs: []*pb.Job{{Id: "a"}, {Id: "b"}}},
		Deltas: []*pb.StateDelta{{Revision: &pb.Revision{Number: 1}}, {Revision: &pb.Revision{Number: 2}}},
	}
	sent := &frame{parts: [][]byte{
		encode(&pb.WatchStateResponse{Snapshot: &pb.StateSnapshot{Jobs: want.Snapshot.Jobs}}),
		encode(&pb.WatchStateResponse{Deltas: want.Deltas[:1]}), encode(&pb.WatchStateResponse{Deltas: want.Deltas[1:]}),
		encode(&pb.WatchStateResponse{ConnectionId: "c", Snapshot: &pb.StateSnapshot{ServerTimeMs: 7}}),
	}}
	for name, format := range map[string]struct {
		write func() ([]byte, error)
		read  func([]byte, proto.Message) error
	}{
		"binary": {func() ([]byte, error) { return binary{}.Marshal(sent) }, proto.Unmarshal},
		"JSON":   {func() ([]byte, error) { return protojson.Marshal(sent) }, protojson.Unmarshal},
	} {
		encoded, err := format.write()
		if err != nil {
			t.Fatal(name, err)
		}
		got := &pb.WatchStateResponse{}
		if err := format.read(encoded, got); err != nil {
			t.Fatal(name, err)
		}
		if !proto.Equal(want, got) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestChangeForEachViewer(t *testing.T) {
	change := feed.Delta{
		Revision: feed.Revision{Epoch: "e", Number: 3}, Connections: []feed.Connection{{ID: "c", IP: "10.0.0.1"}},
		Jobs: []job.Job{{ID: "a", UserID: "ann", Prompt: "a fox", Status: job.Scheduled}, {ID: "b", UserID: "bob", Prompt: "an owl", Status: job.Scheduled}},
	}
	for name, test := range map[string]struct {
		policy  access.Policy
		viewer  access.Viewer
		prompts [2]string
		address string
	}{
		"everything is open":      {access.Policy{Addresses: true}, access.Viewer{UserID: "ann"}, [2]string{"a fox", "an owl"}, "10.0.0.1"},
		"addresses are kept":      {access.Policy{}, access.Viewer{UserID: "ann"}, [2]string{"a fox", "an owl"}, ""},
		"an owner":                {access.Policy{PrivateJobs: true}, access.Viewer{UserID: "bob"}, [2]string{"", "an owl"}, ""},
		"an owner, addresses too": {access.Policy{PrivateJobs: true, Addresses: true}, access.Viewer{UserID: "ann"}, [2]string{"a fox", ""}, "10.0.0.1"},
		"somebody else":           {access.Policy{PrivateJobs: true}, access.Viewer{UserID: "eve"}, [2]string{}, ""},
		"an administrator":        {access.Policy{PrivateJobs: true}, access.Viewer{UserID: "eve", Administrator: true}, [2]string{"a fox", "an owl"}, "10.0.0.1"},
	} {
		got := &pb.WatchStateResponse{}
		if err := proto.Unmarshal((&Outlook{Policy: test.policy}).Delta(change).For(test.viewer), got); err != nil {
			t.Fatal(err)
		}
		d := got.Deltas[0]
		if d.Jobs[0].Prompt != test.prompts[0] || d.Jobs[1].Prompt != test.prompts[1] || d.ConnectedUsers[0].Ip != test.address {
			t.Errorf("%s sees %v", name, d)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	change := feed.Delta{Revision: feed.Revision{Epoch: "e", Number: 3}, Jobs: []job.Job{{
		ID: "0190a5b2-7b5e-7c43-9a56-0d9c6f1d2e11", UserID: "0190a5b2-7b5e-7c43-9a56-0d9c6f1d2e12", UserName: "User-1", Worker: "gpu", Workflow: "flux_klein", Status: job.Scheduled,
		Start: 1764000000000, Duration: 11_000, Prompt: "a red fox in the snow, watercolour", Seed: 1 << 60,
		Parameters: workflow.Values{"width": workflow.Integer(1024), "height": workflow.Integer(1024), "steps": workflow.Integer(4)}, Attempt: 1, Version: 1,
	}}}
	for name, policy := range map[string]access.Policy{"open": {Addresses: true}, "private": {PrivateJobs: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				(&Outlook{Policy: policy}).Delta(change).For(access.Viewer{})
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	f := feed.New(0, (&Outlook{}).Delta)
	var jobs []job.Job
	for i := range 1000 {
		jobs = append(jobs, job.Job{ID: string(rune(i)), Status: job.Scheduled, Start: int64(i), Prompt: "a red fox in the snow, watercolour", Parameters: workflow.Values{"width": workflow.Integer(1024)}})
	}
	f.Load(jobs, nil)
	b.ReportAllocs()
	for b.Loop() {
		var fresh snapshots
		fresh.encode(Outlook{}, f.Snapshot(), everything)
	}
}
