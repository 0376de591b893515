// Package workflow holds what can be booked: a ComfyUI graph with its form, the values that a booking gives, whether the form
// takes them, and the graph filled in for one run. It talks to nobody: what a ComfyUI's nodes accept is told to it.
//
// Numbers are kept as written, because seeds use all 64 bits.
package workflow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflowfile"
)

// Names of the inputs with the roles prompt and seed, in every form that has them.
const (
	PromptInput = string(form.Prompt)
	SeedInput   = string(form.SeedRole)
)

// Version is a workflow as it was at one time. It is immutable.
type Version struct {
	ID    string // of the workflow
	Title string // for people
	Hash  string // of the file and the form, lower-case hexadecimal: another graph or another form has another one
	Graph *graph.Graph
	Form  *form.Form       // as it is kept
	File  graphfile.Format // it came in
	// Editor is the workflow as ComfyUI's page saved it; nil: the file has none.
	Editor *jsontree.Object
	// Converted says that Graph was made of Editor, with the classes of one ComfyUI.
	Converted bool
	// MainOutput is the node whose result is the main one; empty: the first that keeps something.
	MainOutput string
	// Texts names the fields that the page fills in each time it posts.
	Texts []editor.Target
}

// New makes the version of a workflow that a file and a form are. mainOutput is the node whose result is the main one; empty: the
// first that keeps something.
func New(id, title string, file *workflowfile.Workflow, kept *form.Form, mainOutput string) *Version {
	v := &Version{
		ID:         id,
		Title:      title,
		Graph:      file.Graph,
		Form:       kept,
		File:       file.Format,
		Editor:     file.Editor,
		Converted:  file.Converted,
		Texts:      file.Texts,
		MainOutput: mainOutput,
	}
	source := json.Marshaler(v.Graph)
	if v.Converted {
		source = v.Editor
	}
	v.Hash = hash(source, kept)
	if mainOutput != "" {
		v.Hash = hash(source, kept, mainOutput)
	}
	return v
}

// Unknown returns a version of a workflow of which nothing else is known: it has no nodes and no inputs.
func Unknown(id string) *Version { return &Version{ID: id, Graph: graph.New(nil), Form: &form.Form{}} }

// GraphHash names the graph alone: what is known of how long it takes holds for every form.
func (v *Version) GraphHash() string { return hash(v.Graph) }

func hash(parts ...any) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(encode(part))
		sum.Write([]byte{0})
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func encode(part any) []byte {
	text, err := json.Marshal(part)
	if err != nil {
		panic(err) // its parts were read from JSON
	}
	return text
}

// NodeTitle returns the name of a node for people: its title, else its class.
func (v *Version) NodeTitle(id string) string {
	n := v.Graph.Node(id)
	if n == nil {
		return ""
	}
	if n.Title != "" {
		return n.Title
	}
	return n.Class
}

// NodeCount returns the number of nodes in the graph.
func (v *Version) NodeCount() int { return len(v.Graph.Nodes) }

// Classes returns the node classes of the graph, sorted.
func (v *Version) Classes() []string {
	classes := map[string]bool{}
	for _, n := range v.Graph.Nodes {
		classes[n.Class] = true
	}
	return slices.Sorted(maps.Keys(classes))
}

// Encoded is a version as it is written down, each part as JSON.
type Encoded struct {
	Graph  []byte
	Form   []byte
	Editor []byte // empty: none
	More   []byte
}

type more struct {
	File      graphfile.Format `json:"file,omitempty"`
	Converted bool             `json:"converted,omitempty"`
	Texts     []editor.Target  `json:"texts,omitempty"`
	Main      string           `json:"main_output,omitempty"`
}

// Encode returns the version for Decode.
func (v *Version) Encode() Encoded {
	e := Encoded{Graph: encode(v.Graph), Form: encode(v.Form), More: encode(more{v.File, v.Converted, v.Texts, v.MainOutput})}
	if v.Editor != nil {
		e.Editor = encode(v.Editor)
	}
	return e
}

// Decode reads a version that was written down, with the hash that it had.
func Decode(id, title, hash string, e Encoded) (*Version, error) {
	v := &Version{ID: id, Title: title, Hash: hash, Form: &form.Form{}}
	var err error
	if v.Graph, err = readGraph(e.Graph); err != nil {
		return nil, fmt.Errorf("the graph: %w", err)
	}
	numbers := json.NewDecoder(bytes.NewReader(e.Form))
	numbers.UseNumber()
	if err := numbers.Decode(v.Form); err != nil {
		return nil, fmt.Errorf("the form: %w", err)
	}
	if len(e.Editor) > 0 {
		if v.Editor, err = readObject(e.Editor); err != nil {
			return nil, fmt.Errorf("the editor's file: %w", err)
		}
	}
	var m more
	if len(e.More) > 0 {
		if err := json.Unmarshal(e.More, &m); err != nil {
			return nil, err
		}
	}
	v.File, v.Converted, v.Texts, v.MainOutput = m.File, m.Converted, m.Texts, m.Main
	return v, nil
}

func readGraph(data []byte) (*graph.Graph, error) {
	object, err := readObject(data)
	if err != nil {
		return nil, err
	}
	return graph.Parse(object)
}

func readObject(data []byte) (*jsontree.Object, error) {
	value, err := jsontree.Parse(data)
	if err != nil {
		return nil, err
	}
	object, ok := value.(*jsontree.Object)
	if !ok {
		return nil, fmt.Errorf("it is no object")
	}
	return object, nil
}
