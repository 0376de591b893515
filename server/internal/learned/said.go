package learned

import (
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/features"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// maxSaid bounds the answers that are kept of an item.
const maxSaid = 32

// said keeps what was answered by one state of an item: bookings ask for the same again and again, on every worker. Who learns makes a
// new item, so that nothing in it is ever out of date.
type said struct {
	mu      sync.RWMutex
	lengths map[question]estimate.Length
}

// question is all that an answer depends on beside the item.
type question struct {
	features featureKey
	newShape bool
}

func (s *said) get(q question) (estimate.Length, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	length, known := s.lengths[q]
	return length, known
}

func (s *said) put(q question, length estimate.Length) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lengths == nil {
		s.lengths = map[question]estimate.Length{}
	} else if len(s.lengths) >= maxSaid {
		clear(s.lengths)
	}
	s.lengths[q] = length
}

// show makes others see an item. k.mu is held.
func (k *Knowledge) show(at place, i *item) {
	i.said = &said{}
	k.items[at] = i
	k.state.Add(1)
}

// featureKey stands for features where they are compared.
type featureKey struct {
	steps, pixels, frames, batch float64
	models                       string
	others                       string // choices and numbers, which most runs have none of
}

func keyOf(f learn.Features) featureKey {
	key := featureKey{steps: f.Steps, pixels: f.Pixels, frames: f.Frames, batch: f.Batch, models: f.Models}
	if len(f.Choices) == 0 && len(f.Numbers) == 0 {
		return key
	}
	var text []byte
	quoted := func(s string) { text = strconv.AppendQuote(append(text, ' '), s) }
	for _, name := range slices.Sorted(maps.Keys(f.Choices)) {
		quoted(name)
		quoted(f.Choices[name])
	}
	text = append(text, ';')
	for _, name := range slices.Sorted(maps.Keys(f.Numbers)) {
		quoted(name)
		text = strconv.AppendFloat(append(text, ' '), f.Numbers[name], 'g', -1, 64)
	}
	key.others = string(text)
	return key
}

// inquiry is a run that is estimated for one worker after the other. What the last one has in common with the next is not worked out again.
type inquiry struct {
	*Knowledge
	values  workflow.Values
	passing bool // an answer depends on more than the question of the first offer and what is learned

	form     *form.Form // that of the last offer, and of what follows
	plan     *features.Plan
	features learn.Features
	shape    features.Shape
	key      featureKey // of the features
}

// All implements estimate.ForMany.
func (k *Knowledge) All(id string, values workflow.Values, there []workflow.There) []estimate.Answer {
	q := inquiry{Knowledge: k, values: values}
	if values == nil || len(there) < 2 || there[0].Version == nil {
		return q.each(id, there)
	}
	q.take(there[0].Offer)
	of, state := asked{q.plan, q.key, q.shape}, k.state.Load()
	if answers := k.rounds.get(of, state, there); answers != nil {
		return answers
	}
	answers := q.each(id, there)
	if !q.passing {
		k.rounds.put(of, round{state, there, answers})
	}
	return answers
}

func (q *inquiry) each(id string, there []workflow.There) []estimate.Answer {
	answers := make([]estimate.Answer, len(there))
	for i, t := range there {
		a := &answers[i]
		switch {
		case q.values == nil:
			a.Length, a.Known = q.listed(t.Worker, id)
		case t.Version == nil:
			a.Length, a.Known = q.guess(t.Worker, id, learn.Features{})
			q.passing = true
		default:
			a.Length, a.Known = q.on(t.Worker, t.Offer)
		}
	}
	return answers
}

// take looks at an offer.
func (q *inquiry) take(o workflow.Offer) {
	if q.plan != nil && q.form == o.Form {
		return
	}
	q.passing = q.passing || q.plan != nil
	q.form, q.plan = o.Form, q.Knowledge.plan(o)
	q.features, q.shape = q.plan.Of(q.values, q.size), q.plan.Shape(q.values)
	q.key = keyOf(q.features)
}

// on estimates a run of an offer of a worker.
func (q *inquiry) on(worker string, o workflow.Offer) (estimate.Length, bool) {
	q.take(o)
	q.mu.RLock()
	i, lane := q.items[place{worker, q.plan.Graph}], q.workers[worker]
	q.mu.RUnlock()
	if i == nil || i.empty() {
		q.passing = true
		return q.guess(worker, o.ID, q.features)
	}
	own := question{q.key, lane.isNew(q.shape)}
	length, known := i.said.get(own)
	if !known {
		length = q.length(i, q.features, learn.Start{NewShape: own.newShape})
		i.said.put(own, length)
	}
	length.Models = q.features.Models
	return length, true
}
