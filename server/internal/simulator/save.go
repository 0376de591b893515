package simulator

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/media"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/nodes"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

// Save writes files and reports them as ComfyUI does.
func (m *machine) Save(file nodes.File, encode func(i int, texts []media.Text) ([]byte, error)) ([]map[string]any, error) {
	kind := "output"
	if file.Temporary {
		kind = "temp"
	} else if m.manners.has("no-result") {
		return nil, nil
	}
	target, err := m.saveTarget(kind, file.Prefix, file.Width, file.Height)
	if err != nil {
		return nil, err
	}
	var files []map[string]any
	for i := range file.Count {
		name := strings.ReplaceAll(target.name, "%batch_num%", strconv.Itoa(i))
		name = fmt.Sprintf("%s_%05d_%s", name, target.counter+i, file.Extension)
		content, err := encode(i, m.metadata())
		if m.manners.has("empty-file") {
			content = nil
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(target.folder, name), content, 0o644)
		}
		if err != nil {
			return nil, &raised{Kind: "OSError", Message: err.Error()}
		}
		files = append(files, object{"filename": name, "subfolder": target.subfolder, "type": kind})
	}
	return files, nil
}

// target names the folder and files of a batch.
type target struct {
	folder, subfolder string
	name              string // before the counter
	counter           int    // the first to use
}

// saveTarget resolves a prefix: its tokens, its folders, which are created, and the counter,
// which goes on from the highest file there.
func (e *execution) saveTarget(kind, prefix string, width, height int) (target, error) {
	now := time.Now()
	prefix = strings.NewReplacer(
		"%year%", now.Format("2006"), "%month%", now.Format("01"), "%day%", now.Format("02"),
		"%hour%", now.Format("15"), "%minute%", now.Format("04"), "%second%", now.Format("05"),
		"%width%", strconv.Itoa(width), "%height%", strconv.Itoa(height),
	).Replace(prefix)
	prefix = path.Clean(filepath.ToSlash(prefix))
	subfolder, name := path.Dir(prefix), path.Base(prefix)
	if subfolder == "." {
		subfolder = ""
	}
	root := e.folders.byType[kind]
	folder := filepath.Join(root, filepath.FromSlash(subfolder))
	if !inside(root, folder) || path.IsAbs(prefix) || filepath.IsAbs(prefix) {
		return target{}, &raised{
			Kind: "Exception",
			Message: fmt.Sprintf("**** ERROR: Saving image outside the output folder is not allowed.\n full_output_folder: %s\n"+
				"         output_dir: %s", folder, root),
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return target{}, &raised{Kind: "OSError", Message: err.Error()}
	}
	counter, err := nextCounter(folder, name)
	if err != nil {
		return target{}, &raised{Kind: "OSError", Message: err.Error()}
	}
	return target{folder, filepath.FromSlash(subfolder), name, counter}, nil
}

// nextCounter looks at the files called {name}_{digits}_...
func nextCounter(folder, name string) (int, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	highest := 0
	for _, entry := range entries {
		rest, ok := strings.CutPrefix(strings.ToLower(entry.Name()), strings.ToLower(name)+"_")
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, "_")
		if n, err := strconv.Atoi(digits); err == nil {
			highest = max(highest, n)
		}
	}
	return highest + 1, nil
}

func inside(root, path string) bool {
	relative, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(relative)
}

// metadata returns the texts of a file: the graph and each entry of extra_pnginfo.
func (e *execution) metadata() []picture.Text {
	if e.options.DisableMetadata {
		return nil
	}
	texts := []picture.Text{{Keyword: "prompt", Value: asciiJSON(e.prompt.raw)}}
	var info map[string]json.RawMessage
	if json.Unmarshal(e.prompt.extra["extra_pnginfo"], &info) == nil {
		for keyword, value := range info {
			texts = append(texts, picture.Text{Keyword: keyword, Value: asciiJSON(value)})
		}
	}
	return texts
}

// asciiJSON escapes what is not ASCII, which can only be inside strings.
func asciiJSON(raw json.RawMessage) string {
	var out strings.Builder
	for _, r := range string(raw) {
		switch {
		case r < 0x80:
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}
