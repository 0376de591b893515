//go:build linux

package acceptance_test

import (
	"strings"
	"syscall"
	"testing"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// A worker that an administrator takes out of service gives its bookings to the others and starts nothing, over a restart too; who
// named it waits, and is told why.
func TestAWorkerOutOfService(t *testing.T) {
	t.Parallel()
	s := newFleet(t, nil).start()
	user := s.signIn()
	user.untilAllReady()
	root := s.administrator()
	start := now() + 15_000
	free := user.book(anywhere(exactly(start+60_000, "a fox that goes elsewhere")))
	dusty := free.WorkerId // the one that was quickest when it was measured
	pinned := user.book(on(dusty, exactly(start, "a fox that waits")))
	take := &pb.TakeWorkerOutOfServiceRequest{WorkerId: dusty, Reason: "dust"}
	for _, only := range []bool{true, false} {
		take.ValidateOnly = only
		plan, err := root.Workers.TakeWorkerOutOfService(t.Context(), take)
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Moves) != 2 || plan.Moves[0].JobId != pinned.Id || plan.Moves[0].To != nil || plan.Moves[0].Problem == "" ||
			plan.Moves[1].ToWorkerId == dusty || plan.Moves[1].To.GetStartMs() != free.TimeSlot.StartMs {
			t.Errorf("plan: %v", plan)
		}
		if moved := user.job(free.Id).WorkerId != dusty; moved == only {
			t.Errorf("only a plan: %v, moved: %v", only, moved)
		}
	}
	out := func(_ *pb.SystemState, workers map[string]*pb.Worker) bool {
		return workers[dusty].GetOutOfService() && workers[dusty].OutOfServiceReason == "dust"
	}
	user.untilWorkers("it is out of service", out)
	_, err := user.BookJob(t.Context(), on(dusty, nextFree("a fox")))
	if connect.CodeOf(err) != connect.CodeFailedPrecondition || !strings.Contains(err.Error(), "out of service: dust") {
		t.Errorf("booked there: %v", err)
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	s.start()
	user, root = user.again(s), root.again(s)
	user.untilWorkers("it still is", out)
	late := user.until(pinned.Id, func(j *pb.Job) bool { return j.Delay != nil })
	if late.StartedAtMs > 0 || !strings.Contains(late.Delay.Reason, "dust") && !strings.Contains(late.Delay.Reason, "not running") {
		t.Errorf("it waits: %v", late)
	}
	if _, err := root.Workers.ReturnWorkerToService(t.Context(), &pb.ReturnWorkerToServiceRequest{WorkerId: dusty}); err != nil {
		t.Fatal(err)
	}
	if j := user.untilEnded(pinned.Id); j.Status != pb.JobStatus_JOB_STATUS_COMPLETED || j.WorkerId != dusty {
		t.Errorf("after the return: %v", j)
	}
}

// A worker that is taken out of the configuration after a crash leaves its bookings to the others, and no ComfyUI behind.
func TestAWorkerIsTakenOutOfTheConfiguration(t *testing.T) {
	t.Parallel()
	s := newFleet(t, nil).start()
	user := s.signIn()
	user.untilAllReady()
	start := now() + 600_000
	pinned := user.book(on("three", exactly(start, "a fox that names it")))
	var free *pb.Job
	for free.GetWorkerId() != "three" { // the first two are taken before
		free = user.book(anywhere(exactly(start+60_000, "a fox")))
	}
	running := user.book(on("three", nextFree("a fox [[slow=20s]]")))
	user.until(running.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	s.crash()
	list, _ := s.Config["workers"].([]any)
	s.Config["workers"] = list[:2]
	s.start()
	user = user.again(s)
	if pids := s.ComfyPIDsOf("three"); len(pids) > 0 {
		t.Errorf("left behind: %v", pids)
	}
	waits := user.until(pinned.Id, func(j *pb.Job) bool { return j.Delay != nil })
	if waits.WorkerId != "three" || !strings.Contains(waits.Delay.Reason, "three is not in the configuration any more") {
		t.Errorf("the one that names it: %v", waits)
	}
	if moved := user.until(free.Id, func(j *pb.Job) bool { return j.WorkerId != "three" }); moved.TimeSlot.StartMs < free.TimeSlot.StartMs {
		t.Errorf("the one that any worker may run: %v", moved)
	}
	if again := user.until(running.Id, func(j *pb.Job) bool { return j.Attempt == 2 }); !strings.Contains(again.Delay.GetReason(),
		"is not in the configuration any more") {
		t.Errorf("the one that ran there: %v", again)
	}
	elsewhere := now() + 300_000
	moved, err := user.MoveJob(t.Context(), &pb.MoveJobRequest{
		JobId:    pinned.Id,
		Version:  waits.Version,
		WorkerId: "one",
		Start:    &pb.MoveJobRequest_StartMs{StartMs: elsewhere},
	})
	if err != nil || moved.Job.WorkerId != "one" || moved.Job.Delay != nil {
		t.Errorf("moved by its owner: %v (%v)", moved, err)
	}
}
