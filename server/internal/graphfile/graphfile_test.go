package graphfile_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
)

func quote(text string) []byte {
	quoted, _ := json.Marshal(text)
	return quoted
}

func read(t *testing.T, data []byte) *graphfile.File {
	t.Helper()
	file, err := graphfile.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFilesOfComfyUICarryBoth(t *testing.T) {
	for name, data := range samples() {
		t.Run(name, func(t *testing.T) {
			file, err := graphfile.Read(iotest.OneByteReader(bytes.NewReader(data)))
			if err != nil {
				t.Fatal(err)
			}
			if file.API == nil || file.API.Node("1").Title != "Prompt" || len(file.Editor.List("nodes")) != 1 {
				t.Errorf("%s: API %v, editor %v", file.Format, file.API, file.Editor)
			}
		})
	}
}

func TestCutOffFilesAreTold(t *testing.T) {
	for name, data := range samples() {
		for n := range data {
			file, err := graphfile.Read(bytes.NewReader(data[:n]))
			if err == nil && file.API == nil && file.Editor == nil {
				t.Fatalf("%s cut to %d bytes: neither a graph nor an error", name, n)
			}
			if _, ok := errors.AsType[graph.Problems](err); err != nil && !ok {
				t.Fatalf("%s cut to %d bytes: %v", name, n, err)
			}
		}
	}
}

// The cases byte_order_mark, envelope_prompt, envelope_input_workflow, bare_nan and comment_beside_nodes among them.
func TestJSON(t *testing.T) {
	node := `{"class_type":"Note","inputs":{"seed":18446744073709551615,"from":["2",0],"list":[1,2]}}`
	two := `{"1":` + node + `,"2":{"class_type":"Two","inputs":{},"is_changed":[NaN],"_meta":{"title":12}}}`
	for name, text := range map[string]string{
		"plain":           two,
		"mark":            "\ufeff" + two,
		"prompt":          `{"prompt":` + two + `,"client_id":"me"}`,
		"workflow":        `{"workflow":` + two + `}`,
		"input":           `{"input":{"workflow":` + two + `}}`,
		"text":            `{"prompt":` + string(quote(two)) + `}`,
		"comment":         `{"_comment":"of Monday",` + two[1:],
		"comment in list": `{"_comment":["of Monday"],` + two[1:],
	} {
		t.Run(name, func(t *testing.T) {
			file := read(t, []byte(text))
			got, err := json.Marshal(file.API)
			want := `{"1":{"inputs":{"seed":18446744073709551615,"from":["2",0],"list":[1,2]},"class_type":"Note"},` +
				`"2":{"inputs":{},"class_type":"Two","_meta":{"title":"12"}}}`
			if err != nil || string(got) != want {
				t.Errorf("%s %v", got, err)
			}
		})
	}
	both := read(t, []byte(`{"prompt":`+promptText+`,"extra_data":{"extra_pnginfo":{"workflow":`+workflowText+`}}}`))
	if both.API == nil || both.Editor == nil {
		t.Error("a body of /prompt with the editor's workflow has both")
	}
}

// The cases node_without_class and link_to_bypassed_node among them.
func TestRefusals(t *testing.T) {
	bomb := pngFile(chunk("zTXt", "prompt\x00\x00"+deflate(strings.Repeat(" ", graphfile.MaxGraph+1))))
	var many, twins strings.Builder
	for i := range graph.MaxNodes + 1 {
		fmt.Fprintf(&many, `"%d":{"class_type":"A"},`, i)
	}
	twins.WriteString(`{"nodes":[{"id":7,"type":"A","title":"First"},{"id":7,"type":"B","title":"Second"}],"links":[]}`)
	for name, c := range map[string]struct{ text, want string }{
		"empty":      {"", "the file is empty; bring a JSON file"},
		"no JSON":    {"hello", "it is not a workflow: line 1, column 1: a value was expected; bring a JSON file"},
		"half":       {promptText[:40], "it is not a workflow: line 1, column 41: a text does not end"},
		"other JSON": {`{"name":"x","version":1}`, "it is JSON, but no ComfyUI workflow"},
		"picture":    {string(pngFile(chunk("tEXt", "prompt\x00")[:0])), "the PNG picture carries no workflow; programs and sites"},
		"JPEG":       {"\xff\xd8\xff\xe0", "it is a JPEG picture, and ComfyUI writes no graph into those; bring"},
		"inflating":  {string(bomb), "the graph is larger than 64 MiB; pictures pasted"},
		"many":       {"{" + strings.TrimSuffix(many.String(), ",") + "}", "the graph has 10001 nodes, and at most 10000 are taken; bring"},
		"no class":   {`{"3":{"inputs":{},"_meta":{"title":"Save"}},"4":{"class_type":"A"}}`, `node 3 "Save": it has no class_type; export`},
		"number":     {`{"3":5,"4":{"class_type":"A"}}`, "node 3: it is a number where a node was expected; take it out"},
		"id twice":   {`{"3":{"class_type":"A"},"3":{"class_type":"B"}}`, "node 3: this id is there twice; give one"},
		"bypassed": {
			`{"3":{"class_type":"A","inputs":{"image":["9",0]},"_meta":{"title":"T"}}}`,
			`node 3 "T" (A): input "image" is linked to node 9, which is not in the file; the node may have been bypassed`,
		},
		"editor twins": {twins.String(), `node 7 "Second" (B): another node has the same id, so links to it cannot be told apart; delete`},
		"subgraphs": {
			`{"nodes":[],"definitions":{"subgraphs":[{"id":"x","name":"A"},{"id":"x","name":"B"}]}}`,
			`two subgraphs have the id x (the second is called "B"); open`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := graphfile.Read(strings.NewReader(c.text))
			if _, ok := errors.AsType[graph.Problems](err); !ok || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v\nwant %s", err, c.want)
			}
		})
	}
}

