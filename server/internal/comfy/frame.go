package comfy

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// event is one websocket frame that matters here. Only the fields of its kind are set.
type event struct {
	kind   eventKind
	prompt string // empty where ComfyUI does not tell it
	node   string

	remaining int               // status
	value     int               // step
	total     int               // step
	nodes     []string          // cached: skipped nodes; states: finished nodes
	display   map[string]string // states: node of the graph for each node that ran
	media     string            // preview: content type
	data      []byte            // preview
	text      string            // note
	files     []File            // output
	texts     []Text            // output
	verdict   Kind              // closing: how the run ends
	err       *NodeError        // closing, of an error or interrupt
}

type eventKind int

const (
	other   eventKind = iota // a frame of no interest
	status                   // queue changed
	started                  // the prompt began
	cached                   // nodes that will not run
	entered                  // a node began
	step                     // progress inside a node
	states                   // state of all nodes so far
	output                   // a node put something out
	closing                  // success, error or interrupt: the end is near
	ended                    // the prompt is over, well or badly
	preview                  // a picture of the work so far
	note                     // a node's line of text
)

var kinds = map[string]eventKind{
	"status":                status,
	"execution_start":       started,
	"execution_cached":      cached,
	"executing":             entered,
	"progress":              step,
	"progress_state":        states,
	"executed":              output,
	"execution_success":     closing,
	"execution_error":       closing,
	"execution_interrupted": closing,
}

var verdicts = map[string]Kind{"execution_success": Succeeded, "execution_error": Failed, "execution_interrupted": Interrupted}

// parseText reads a text frame. Types it does not know, from packs and newer versions, are other.
// Frames can hold secrets (credential_key): errors do not quote them.
func parseText(data []byte) (event, error) {
	var f struct {
		Type text            `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := decode(data, &f); err != nil {
		return event{}, errors.New("not a JSON frame")
	}
	e := event{kind: kinds[string(f.Type)]}
	var err error
	switch e.kind {
	case other:
		return e, nil
	case status:
		err = e.readStatus(f.Data)
	case states:
		err = e.readStates(f.Data)
	default:
		err = e.readPrompt(f.Data)
	}
	if err != nil {
		return event{}, fmt.Errorf("frame %.40q: %w", f.Type, err)
	}
	if e.kind == closing {
		e.readVerdict(string(f.Type), f.Data)
	}
	return e, nil
}

// readVerdict reads how a run ends, which frames tell as the history does.
func (e *event) readVerdict(kind string, data json.RawMessage) {
	e.verdict = verdicts[kind]
	e.err = messageOf(kind, data).Error
}

func (e *event) readStatus(data json.RawMessage) error {
	var d struct {
		Status struct {
			Exec struct {
				Remaining int `json:"queue_remaining"`
			} `json:"exec_info"`
		} `json:"status"`
	}
	err := decode(data, &d)
	e.remaining = d.Status.Exec.Remaining
	return err
}

func (e *event) readPrompt(data json.RawMessage) error {
	var d struct {
		Prompt  text            `json:"prompt_id"`
		Node    *text           `json:"node"`
		Display text            `json:"display_node"`
		Nodes   []text          `json:"nodes"`
		Value   float64         `json:"value"`
		Max     float64         `json:"max"`
		Output  json.RawMessage `json:"output"`
	}
	if err := decode(data, &d); err != nil {
		return err
	}
	e.prompt, e.nodes, e.value, e.total = string(d.Prompt), plain(d.Nodes), int(d.Value), int(d.Max)
	if d.Node != nil {
		e.node = string(*d.Node)
	} else if e.kind == entered {
		e.kind = ended
	}
	if e.kind == output {
		e.files, e.texts = outputsOf(e.node, d.Output)
	}
	if d.Display != "" {
		e.node = string(d.Display)
	}
	return nil
}

func (e *event) readStates(data json.RawMessage) error {
	var d struct {
		Prompt text `json:"prompt_id"`
		Nodes  map[text]struct {
			State   text `json:"state"`
			Display text `json:"display_node_id"`
		} `json:"nodes"`
	}
	if err := decode(data, &d); err != nil {
		return err
	}
	e.prompt, e.display = string(d.Prompt), make(map[string]string, len(d.Nodes))
	for id, n := range d.Nodes {
		e.display[string(id)] = string(n.Display)
		// Nodes that a node of the graph expanded into do not count.
		if n.State == "finished" && (n.Display == "" || n.Display == id) {
			e.nodes = append(e.nodes, string(id))
		}
	}
	return nil
}

// parseBinary reads a binary frame: a big-endian type, then what belongs to it.
func parseBinary(data []byte) (event, error) {
	kind, rest, err := cutUint32(data)
	if err != nil {
		return event{}, err
	}
	switch kind {
	case 1: // format, picture
		format, picture, err := cutUint32(rest)
		if err != nil {
			return event{}, err
		}
		e := event{kind: preview, data: picture, media: "image/jpeg"}
		if format == 2 {
			e.media = "image/png"
		}
		return e, nil
	case 3: // node id, text
		node, line, err := cutBlock(rest)
		return event{kind: note, node: brief(string(node)), text: brief(string(line))}, err
	case 4: // metadata, picture
		meta, picture, err := cutBlock(rest)
		if err != nil {
			return event{}, err
		}
		return parsePreview(meta, picture)
	}
	return event{kind: other}, nil
}

func parsePreview(meta, picture []byte) (event, error) {
	var d struct {
		Prompt  text `json:"prompt_id"`
		Node    text `json:"node_id"`
		Display text `json:"display_node_id"`
		Media   text `json:"image_type"`
	}
	if err := decode(meta, &d); err != nil {
		return event{}, fmt.Errorf("preview metadata: %w", err)
	}
	e := event{kind: preview, prompt: string(d.Prompt), node: string(d.Node), media: string(d.Media), data: picture}
	if d.Display != "" {
		e.node = string(d.Display)
	}
	if e.media == "" {
		e.media = http.DetectContentType(picture)
	}
	return e, nil
}

var errShortFrame = errors.New("a binary frame ends early")

func cutUint32(data []byte) (uint32, []byte, error) {
	if len(data) < 4 {
		return 0, nil, errShortFrame
	}
	return binary.BigEndian.Uint32(data), data[4:], nil
}

// cutBlock cuts off a block that its length precedes.
func cutBlock(data []byte) (block, rest []byte, err error) {
	n, rest, err := cutUint32(data)
	if err != nil || uint64(n) > uint64(len(rest)) {
		return nil, nil, errShortFrame
	}
	return rest[:n], rest[n:], nil
}
