package learned

import (
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/features"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// maxRounds bounds the questions of which the answers of all workers are kept.
const maxRounds = 32

// rounds keep what was answered lately to a question that many workers are asked, for as long as nothing is learned of any: with many
// of them a booking asks each, mostly what the one before has asked, and what is known of each lies scattered in memory.
type rounds struct {
	mu   sync.Mutex
	kept map[asked]round
}

// asked is all that answers depend on beside who is asked and what is known.
type asked struct {
	plan     *features.Plan
	features featureKey
	shape    features.Shape
}

// round is the answers to one question.
type round struct {
	state   uint64 // of the knowledge, before the first answer: what was learned since makes another round
	there   []workflow.There
	answers []estimate.Answer // of each of them
}

// get returns the answers to a question that hold now; nil.
func (r *rounds) get(of asked, state uint64, there []workflow.There) []estimate.Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, is := r.kept[of]
	if !is || last.state != state || len(last.there) != len(there) || &last.there[0] != &there[0] {
		return nil
	}
	return last.answers
}

func (r *rounds) put(of asked, last round) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil || len(r.kept) >= maxRounds {
		r.kept = map[asked]round{}
	}
	r.kept[of] = last
}
