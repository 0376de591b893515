package job_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

func TestTakenOver(t *testing.T) {
	results := []job.Result{{Filename: "a.png", Kind: job.Image}}
	for name, tc := range map[string]struct {
		job     job.Job
		results []job.Result
		want    job.Status
	}{
		"to come":                    {job.Job{Status: job.Scheduled, Start: 1001}, nil, job.Scheduled},
		"ran since, before its slot": {job.Job{Status: job.Scheduled, Start: 5000, Sooner: true}, results, job.Completed},
		"due":                        {job.Job{Status: job.Scheduled, Start: 1000}, nil, job.Failed},
		"under way":                  {job.Job{Status: job.Processing, Start: 1005}, nil, job.Failed},
		"claimed by a clock that was wrong, to its end": {job.Job{Status: job.Processing, Start: 5000}, results, job.Completed},
		"under way to its end":                          {job.Job{Status: job.Processing, Start: 900}, results, job.Completed},
		"ran since":                                     {job.Job{Status: job.Scheduled, Start: 900}, results, job.Completed},
		"under way, taken back":                         {job.Job{Status: job.Processing, Start: 900, CancelRequested: true}, nil, job.Cancelled},
	} {
		t.Run(name, func(t *testing.T) {
			j := tc.job
			j.ID, j.Attempt, j.Version = "01900000-0000-7000-8000-00000000000a", 1, 3
			if begun := j.MayHaveBegun(1000); begun != (tc.want != job.Scheduled && name != "ran since, before its slot") {
				t.Errorf("may have begun: %v", begun)
			}
			before := j.PromptID()
			other := j
			j.TakeOver("one", 1000, tc.results)
			other.TakeOver("two", 1000, tc.results)
			if j.Status != tc.want || j.Version == 3 {
				t.Errorf("status %s, version %d", j.Status, j.Version)
			}
			if tc.want == job.Failed && j.Failure.Reason != job.Lost {
				t.Errorf("failure: %+v", j.Failure)
			}
			if j.PromptID() == before || j.PromptID() == other.PromptID() {
				t.Errorf("prompt ids: %s before, then %s and %s", before, j.PromptID(), other.PromptID())
			}
		})
	}
}

func TestEachAttemptOfEachEpochHasAPromptIDOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, epoch := range []string{"", "1", "2"} {
		j := job.Job{ID: "01900000-0000-7000-8000-00000000000a", Epoch: epoch}
		for j.Attempt = 1; j.Attempt <= 100; j.Attempt++ {
			if seen[j.PromptID()] {
				t.Fatalf("epoch %q, attempt %d: %s again", epoch, j.Attempt, j.PromptID())
			}
			seen[j.PromptID()] = true
		}
	}
}
