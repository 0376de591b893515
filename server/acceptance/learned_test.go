//go:build linux

package acceptance_test

import (
	"context"
	"math"
	"slices"
	"syscall"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// sized is a booking of the next free slot with steps and a width.
func sized(steps, width int64) *pb.BookJobRequest {
	r := nextFree("a fox")
	r.Inputs["steps"], r.Inputs["width"] = servicetest.Integer(steps), servicetest.Integer(width)
	return r
}

// told collects the progress of a run, with when it came.
type told struct {
	at       []int64
	fraction []float64
	end      []int64
}

// runs books a job and follows it to its end.
func (c *client) runs(r *pb.BookJobRequest) (*pb.Job, told) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	stream, err := c.WatchState(ctx, &pb.WatchStateRequest{Client: "test"})
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	if !stream.Receive() {
		c.t.Fatal(stream.Err())
	}
	booked := c.book(r)
	var seen told
	for stream.Receive() {
		for _, p := range stream.Msg().Progress {
			if p.JobId == booked.Id && p.ExpectedEndMs > 0 {
				seen.at, seen.fraction, seen.end = append(seen.at, now()), append(seen.fraction, p.Fraction), append(seen.end, p.ExpectedEndMs)
			}
		}
		for _, delta := range stream.Msg().Deltas {
			for _, j := range delta.Jobs {
				if j.Id == booked.Id && j.FinishedAtMs > 0 {
					return j, seen
				}
			}
		}
	}
	c.t.Fatalf("job %s: %v", booked.Id, stream.Err())
	return nil, seen
}

// off compares the ends that were told with the real one: for each quarter of the run the median, as a part of the run.
func (s told) off(j *pb.Job) (quarters [4]float64) {
	var all [4][]float64
	took := float64(j.FinishedAtMs - j.StartedAtMs)
	for i, at := range s.at {
		q := min(3, max(0, int(4*float64(at-j.StartedAtMs)/took)))
		all[q] = append(all[q], math.Abs(float64(s.end[i]-j.FinishedAtMs))/took)
	}
	for q, values := range all {
		quarters[q] = math.NaN()
		if len(values) > 0 {
			slices.Sort(values)
			quarters[q] = values[len(values)/2]
		}
	}
	return quarters
}

// Jobs teach how long the next will take with its own values, which holds after a restart too, and what was learned is published.
func TestJobsTeachHowLongTheNextTakes(t *testing.T) {
	t.Parallel()
	s := newSite(t, "--step-time", "80ms", "--decode-time", "100ms")
	size := servicetest.Size()
	size["steps"] = servicetest.Target("48", "steps")
	s.with("workflow.parameter_map", servicetest.Inputs(size)).start()
	user := s.signIn()
	first := user.book(nextFree("a fox"))
	if first.EstimateBasis != pb.EstimateBasis_ESTIMATE_BASIS_MEASURED || first.ExpectedMs == 0 {
		t.Errorf("by the benchmark: %v", first)
	}
	user.untilEnded(first.Id)
	const jobs = 20
	for i := range int64(jobs) {
		j, seen := user.runs(sized(4+2*(i%7), 512+256*(i%4)))
		if j.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
			t.Fatalf("job: %v", j)
		}
		if len(seen.at) == 0 || !slices.IsSorted(seen.fraction) || seen.fraction[len(seen.fraction)-1] > 1 {
			t.Errorf("told of a run: %v", seen)
		}
		t.Logf("run %2d of %4d ms in a slot of %4d ms, expected %4d (%v); its end was told wrong by, in each quarter: %.2f",
			i+1, j.FinishedAtMs-j.StartedAtMs, j.DurationMs, j.ExpectedMs, j.EstimateBasis, seen.off(j))
	}
	reports := func() *pb.EstimateReport {
		t.Helper()
		answer, err := user.ListEstimates(t.Context(), &pb.ListEstimatesRequest{WorkerId: "gpu"})
		if err != nil || len(answer.Reports) != 1 {
			t.Fatalf("reports: %v (%v)", answer, err)
		}
		return answer.Reports[0]
	}
	told := reports()
	if told.Runs != jobs+1 || len(told.Recent) != jobs+1 || told.ErrorP90 == 0 || told.SlotRatio < 1 {
		t.Errorf("published: %v", told)
	}
	t.Logf("error p50 %.3f, p90 %.3f, bias %.3f, within slots %.2f, slot %.2f",
		told.ErrorP50, told.ErrorP90, told.Bias, told.Coverage, told.SlotRatio)
	check := func(steps, width int64) *pb.CheckBookingResponse {
		t.Helper()
		answer, err := user.CheckBooking(t.Context(), &pb.CheckBookingRequest{
			Start:    &pb.CheckBookingRequest_EarliestStartMs{},
			Inputs:   sized(steps, width).Inputs,
			WorkerId: lane,
		})
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	short, long := check(4, 512), check(24, 1280)
	if long.ExpectedMs < 2*short.ExpectedMs || long.SlotDurationMs < long.ExpectedMs {
		t.Errorf("a short one %v, a long one %v", short, long)
	}
	if shown := user.workflow("", false); shown.Summary.Estimates[0].Basis != pb.EstimateBasis_ESTIMATE_BASIS_LEARNED {
		t.Errorf("shown: %v", shown.Summary.Estimates)
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	s.start()
	user = s.again(user)
	if again := reports(); again.Runs != told.Runs {
		t.Errorf("after a restart: %v", again)
	}
	if again := check(24, 1280); math.Abs(float64(again.ExpectedMs-long.ExpectedMs)) > .1*float64(long.ExpectedMs) {
		t.Errorf("after a restart it takes %d ms, before it %d", again.ExpectedMs, long.ExpectedMs)
	}
}
