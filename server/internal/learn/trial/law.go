// Package trial holds a model of learn against laws that it does not know: files that say how long runs take. It plays runs in no
// time, with the same numbers for the same seed. docs/estimates.md tells the format of a law.
package trial

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
)

// Law says how long the runs of a workflow take, and what runs there are.
type Law struct {
	Name     string                        `json:"-"` // the file's
	Title    string                        `json:"title"`
	Steps    Range                         `json:"steps"`
	Sizes    [][2]float64                  `json:"sizes"` // width and height
	Batch    Range                         `json:"batch"`
	Frames   Range                         `json:"frames"`
	Choices  map[string]map[string]float64 `json:"choices"` // by input and value: its share of the runs
	Numbers  map[string]Range              `json:"numbers"`
	Models   string                        `json:"models"`   // the choice that names the models; empty: they are always the same
	Cold     float64                       `json:"cold"`     // share of runs whose models were put out of memory by other workflows
	Restarts float64                       `json:"restarts"` // share of runs before which ComfyUI was started again
	Cached   float64                       `json:"cached"`   // share of runs that ComfyUI answers from its cache
	Terms    []Term                        `json:"terms"`
	Noise    Noise                         `json:"noise"`
	Changes  []Change                      `json:"changes"`
}

// Term is a part of a run's time: ms x steps^a x megapixels^b x frames^c x batch^d x numbers x factors.
type Term struct {
	Name    string                        `json:"name"`
	MS      float64                       `json:"ms"`
	Steps   float64                       `json:"steps"` // powers; 0: it does not depend on that
	Pixels  float64                       `json:"pixels"`
	Frames  float64                       `json:"frames"`
	Batch   float64                       `json:"batch"`
	Numbers map[string]float64            `json:"numbers"`
	Factors map[string]map[string]float64 `json:"factors"` // by choice and value; those not named are 1
	When    string                        `json:"when"`    // "", "cold" or "new_shape"
}

// Noise says how equal runs differ.
type Noise struct {
	Spread      float64 `json:"spread"`       // of the time's logarithm
	Outliers    float64 `json:"outliers"`     // share of runs
	OutlierFrom float64 `json:"outlier_from"` // that take so many times as long
	OutlierTo   float64 `json:"outlier_to"`
	QuantumMS   float64 `json:"quantum_ms"` // times are told in whole ones of these
}

// Change is a change of the worker for good.
type Change struct {
	After  int      `json:"after"` // so many runs
	Factor float64  `json:"factor"`
	Terms  []string `json:"terms"` // by name; empty: all
}

// Range says from what a number is drawn: one of the values, or anything between from and to.
type Range struct {
	Values []float64 `json:"values"`
	From   float64   `json:"from"`
	To     float64   `json:"to"`
	Whole  *bool     `json:"whole"` // numbers between are whole; true unless it says false
}

// ReadLaws reads the laws in the files *.json of a folder, by their names.
func ReadLaws(folder fs.FS) ([]Law, error) {
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("there is no law: no file ends in .json")
	}
	slices.Sort(names)
	var laws []Law
	for _, name := range names {
		data, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		law, err := ReadLaw(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		law.Name = strings.TrimSuffix(path.Base(name), ".json")
		laws = append(laws, law)
	}
	return laws, nil
}

// ReadLaw reads a law. What it does not know it refuses.
func ReadLaw(data []byte) (law Law, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&law); err != nil {
		return Law{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Law{}, errors.New("there is something behind the law")
	}
	law.fill()
	return law, law.check()
}

// fill sets what a file may leave out.
func (l *Law) fill() {
	for _, r := range []*Range{&l.Steps, &l.Batch, &l.Frames} {
		if len(r.Values) == 0 && r.From == 0 && r.To == 0 {
			r.Values = []float64{1}
		}
	}
	if len(l.Sizes) == 0 {
		l.Sizes = [][2]float64{{1024, 1024}}
	}
	if l.Noise.Outliers > 0 && l.Noise.OutlierFrom == 0 && l.Noise.OutlierTo == 0 {
		l.Noise.OutlierFrom, l.Noise.OutlierTo = 3, 20
	}
}

func (r Range) draw(rnd *rand.Rand) float64 {
	if len(r.Values) > 0 {
		return r.Values[rnd.IntN(len(r.Values))]
	}
	v := r.From + rnd.Float64()*(r.To-r.From)
	if r.Whole == nil || *r.Whole {
		v = math.Round(v)
	}
	return v
}

func (r Range) most() float64 {
	if len(r.Values) > 0 {
		return slices.Max(r.Values)
	}
	return r.To
}

func (r Range) varies() bool { return len(r.Values) > 1 || len(r.Values) == 0 && r.To > r.From }
