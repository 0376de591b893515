package learn

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// state is a model as it is kept.
type state struct {
	Version  int       `json:"version"`
	Runs     int       `json:"runs"`
	Reach    float64   `json:"reach"`
	Surprise []float64 `json:"surprise,omitempty"`
	Texts    []string  `json:"texts,omitempty"` // choices, models and names of numbers; samples name them by their place
	Samples  []kept    `json:"samples"`
}

// kept is a sample in the state.
type kept struct {
	Size     [4]float64 `json:"n"`
	Levels   []int      `json:"c,omitempty"`
	Names    []int      `json:"x,omitempty"` // of numbers
	Logs     []float64  `json:"v,omitempty"` // of the same
	Models   int        `json:"m"`
	Cold     bool       `json:"l,omitempty"`
	NewShape bool       `json:"s,omitempty"`
	Took     float64    `json:"t"`
	Doubt    float64    `json:"d,omitempty"`
	Own      bool       `json:"o,omitempty"`
	Borrowed bool       `json:"b,omitempty"`
	Old      bool       `json:"e,omitempty"`
}

const version = 1

// MarshalJSON gives what a model knows.
func (m *Model) MarshalJSON() ([]byte, error) {
	s := state{
		Version:  version,
		Runs:     m.runs,
		Reach:    m.reach,
		Surprise: m.surprise,
		Samples:  []kept{},
	}
	place := map[string]int{}
	put := func(text string) int {
		at, known := place[text]
		if !known {
			at = len(s.Texts)
			place[text] = at
			s.Texts = append(s.Texts, text)
		}
		return at
	}
	for i := range m.samples {
		s.Samples = append(s.Samples, m.samples[i].keep(put))
	}
	return json.Marshal(s)
}

func (s *sample) keep(put func(string) int) kept {
	k := kept{
		Size:     s.Size,
		Models:   put(s.Models),
		Cold:     s.Cold,
		NewShape: s.NewShape,
		Took:     s.Took,
		Doubt:    s.Doubt,
		Own:      s.Own,
		Borrowed: s.Borrowed,
		Old:      s.Old,
	}
	for _, level := range s.Levels {
		k.Levels = append(k.Levels, put(level))
	}
	for _, n := range s.Numbers {
		k.Names, k.Logs = append(k.Names, put(n.Name)), append(k.Logs, n.Log)
	}
	return k
}

// UnmarshalJSON takes in what MarshalJSON gave; the law is found again, which takes some milliseconds. It refuses what
// no model can have written, and leaves the model as it was then.
func (m *Model) UnmarshalJSON(data []byte) error {
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("what was learned: %w", err)
	}
	samples, err := s.samples()
	if err != nil {
		return fmt.Errorf("what was learned: %w", err)
	}
	*m = Model{
		samples:  samples,
		runs:     s.Runs,
		reach:    s.Reach,
		surprise: s.Surprise,
		law:      learn(samples),
	}
	return nil
}

func (s *state) samples() ([]sample, error) {
	switch {
	case s.Version != version:
		return nil, fmt.Errorf("version %d is not known", s.Version)
	case s.Runs < 0 || len(s.Samples) > maxSamples || len(s.Surprise) > mostRow || len(s.Texts) > maxTexts+maxSamples:
		return nil, errors.New("there is more of it than is ever kept")
	case len(s.Samples) > 0 && !(s.Reach >= leastReach && s.Reach <= mostReach):
		return nil, fmt.Errorf("the bound cannot lie %g spreads above the middle", s.Reach)
	}
	for _, text := range s.Texts {
		if name, value, _ := strings.Cut(text, "="); short(name) != name || short(value) != value {
			return nil, fmt.Errorf("%q is no choice, models or name", text)
		}
	}
	var samples []sample
	for i := range s.Samples {
		one, err := s.Samples[i].sample(s.Texts)
		if err != nil {
			return nil, fmt.Errorf("run %d: %w", i+1, err)
		}
		samples = append(samples, one)
	}
	return samples, nil
}

func (k *kept) sample(texts []string) (sample, error) {
	for _, v := range k.Size {
		if v != sane(v) {
			return sample{}, fmt.Errorf("%g is no size", v)
		}
	}
	if k.Took != clampTime(k.Took) || !(k.Doubt >= 0 && k.Doubt <= doubtMost) {
		return sample{}, errors.New("its time is out of all bounds")
	}
	if len(k.Levels) > maxChoices || len(k.Names) > maxNumbers || len(k.Names) != len(k.Logs) {
		return sample{}, errors.New("it has more choices or numbers than are ever kept")
	}
	for _, at := range slices.Concat(k.Levels, k.Names, []int{k.Models}) {
		if at < 0 || at >= len(texts) {
			return sample{}, fmt.Errorf("there is no text %d", at)
		}
	}
	s := sample{
		Size:     k.Size,
		Models:   texts[k.Models],
		Cold:     k.Cold,
		NewShape: k.NewShape,
		Took:     k.Took,
		Doubt:    k.Doubt,
		Own:      k.Own,
		Borrowed: k.Borrowed,
		Old:      k.Old,
	}
	for _, at := range k.Levels {
		s.Levels = append(s.Levels, texts[at])
	}
	for i, at := range k.Names {
		if !(math.Abs(k.Logs[i]) < 30) {
			return sample{}, fmt.Errorf("%g is the logarithm of no number", k.Logs[i])
		}
		s.Numbers = append(s.Numbers, number{texts[at], k.Logs[i]})
	}
	return s, nil
}
