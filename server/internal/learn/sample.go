package learn

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
)

// What is kept is bounded.
const (
	maxSamples = 40
	maxTexts   = 48 // different choices, models and names of numbers, of all samples together
	maxChoices = 6  // of one sample
	maxNumbers = 4
	maxName    = 40 // bytes of a choice, a number's name, or models
	digits     = 6  // of a number
)

// sample is a run as it is kept.
type sample struct {
	Size     [4]float64 // steps, pixels, frames, batch; each above zero
	Levels   []string   // name=value, sorted
	Numbers  []number
	Models   string
	Cold     bool
	NewShape bool
	Took     float64 // milliseconds, as it would take since the last change
	Doubt    float64 // relative, beyond the noise of runs
	Own      bool    // a run on this worker
	Borrowed bool    // a run on another
	Old      bool    // its time was scaled to a worker that has changed
}

type number struct {
	Name string
	Log  float64
}

const (
	steps = iota
	pixels
	frames
	batch
)

// sampleOf cleans what callers say.
func sampleOf(f Features, s Start) sample {
	return sample{
		Size:     [4]float64{sane(f.Steps), sane(f.Pixels), sane(f.Frames), sane(f.Batch)},
		Levels:   levelsOf(f.Choices),
		Numbers:  numbersOf(f.Numbers),
		Models:   short(f.Models),
		Cold:     s.Cold,
		NewShape: s.NewShape,
	}
}

func sane(v float64) float64 {
	if !(v >= 1e-3 && v <= 1e10) {
		return 1
	}
	return rounded(v)
}

// rounded keeps as many digits as count, so that what is kept stays small.
func rounded(v float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64) // it was written a moment ago
	return r
}

func levelsOf(choices map[string]string) []string {
	levels := make([]string, 0, len(choices))
	for name, value := range choices {
		levels = append(levels, short(name)+"="+short(value))
	}
	slices.Sort(levels)
	return levels[:min(len(levels), maxChoices)]
}

func numbersOf(values map[string]float64) []number {
	numbers := make([]number, 0, len(values))
	for name, value := range values {
		if value >= 1e-4 && value <= 1e10 {
			numbers = append(numbers, number{short(name), rounded(math.Log(value))})
		}
	}
	slices.SortFunc(numbers, func(a, b number) int { return strings.Compare(a.Name, b.Name) })
	return numbers[:min(len(numbers), maxNumbers)]
}

// short keeps a text that is short and plain, and of any other a plain beginning with a hash of the whole.
func short(text string) string {
	plain := func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune("=\"\\<>&", r) {
			return '?'
		}
		return r
	}
	kept := strings.Map(plain, text[:min(len(text), maxName)])
	if kept == text {
		return text
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return fmt.Sprintf("%s~%016x", kept[:min(len(kept), maxName-17)], h.Sum64())
}

// choice is the name of a level's input.
func choice(level string) string {
	name, _, _ := strings.Cut(level, "=")
	return name
}

// kind tells runs that teach much the same.
func (s *sample) kind() string {
	var b strings.Builder
	for _, v := range s.Size {
		fmt.Fprintf(&b, "%.0f ", 2*math.Log2(v))
	}
	fmt.Fprint(&b, s.Cold, s.NewShape, s.Models, s.Levels)
	return b.String()
}
