package workflow

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// Offer is a version as one ComfyUI has it. It is immutable.
type Offer struct {
	*Version
	Graph *graph.Graph // made for that ComfyUI
	Form  *form.Form   // as it is offered there: with ranges, choices and defaults
	// HasFile tells whether a file lies in that ComfyUI's input folder now; nil: that cannot be known.
	HasFile func(name string) bool
	// MaxFile returns the bytes of a file that ComfyUI takes, 0 when that is not known; nil: it never is.
	MaxFile func() int64

	texts []editor.Target
	page  *editor.Converted // what ComfyUI's page makes of the editor's file; nil: that is not known
	info  *objectinfo.Info
}

// There is a workflow on a worker, as that offers it; without a version where that is not known.
type There struct {
	Worker string
	Offer
}

// On returns the version as a ComfyUI with these classes has it. Of an editor's file the graph is made anew; where that fails, the
// classes are missing that the graph names. With a nil info nothing is known of the classes, and the form tells what the graph's
// own values do.
func (v *Version) On(info *objectinfo.Info) Offer {
	o := v.Bare(info)
	o.Form = form.Describe(v.Form, o.Graph, info)
	if v.Editor != nil && o.page == nil {
		o.convert()
	}
	return o
}

// Bare is On without the form.
func (v *Version) Bare(info *objectinfo.Info) Offer {
	o := Offer{Version: v, Graph: v.Graph, Form: &form.Form{}, texts: v.Texts, info: info}
	if v.Converted && o.convert() {
		o.Graph, o.texts = o.page.Graph, o.page.Texts
	}
	return o
}

// convert has the editor's file converted for that ComfyUI.
func (o *Offer) convert() (done bool) {
	if o.info == nil {
		return false
	}
	converted, err := editor.Convert(o.Version.Editor, editor.Options{Info: o.info, Later: true})
	if err != nil {
		return false
	}
	o.page = converted
	return true
}

// Info returns the classes of the ComfyUI that has the version so; nil: they are not known.
func (o Offer) Info() *objectinfo.Info { return o.info }

// NeedsFile reports whether a run takes a file that somebody has to bring.
func (o Offer) NeedsFile() bool {
	for i := range o.Form.Inputs {
		if in := &o.Form.Inputs[i]; in.Kind == form.File && !in.Optional && !in.Hidden {
			return true
		}
	}
	return false
}

// Paid reports whether a node of the graph calls a service that costs money.
func (o Offer) Paid() bool {
	for i := range o.Graph.Nodes {
		if class := o.info.Class(o.Graph.Nodes[i].Class); class != nil && class.Partner {
			return true
		}
	}
	return false
}

// Complete returns the values with those that the form sets where none is given: defaults, and a seed for every input that takes
// one. random returns a number that is at least 0 and less than n, of all numbers when n is 0.
func (o Offer) Complete(given Values, random func(n uint64) uint64) Values {
	values := make(Values, len(o.Form.Inputs))
	maps.Copy(values, given)
	for i := range o.Form.Inputs {
		in := &o.Form.Inputs[i]
		if _, is := given[in.Name]; is || in.Hidden {
			continue
		}
		if value := initial(in); value != nil {
			values[in.Name] = value
		} else if in.Kind == form.Seed {
			low, high := seeds(in)
			span := high - low // 0 stands for 2^64 numbers
			if span < math.MaxUint64 {
				span++
			} else {
				span = 0
			}
			values[in.Name] = Seed(low + random(span))
		}
	}
	return values
}

// Initial returns the value that an input has when a booking gives none; nil: none, or a seed that is drawn.
func (o Offer) Initial(name string) (value Value, known bool) {
	in := o.Form.Named(name)
	if in == nil || in.Hidden {
		return nil, false
	}
	return initial(in), true
}

func initial(in *form.Input) Value {
	switch value := in.Default.(type) {
	case json.Number:
		switch in.Kind {
		case form.Integer:
			if n, err := value.Int64(); err == nil {
				return Integer(n)
			}
		case form.Seed:
			if n, err := strconv.ParseUint(string(value), 10, 64); err == nil {
				return Seed(n)
			}
		case form.Number:
			if f, err := value.Float64(); err == nil {
				return Number(f)
			}
		}
	case string:
		if in.Kind == form.File {
			return initialFile(in, value)
		}
		return Text(value)
	case bool:
		return Boolean(value)
	}
	return nil
}

// initialFile returns the file that the graph names, unless it is known not to be there: then an input that can do without a file is
// empty. Files in folders are taken, but not listed.
func initialFile(in *form.Input, name string) Value {
	switch {
	case in.Choices == nil, slices.Contains(in.Choices, name), strings.ContainsAny(name, `/\[`):
		return File{Input: name}
	case in.Optional:
		return File{}
	}
	return nil
}

func seeds(in *form.Input) (low, high uint64) {
	low, _ = strconv.ParseUint(string(in.Min), 10, 64)
	high, err := strconv.ParseUint(string(in.Max), 10, 64)
	if err != nil || high < low {
		high = math.MaxUint64
	}
	return low, high
}
