package learned

import (
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/features"
)

// maxRounds bounds the questions of which the answers of all lanes are kept.
const maxRounds = 32

// rounds keep what was answered lately to a question that every lane is asked, for as long as no lane has learned anything: with many
// lanes a booking asks each of them, mostly what the one before has asked, and what each knows lies scattered in memory.
type rounds struct {
	mu   sync.Mutex
	kept map[asked]*round
}

// asked is all that the answers of lanes depend on beside what they know.
type asked struct {
	plan     *features.Plan
	features string // by nameOf
	shape    string
}

// round is the answers to one question.
type round struct {
	state uint64 // of the knowledge, before the first answer: what was learned since makes another round

	mu      sync.RWMutex
	lengths map[string]estimate.Length // by worker
}

// round returns the answers to a question that hold now.
func (k *Knowledge) round(of asked) *round {
	state := k.state.Load()
	k.rounds.mu.Lock()
	defer k.rounds.mu.Unlock()
	r := k.rounds.kept[of]
	if r != nil && r.state == state {
		return r
	}
	if k.rounds.kept == nil || len(k.rounds.kept) >= maxRounds {
		k.rounds.kept = map[asked]*round{}
	}
	r = &round{state: state, lengths: map[string]estimate.Length{}}
	k.rounds.kept[of] = r
	return r
}

func (r *round) get(worker string) (estimate.Length, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	length, known := r.lengths[worker]
	return length, known
}

func (r *round) put(worker string, length estimate.Length) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lengths[worker] = length
}
