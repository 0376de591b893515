// Package nodes does what the simulator's node classes do, in a simple way: pictures that are loaded are used, masks count, texts
// and sizes are handed on, and samplers paint instead of dreaming. It knows values, not queues or frames; the machine on which
// the nodes run takes the time, keeps the files and tells of progress.
package nodes

import (
	"fmt"
	"image"
	"math/big"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/media"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

// Call is one execution of a node.
type Call struct {
	Class   *graph.Class
	Node    *graph.Node
	Key     string // of the node with all that it depends on: equal keys give equal results
	Words   string // the first text at or above the node
	Linked  func(graph.Link) any
	Machine Machine
}

// Machine takes the time of what nodes do, keeps the files, and tells of progress.
type Machine interface {
	// Load takes the time to load a model file, unless it is loaded. It fails for a file that is broken.
	Load(class, input, file string) error
	// Encode takes the time to encode a text.
	Encode()
	// Decode takes the time to bring so many megapixels into or out of latent space.
	Decode(megapixels float64)
	// Sample takes steps and reports them. It fails when the run is interrupted, or misbehaves.
	Sample(Sampling) error
	// InputFile returns the path of a file that a node names, and a text that changes with the file.
	InputFile(name string) (path, state string)
	// Save writes count files and returns how ComfyUI names them; none when nothing may be written.
	Save(File, func(i int, texts []media.Text) ([]byte, error)) ([]map[string]any, error)
	// Finish returns a picture as it is to be saved.
	Finish(*image.RGBA) image.Image
	// PartnerKey returns the key for paid services; it is empty when none was sent.
	PartnerKey() string
}

// Sampling is the work of a sampler.
type Sampling struct {
	Steps   int
	Work    float64      // of a step, in megapixels
	Passes  int          // of the model in a step
	Preview picture.Spec // the zero Spec: none
}

// File says what is saved where.
type File struct {
	Temporary         bool
	Prefix, Extension string
	Width, Height     int // for the prefix
	Count             int
}

// Result holds a value for each output of a node, and the files or texts that it shows.
type Result struct {
	Values []any
	Shown  map[string]any // nil for nodes that show nothing
}

// Exception is a Python exception inside a node.
type Exception struct{ Kind, Message string }

func (e *Exception) Error() string { return e.Message }

func values(all ...any) (Result, error) { return Result{Values: all}, nil }

// get returns an input's value of a kind: linked, or its own. It is the kind's zero value when there is none.
func get[T any](c *Call, name string) T {
	value, _ := c.Node.Input(name)
	if link, linked := graph.AsLink(value); linked {
		value = c.Linked(link)
	}
	wanted, _ := value.(T)
	return wanted
}

func (c *Call) text(name string) string {
	switch value := get[any](c, name).(type) {
	case nil:
		return ""
	case string:
		return value
	default:
		return fmt.Sprint(value)
	}
}

func (c *Call) whole(name string, otherwise int) int {
	switch value := get[any](c, name).(type) {
	case *big.Int:
		if value.IsInt64() {
			return int(value.Int64())
		}
	case float64:
		return int(value)
	}
	return otherwise
}

func (c *Call) number(name string, otherwise float64) float64 {
	switch value := get[any](c, name).(type) {
	case *big.Int:
		number, _ := new(big.Float).SetInt(value).Float64()
		return number
	case float64:
		return value
	}
	return otherwise
}

func (c *Call) switched(name string, otherwise bool) bool {
	if value, ok := get[any](c, name).(bool); ok {
		return value
	}
	return otherwise
}

// pictures returns a batch; a small grey picture when there is none.
func (c *Call) pictures(name string) Pictures {
	if pictures := get[Pictures](c, name); pictures.At != nil {
		return pictures
	}
	return plain(64, 64, 1, grey)
}

func (c *Call) given(name string) *Pictures {
	if pictures := get[Pictures](c, name); pictures.At != nil {
		return &pictures
	}
	return nil
}

func (c *Call) mask(name string) *Mask {
	if mask := get[Mask](c, name); mask.At != nil {
		return &mask
	}
	return nil
}
