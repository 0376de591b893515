package fitness

import (
	"slices"
	"time"
)

// Report says whether one worker can run a workflow.
type Report struct {
	Worker   string
	Asked    time.Time // when its ComfyUI told its classes last; zero: it has not yet
	Problems []Problem // none: it can
}

// OnlyBadResult reports whether the worker has everything that the workflow needs, and a run left nothing that can be used.
func (r Report) OnlyBadResult() bool {
	return len(r.Problems) > 0 && !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Kind != BadResult })
}
