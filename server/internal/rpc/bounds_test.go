package rpc

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// TestJobIsNoLargerThanCounted: the feed counts in bytes what is encoded here.
func TestJobIsNoLargerThanCounted(t *testing.T) {
	text := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 300), func(b []byte) string { return string(b) })
	rapid.Check(t, func(t *rapid.T) {
		j := job.Job{
			ID:              text.Draw(t, "id"),
			UserID:          text.Draw(t, "user"),
			Worker:          text.Draw(t, "worker"),
			Workflow:        text.Draw(t, "workflow"),
			Status:          job.Failed,
			Start:           -1,
			Duration:        -1,
			Inputs:          workflow.Values{"prompt": workflow.Text(text.Draw(t, "prompt")), "seed": workflow.Seed(1 << 63)},
			Attempt:         -1,
			CancelRequested: true,
			Version:         -1,
			CreatedAt:       -1,
			StartedAt:       -1,
			FinishedAt:      -1,
			Failure:         &job.Failure{Message: text.Draw(t, "message"), NodeID: text.Draw(t, "node")},
			Delay:           &job.Delay{Kind: job.Late, Reason: text.Draw(t, "reason"), BookedStart: -1},
		}
		for range rapid.IntRange(0, 5).Draw(t, "inputs") {
			j.Inputs[text.Draw(t, "name")] = rapid.SampledFrom([]workflow.Value{
				workflow.Text(text.Draw(t, "value")),
				workflow.Integer(-1), workflow.Number(0.1), workflow.Boolean(true),
				workflow.Seed(1 << 63),
				workflow.File{Input: text.Draw(t, "input file")},
			}).Draw(t, "of")
		}
		for range rapid.IntRange(0, 25).Draw(t, "results") {
			j.Results = append(j.Results,
				job.Result{Filename: text.Draw(t, "file"), Kind: job.Image, NodeID: text.Draw(t, "node"), Text: text.Draw(t, "words")})
		}
		j = j.Shorten()
		encoded := must(asBinary.marshal(nil, jobToProto(j)))
		if counted := feed.Size(j); len(encoded) > counted {
			t.Fatalf("%d bytes, counted %d", len(encoded), counted)
		}
	})
}

// TestEncodedOnceForEachAudience: in every format, all who may see the same get the same bytes.
func TestEncodedOnceForEachAudience(t *testing.T) {
	presenter := &Presenter{Policy: account.Policy{PrivateJobs: true}}
	d := presenter.Delta(feed.Delta{Jobs: []job.Job{{ID: "a", UserID: "ann", Inputs: workflow.Values{"prompt": workflow.Text("a fox")}}}})
	same := func(f format, v, w account.User) bool { return &must(d.For(f, v))[0] == &must(d.For(f, w))[0] }
	for _, f := range []format{asBinary, asJSON} {
		if !same(f, account.User{ID: "ann"}, everything) || !same(f, account.User{ID: "bob"}, account.User{ID: "eve"}) ||
			same(f, account.User{ID: "bob"}, everything) {
			t.Errorf("format %d", f)
		}
	}
	var kept snapshots
	for _, f := range []format{asBinary, asJSON} {
		s := &feed.Snapshot{}
		open := Presenter{}
		if must(kept.encode(f, open, s, account.User{ID: "ann"})) != must(kept.encode(f, open, s, account.User{ID: "bob"})) {
			t.Errorf("snapshots in format %d", f)
		}
	}
}

func TestMendedMessage(t *testing.T) {
	bad, good := "a\xffb", "a\uFFFDb"
	m := &pb.Job{
		Id: bad,
		Inputs: map[string]*pb.InputValue{
			bad: {Value: &pb.InputValue_Text{Text: bad}},
			"n": {Value: &pb.InputValue_Integer{Integer: 1}},
		},
		Results: []*pb.Result{{Text: bad}},
		Error:   &pb.JobError{Message: bad},
	}
	want := &pb.Job{
		Id: good,
		Inputs: map[string]*pb.InputValue{
			good: {Value: &pb.InputValue_Text{Text: good}},
			"n":  {Value: &pb.InputValue_Integer{Integer: 1}},
		},
		Results: []*pb.Result{{Text: good}},
		Error:   &pb.JobError{Message: good},
	}
	list := &pb.WorkflowSummary{Problems: []string{"fine", bad}}
	mend(m.ProtoReflect())
	mend(list.ProtoReflect())
	if !proto.Equal(m, want) || list.Problems[0] != "fine" || list.Problems[1] != good {
		t.Errorf("got %v, %v", m, list)
	}
}

