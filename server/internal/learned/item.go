package learned

import (
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/course"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
)

// item holds what one graph on one worker has taught. It is not changed once others can see it: who learns makes a new one.
type item struct {
	Graph     string          `json:"graph"`
	Workflow  string          `json:"workflow"` // that was run last with the graph
	At        int64           `json:"at"`       // when something was learned last, milliseconds since the Unix epoch
	Models    string          `json:"models"`   // of the run that taught it
	Model     *learn.Model    `json:"model"`
	Course    course.Course   `json:"course"`
	Jobs      int             `json:"jobs"`               // that have taught
	Benchmark int64           `json:"benchmark_ms"`       // of a run that was made to measure it; 0: none was
	Measured  *learn.Features `json:"measured,omitempty"` // its features
	Switches  switches        `json:"switches"`
	Points    []Point         `json:"points,omitempty"` // the latest jobs, the oldest first

	borrowed *learn.Model // what other workers have learned, while there are no jobs here; nil: nothing
	said     *said        // what was answered, once others can see it
}

// switches count runs that came after runs with other models.
type switches struct {
	Loaded int `json:"loaded"` // and had to load their own again
	Kept   int `json:"kept"`   // and did not
}

// Point is a job as it was expected and as it went.
type Point struct {
	StartedAt int64 `json:"at"` // milliseconds since the Unix epoch
	Expected  int64 `json:"expected"`
	Slot      int64 `json:"slot"`
	Actual    int64 `json:"actual"`
	Loaded    bool  `json:"loaded,omitempty"` // models had to be loaded
}

// maxPoints bounds the jobs that are kept.
const maxPoints = 100

// next returns a copy to change.
func (i *item) next() *item {
	if i == nil {
		return &item{Model: &learn.Model{}}
	}
	n := *i
	model := *i.Model
	n.Model, n.Points = &model, slices.Clone(i.Points)
	return &n
}

// model returns that of the worker itself, unless nothing was run there and others know more.
func (i *item) model() *learn.Model {
	if i.Jobs == 0 && i.borrowed != nil {
		return i.borrowed
	}
	return i.Model
}

// adopt begins with what others have learned, before the first job teaches: it gives way to what is learned here.
func (i *item) adopt() {
	if i.Jobs == 0 && i.borrowed != nil {
		model := *i.borrowed
		i.Model, i.borrowed = &model, nil
	}
}

func (i *item) add(p Point) {
	i.Jobs++
	i.Points = append(i.Points, p)
	i.Points = i.Points[max(0, len(i.Points)-maxPoints):]
}

// keepsModels reports whether the worker mostly still has the models after runs with others.
func (i *item) keepsModels() bool {
	const enough = 3
	return i.Switches.Kept >= enough && i.Switches.Kept > 2*i.Switches.Loaded
}