func TestLargeFilesAreRefusedOrSkipped(t *testing.T) {
	spaces := io.LimitReader(endless(' '), graphfile.MaxGraph+10)
	if _, err := graphfile.Read(spaces); err == nil || !strings.HasPrefix(err.Error(), "the graph is larger than 64 MiB") {
		t.Error(err)
	}
	// A film of 100 MB before the part with the texts is passed over.
	film := binary.BigEndian.AppendUint32(nil, 100e6+8)
	whole := mp4File()
	head := mp4Box("ftyp", "isom")
	r := io.MultiReader(strings.NewReader(head+string(film)+"mdat"), io.LimitReader(endless(0), 100e6), bytes.NewReader(whole[len(head):]))
	if file, err := graphfile.Read(r); err != nil || file.API == nil {
		t.Error(err)
	}
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestErrorsOfTheReaderAreItsOwn(t *testing.T) {
	broken := errors.New("the disk is on fire")
	for _, data := range samples() {
		_, err := graphfile.Read(io.MultiReader(bytes.NewReader(data[:len(data)/3]), iotest.ErrReader(broken)))
		if err != nil && !errors.Is(err, broken) {
			t.Error(err)
		}
	}
}

// FuzzRead asks that every file gives a graph or words.
func FuzzRead(f *testing.F) {
	for _, data := range samples() {
		f.Add(data)
	}
	f.Add([]byte(promptText))
	f.Add([]byte(workflowText))
	f.Add([]byte(`{"input":{"workflow":` + promptText + `}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := graphfile.Read(bytes.NewReader(data))
		if err != nil {
			if _, ok := errors.AsType[graph.Problems](err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if file.API == nil && file.Editor == nil {
			t.Fatal("neither a graph nor an error")
		}
		if file.API == nil {
			return
		}
		written, err := json.Marshal(file.API)
		if err != nil {
			t.Fatal(err)
		}
		again, err := graphfile.Read(bytes.NewReader(written))
		if err != nil {
			t.Fatalf("written again it is refused: %v", err)
		}
		if len(again.API.Nodes) != len(file.API.Nodes) {
			t.Fatalf("%d nodes became %d", len(file.API.Nodes), len(again.API.Nodes))
		}
	})
}
