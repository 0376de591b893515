package fitness

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// Hints hold where a workflow's file says that its classes come from and its models are. Nothing of it is proved.
type Hints struct {
	packs  map[string]pack  // by class
	models map[string]Model // by file name without folders
}

// pack is a node pack, and the version that the file was made with; either may be empty.
type pack struct{ name, version string }

// Model is a file that a workflow needs, as its file describes it.
type Model struct {
	Folder string // below ComfyUI's models; empty: not said
	URL    string // of http or https; empty: not said
	Bytes  int64  // 0: not said
}

// own names the pack of ComfyUI's own classes in files of its page.
const own = "comfy-core"

// ReadHints reads a file of ComfyUI's page, in the editor's format or in API format; nil has none.
func ReadHints(file *jsontree.Object) Hints {
	h := Hints{packs: map[string]pack{}, models: map[string]Model{}}
	if file == nil {
		return h
	}
	h.readModels(file.List("models"))
	h.readModels(file.Object("extra").List("models"))
	h.readNodes(file.List("nodes"))
	for _, subgraph := range file.Object("definitions").List("subgraphs") {
		object, _ := subgraph.(*jsontree.Object)
		h.readNodes(object.List("nodes"))
	}
	for _, member := range file.Members {
		node, _ := member.Value.(*jsontree.Object)
		h.readPack(node.Text("class_type"), node.Object("_meta"))
	}
	return h
}

func (h Hints) readNodes(nodes []any) {
	for _, value := range nodes {
		node, _ := value.(*jsontree.Object)
		properties := node.Object("properties")
		h.readPack(node.Text("type"), properties)
		h.readModels(properties.List("models"))
	}
}

// readPack reads where a class comes from: the name in ComfyUI's registry, else that of a repository.
func (h Hints) readPack(class string, from *jsontree.Object) {
	found := pack{line(cmp.Or(from.Text("cnr_id"), from.Text("aux_id"))), line(from.Text("ver"))}
	if found.name != "" && class != "" && h.packs[class].name == "" {
		h.packs[class] = found
	}
}

func (h Hints) readModels(models []any) {
	for _, value := range models {
		m, _ := value.(*jsontree.Object)
		if m.Text("name") == "" {
			continue
		}
		name := baseName(m.Text("name"))
		known := h.models[name]
		known.Folder = cmp.Or(known.Folder, folder(m.Text("directory")))
		known.URL = cmp.Or(known.URL, address(m.Text("url")))
		for _, key := range []string{"size", "size_bytes"} {
			size, _ := m.Get(key)
			if bytes, ok := jsontree.Int(size); ok && bytes > 0 && known.Bytes == 0 {
				known.Bytes = int64(bytes)
			}
		}
		h.models[name] = known
	}
}

// Complete adds what the file says to problems of its graph.
func (h Hints) Complete(problems []Problem) []Problem {
	completed := make([]Problem, len(problems))
	for i, p := range problems {
		switch p.Kind {
		case MissingClass:
			p = h.ofClass(p)
		case MissingModel:
			p = h.ofModel(p)
		}
		completed[i] = p
	}
	return completed
}

func (h Hints) ofClass(p Problem) Problem {
	from := h.packs[p.Class]
	if from.name == "" {
		return p
	}
	what := fmt.Sprintf("install the node pack %s, which has it", from.name)
	if from.name == own {
		what = "update ComfyUI"
		if from.version != "" {
			what += fmt.Sprintf(" (the workflow was made with %s)", from.version)
		}
	} else {
		p.Pack = from.name
	}
	p.Text = nameOf(p) + " is of a class that this ComfyUI does not have: " + what
	return p
}

func (h Hints) ofModel(p Problem) Problem {
	m, known := h.models[baseName(p.File)]
	if !known {
		return p
	}
	p.Folder = cmp.Or(m.Folder, p.Folder)
	p.URL, p.Bytes = m.URL, m.Bytes
	p.Text = nameOf(p) + " " + needsModel(p)
	return p
}

// needsModel says what to do about a model that is missing. It goes on after the node's name.
func needsModel(p Problem) string {
	what := "put it into models/" + cmp.Or(p.Folder, "<the folder for its kind>")
	if p.URL != "" {
		what = "get it from " + p.URL + " and " + what
	}
	if p.Nearest != "" {
		what += fmt.Sprintf(", or choose %s, which is there", p.Nearest)
	}
	file := p.File
	if p.Bytes > 0 {
		file += " (" + size(p.Bytes) + ")"
	}
	return fmt.Sprintf("needs the model file %s, which is not there: %s", file, what)
}

// size is a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%d MB", bytes/1e6)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// nameOf names a problem's node as its text does.
func nameOf(p Problem) string { return graph.Name(p.NodeID, p.NodeTitle, p.Class) }

// maxHint is the length of what is taken of a file's hint, in bytes.
const maxHint = 2000

// line is a text for people and nothing else; empty when it is more than that.
func line(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxHint/10 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	return text
}

// folder is a path below ComfyUI's models; empty when it leads out of it.
func folder(path string) string {
	path = strings.Trim(strings.ReplaceAll(line(path), `\`, "/"), "/")
	path = strings.TrimPrefix(path, "models/")
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return ""
		}
	}
	return path
}

// address is a link that people can follow; empty for anything else.
func address(text string) string {
	text = strings.TrimSpace(text)
	parsed, err := url.Parse(text)
	if err != nil || len(text) > maxHint || parsed.Host == "" || parsed.User != nil || parsed.Scheme != "http" && parsed.Scheme != "https" ||
		strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || !unicode.IsPrint(r) }) {
		return ""
	}
	return text
}
