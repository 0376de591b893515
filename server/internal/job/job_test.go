package job_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

func TestEachAttemptHasAPromptIDOfItsOwn(t *testing.T) {
	j := job.Job{ID: "01900000-0000-7000-8000-00000000000a"}
	seen := map[string]int{}
	for j.Attempt = 1; j.Attempt <= 1000; j.Attempt++ {
		id := j.PromptID()
		if earlier, twice := seen[id]; twice {
			t.Fatalf("attempts %d and %d have the prompt id %s", earlier, j.Attempt, id)
		}
		seen[id] = j.Attempt
	}
	if seen[j.ID] != 1 {
		t.Errorf("the job's own id is that of attempt %d", seen[j.ID])
	}
}
