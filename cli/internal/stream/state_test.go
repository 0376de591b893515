package stream_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/stream"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// slot is a second from a start on.
func slot(startMS int64) *pb.TimeSlot { return &pb.TimeSlot{StartMs: startMS, EndMs: startMS + 1000} }

// history makes a snapshot and the deltas after it, as a server would.
func history(t *rapid.T) (*pb.StateSnapshot, []*pb.StateDelta) {
	jobs := map[string]*pb.Job{}
	change := func(n int64) *pb.StateDelta {
		id := fmt.Sprintf("job-%d", rapid.IntRange(0, 5).Draw(t, "job"))
		version := int64(1)
		if known := jobs[id]; known != nil {
			version = known.GetVersion() + 1
		}
		j := &pb.Job{
			Id:       id,
			Version:  version,
			TimeSlot: slot(rapid.Int64Range(0, 9).Draw(t, "slot")),
			Status:   pb.JobStatus(rapid.IntRange(1, 5).Draw(t, "status")),
		}
		jobs[id] = j
		return &pb.StateDelta{Revision: &pb.Revision{Epoch: "e", Number: n}, Jobs: []*pb.Job{j}}
	}
	n := int64(0)
	for range rapid.IntRange(0, 10).Draw(t, "before") {
		n++
		change(n)
	}
	snapshot := &pb.StateSnapshot{Revision: &pb.Revision{Epoch: "e", Number: n}}
	for _, j := range jobs {
		snapshot.Jobs = append(snapshot.Jobs, j)
	}
	var deltas []*pb.StateDelta
	for range rapid.IntRange(0, 20).Draw(t, "after") {
		n++
		deltas = append(deltas, change(n))
	}
	return snapshot, deltas
}

func equal(a, b []*pb.Job) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !proto.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// Deltas in one response or many, once or twice, give the same state.
func TestDeltasGiveTheSameStateHoweverTheyCome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		snapshot, deltas := history(t)
		var together, apart stream.State
		together.Apply(&pb.WatchStateResponse{Snapshot: snapshot, Deltas: deltas}, now)
		apart.Apply(&pb.WatchStateResponse{Snapshot: snapshot}, now)
		for i, d := range deltas {
			apart.Apply(&pb.WatchStateResponse{Deltas: []*pb.StateDelta{d}}, now)
			if again := rapid.IntRange(0, i).Draw(t, "again"); rapid.Bool().Draw(t, "twice") {
				apart.Apply(&pb.WatchStateResponse{Deltas: deltas[again : i+1]}, now)
			}
		}
		if !equal(together.Jobs(), apart.Jobs()) || !proto.Equal(together.Revision, apart.Revision) {
			t.Fatalf("%v\n%v", together.Jobs(), apart.Jobs())
		}
	})
}

func TestJobsComeInTheOrderOfInterest(t *testing.T) {
	var s stream.State
	s.Apply(&pb.WatchStateResponse{
		Snapshot: &pb.StateSnapshot{
			Jobs: []*pb.Job{
				{Id: "old", Status: pb.JobStatus_JOB_STATUS_COMPLETED, TimeSlot: slot(1)},
				{Id: "later", Status: pb.JobStatus_JOB_STATUS_SCHEDULED, TimeSlot: slot(9)},
				{Id: "recent", Status: pb.JobStatus_JOB_STATUS_FAILED, TimeSlot: slot(2)},
				{Id: "running", Status: pb.JobStatus_JOB_STATUS_PROCESSING, TimeSlot: slot(5), Attempt: 1},
				{Id: "next", Status: pb.JobStatus_JOB_STATUS_SCHEDULED, TimeSlot: slot(6)},
			},
		},
	}, now)
	var got []string
	for _, j := range s.Jobs() {
		got = append(got, j.GetId())
	}
	if want := "[running next later recent old]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestALongWatchForgetsOldJobs(t *testing.T) {
	var s stream.State
	for n := range int64(2_000) {
		s.Apply(&pb.WatchStateResponse{
			Deltas: []*pb.StateDelta{{
				Jobs: []*pb.Job{
					{Id: fmt.Sprint(n), Status: pb.JobStatus_JOB_STATUS_COMPLETED, TimeSlot: slot(n), Version: 1},
				},
			}},
		}, now)
	}
	jobs := s.Jobs()
	if len(jobs) != 500 || api.StartMS(jobs[0]) != 1_999 {
		t.Errorf("%d jobs are kept, the first one of %d", len(jobs), api.StartMS(jobs[0]))
	}
}

func TestProgressOfAnEarlierAttemptIsNotShown(t *testing.T) {
	var s stream.State
	j := &pb.Job{Id: "a", Status: pb.JobStatus_JOB_STATUS_PROCESSING, Attempt: 2, Version: 4}
	s.Apply(&pb.WatchStateResponse{
		Snapshot: &pb.StateSnapshot{Jobs: []*pb.Job{j}},
		Progress: []*pb.JobProgress{{JobId: "a", Attempt: 1, Step: 7, Total: 8}},
	}, now)
	if p := s.Progress(j); p != nil {
		t.Errorf("%v", p)
	}
	s.Apply(&pb.WatchStateResponse{Progress: []*pb.JobProgress{{JobId: "a", Attempt: 2, Step: 1, Total: 8}}}, now)
	if p := s.Progress(j); p.GetStep() != 1 {
		t.Errorf("%v", p)
	}
}

// Names come once, beside jobs that carry only ids. Those of forgotten jobs are forgotten with them.
func TestNamesAreKeptWhileAJobSpeaksOfThem(t *testing.T) {
	var s stream.State
	job := func(n int64, user string) *pb.Job {
		return &pb.Job{Id: fmt.Sprint(n), UserId: user, Status: pb.JobStatus_JOB_STATUS_COMPLETED, TimeSlot: slot(n), Version: 1}
	}
	s.Apply(&pb.WatchStateResponse{
		Snapshot: &pb.StateSnapshot{
			Jobs:  []*pb.Job{job(0, "u")},
			Users: []*pb.UserName{{UserId: "u", Name: "Ada"}},
		},
	}, now)
	if got := s.Owner(job(0, "u")); got != "Ada" {
		t.Errorf("%q", got)
	}
	s.Apply(&pb.WatchStateResponse{Deltas: []*pb.StateDelta{{Users: []*pb.UserName{{UserId: "u", Name: "Grace"}}}}}, now)
	if got := s.Owner(job(0, "u")); got != "Grace" {
		t.Errorf("after a new name: %q", got)
	}
	for n := range int64(600) {
		s.Apply(&pb.WatchStateResponse{
			Deltas: []*pb.StateDelta{{
				Jobs:  []*pb.Job{job(n+1, "v")},
				Users: []*pb.UserName{{UserId: "v", Name: "Eve"}},
			}},
		}, now)
	}
	if got := s.Owner(job(0, "u")) + s.Owner(job(1, "v")); got != "Eve" {
		t.Errorf("after many jobs: %q", got)
	}
}
