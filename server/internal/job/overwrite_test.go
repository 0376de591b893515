package job_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

func TestAFileThatAnotherJobHasWritten(t *testing.T) {
	known := job.Result{Filename: "a.png", Size: 5, Modified: 9, Hash: "x"}
	remote := job.Result{Filename: "a.png", Size: 5, Modified: 9000, Tag: "p"}
	untold := job.Result{Filename: "a.png", Size: 5, Modified: 9000}
	for name, c := range map[string]struct {
		own, other job.Result
		want       bool
	}{
		"other content":         {known, job.Result{Filename: "a.png", Size: 5, Modified: 9, Hash: "y"}, true},
		"the same, kept":        {known, known, false},
		"another file":          {known, job.Result{Filename: "b.png", Size: 5, Hash: "y"}, false},
		"elsewhere, later":      {remote, job.Result{Filename: "a.png", Size: 5, Modified: 10_000, Tag: "q"}, true},
		"in the same second":    {remote, job.Result{Filename: "a.png", Size: 5, Modified: 9000, Tag: "q"}, true},
		"elsewhere, the same":   {remote, remote, false},
		"elsewhere, untold":     {untold, untold, true},
		"nothing known of its":  {job.Result{Filename: "a.png"}, known, true},
		"nothing known of both": {job.Result{Filename: "a.png"}, job.Result{Filename: "a.png"}, true},
		"it was told that once": {job.Result{Filename: "a.png", Size: 5, Overwritten: true}, known, false},
	} {
		j := job.Job{Version: 3, Results: []job.Result{c.own}}
		before := j
		if got := j.Overwrite(c.other); got != c.want || got != (j.Version == 4) || before.Results[0] != c.own {
			t.Errorf("%s: %v, %+v", name, got, j)
		}
	}
}