// TestSnapshotFitsWhateverIsInIt: what is not a job leaves room for jobs, and who has ended for who is to come.
func TestSnapshotFitsWhateverIsInIt(t *testing.T) {
	long := strings.Repeat("d", 1<<20)
	worker := health.Worker{Reason: long, Plain: long}
	for range 7 {
		worker.BootSteps = append(worker.BootSteps, health.BootStep{Detail: long, Plain: long})
	}
	s := &feed.Snapshot{
		System:    health.Of([]health.Worker{worker}),
		Workflows: []workflow.Workflow{{Problems: []string{strings.Repeat("p", 1<<20)}}},
	}
	large := func(status job.Status, i int) job.Job {
		j := job.Job{ID: fmt.Sprint(status, i), UserID: fmt.Sprint("user", i), Status: status, Start: int64(1000 + i)}
		for range 20 {
			j.Results = append(j.Results, job.Result{Kind: job.Text, Text: strings.Repeat("w", 200), Filename: strings.Repeat("f", 4000)})
		}
		return j
	}
	for i := range 100 {
		s.Jobs = append(s.Jobs, large(job.Completed, i))
	}
	s.Jobs = append(s.Jobs, large(job.Processing, 0))
	for i := range 300 {
		s.Jobs = append(s.Jobs, large(job.Scheduled, i))
	}
	s.ScheduledTotal = 300
	got := Presenter{}.snapshot(s, everything)
	if size := proto.Size(got); size > maxResponse-ownReserve || size < maxResponse/3 {
		t.Errorf("%d bytes", size)
	}
	found := map[pb.JobStatus][]string{}
	for _, j := range got.Jobs {
		found[j.Status] = append(found[j.Status], j.Id)
	}
	ended, scheduled := found[pb.JobStatus_JOB_STATUS_COMPLETED], found[pb.JobStatus_JOB_STATUS_SCHEDULED]
	if len(ended) == 0 || ended[len(ended)-1] != "completed99" || len(scheduled) == 0 || scheduled[0] != "scheduled0" ||
		len(found[pb.JobStatus_JOB_STATUS_PROCESSING]) != 1 {
		t.Errorf("found %v", found)
	}
	if want := int64(1000 + len(scheduled) - 1); got.ScheduledUntilMs != want {
		t.Errorf("until %d, want %d", got.ScheduledUntilMs, want)
	}
	whole := &pb.WatchStateResponse{Snapshot: got, Statuses: []*pb.StatusUpdate{Presenter{}.complete(s, everything)}}
	if size := proto.Size(whole); size > maxResponse {
		t.Errorf("%d bytes with the status", size)
	}
}

// TestFormFitsIntoAMessage: however many choices a folder of models makes.
func TestFormFitsIntoAMessage(t *testing.T) {
	var choices []string
	for i := range 50_000 {
		choices = append(choices, fmt.Sprintf("a model with a long name %d.safetensors", i))
	}
	shown := &pb.Workflow{
		Inputs: formToProto(&form.Form{
			Inputs: []form.Input{
				{Name: "prompt", Kind: form.Text, Example: strings.Repeat("p", 1<<20)},
				{Name: "model", Kind: form.Choice, Choices: choices},
				{Name: "image", Kind: form.File, Choices: choices},
				{Name: "device", Kind: form.Text, Hidden: true},
			},
		}, false),
	}
	listed, left := len(shown.Inputs[1].GetChoice().Choices), len(shown.Inputs[2].GetFile().InputFiles)
	if listed < 1000 || left > 0 || proto.Size(shown) > maxResponse || len(shown.Inputs) != 3 {
		t.Errorf("%d inputs, %d choices and %d files, %d bytes", len(shown.Inputs), listed, left, proto.Size(shown))
	}
}

func TestPageEndsWhereAResponseIsFull(t *testing.T) {
	r := &pb.ListAuditEventsRequest{PageSize: 500}
	var list []int
	for i := range 501 {
		list = append(list, i)
	}
	for size, want := range map[int]int{10: 500, 10_000: 104, 2 << 20: 1} {
		show := func(int) *pb.AuditEvent { return &pb.AuditEvent{Detail: strings.Repeat("x", size)} }
		if shown, next := page(r, list, show, func(i int) store.Cursor { return store.Cursor{Start: int64(i)} }); len(shown) != want ||
			next == "" {
			t.Errorf("%d bytes each: %d, want %d", size, len(shown), want)
		}
	}
}
