package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
	"github.com/comfyscheduler/comfyscheduler/server/internal/poster"
)

// What a worker has made stays readable after it was taken out of the configuration: each start notes where the results of its workers
// lie, beside what else a ComfyUI leaves. So only folders are ever read that an administrator has configured for this data folder, and
// of those only what jobs wrote.

// places is the content of that note.
type places struct {
	Instance string   `json:"instance"` // whose it is; another's, such as that of a folder that this one is a copy of, counts for nothing
	Worker   string   `json:"worker"`
	First    bool     `json:"first,omitempty"` // its results had names of their own
	Output   string   `json:"output_dir,omitempty"`
	Links    []string `json:"output_links,omitempty"`
}

// placesEnding ends the names of these files. No id has a dot.
const placesEnding = ".results.json"

// notePlaces writes down where the results of a worker lie. What cannot be written is told, and is only missed later.
func notePlaces(c Config, i int, file string) {
	w := c.Workers[i]
	content, err := json.Marshal(places{c.Instance, w.ID, i == 0, w.ComfyUI.OutputDir, w.ComfyUI.OutputLinks})
	if err == nil {
		err = writeWhole(file, content)
	}
	if err != nil {
		c.Log.Error("where the results of a worker lie cannot be noted, they are not served once it is not in the configuration any more",
			"worker", w.ID, "err", err)
	}
}

// writeWhole replaces a file, unless it holds that already.
func writeWhole(file string, content []byte) error {
	if had, err := os.ReadFile(file); err == nil && slices.Equal(had, content) {
		return nil
	}
	if err := os.WriteFile(file+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// former is a worker that is not in the configuration any more.
type former struct {
	naming
	results files.Source // nil: they are not to be had from here
}

// formerWorkers finds those that have left a note.
func formerWorkers(c Config) (all []former) {
	alone, _ := filepath.Glob(filepath.Join(c.DataDir, "comfyui-*"+placesEnding)) // the patterns are well formed
	among, _ := filepath.Glob(filepath.Join(c.DataDir, "workers", "*", "comfyui"+placesEnding))
	for _, file := range append(alone, among...) {
		var p places
		content, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(content, &p)
		}
		switch {
		case err != nil:
			c.Log.Warn("where a worker's results lie cannot be read", "file", file, "err", err)
		case p.Instance != c.Instance, slices.ContainsFunc(c.Workers, func(w config.Worker) bool { return w.ID == p.Worker }):
		default:
			all = append(all, former{naming{worker: p.Worker, first: p.First}, p.source()})
		}
	}
	return all
}

func (p places) source() files.Source {
	if p.Output == "" {
		return nil
	}
	return files.NewDirectory(outputs.New(p.Output, p.Links...), poster.Maker{})
}

// formerWorker finds a worker that is not in the configuration any more.
func (f *Fleet) formerWorker(id string) (former, bool) {
	i := slices.IndexFunc(f.formers, func(r former) bool { return r.worker == id })
	if i < 0 {
		return former{}, false
	}
	return f.formers[i], true
}

// formerOwner finds the worker that is not in the configuration any more and whose result a name may be: by its prefix, or because it
// was the first and had none. ok is false where it can only be one of the workers that are there.
func (f *Fleet) formerOwner(name string) (r former, ok bool) {
	for _, r := range f.formers {
		if !r.first && strings.HasPrefix(name, r.worker+"/") {
			return r, true
		}
	}
	for _, r := range f.formers {
		if r.first && !f.lanes[0].has(name) {
			return r, true
		}
	}
	return former{}, false
}

// has reports whether a result is there by a name, as far as the service can tell without asking a ComfyUI.
func (l *Lane) has(name string) bool {
	if l.outputs.IsZero() {
		return true
	}
	names := []string{l.naming.own(name)}
	if earlier, is := l.naming.earlier(name); is {
		names = append(names, earlier)
	}
	return slices.ContainsFunc(names, func(own string) bool {
		file, _, err := l.outputs.Open(own)
		if err == nil {
			_ = file.Close()
		}
		return err == nil
	})
}

// openFormer opens a result of a worker that is not in the configuration any more; the error says what became of that.
func (f *Fleet) openFormer(ctx context.Context, worker, name string) (*files.File, error) {
	r, known := f.formerWorker(worker)
	var because string
	switch {
	case !known:
		because = "and nothing tells where its results lie"
	case r.results == nil:
		because = "and its results lay with its ComfyUI, on another machine"
	default:
		file, err := f.openNamed(ctx, r.naming, r.results, name)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
		because = "and its output folder does not have the file any more"
	}
	return nil, fault.Newf(fault.NotFound, "the worker %q, which made this result, is not in the configuration any more, %s", worker, because).
		With("what", "result").With("name", name)
}

// wroteByJob opens a result of a worker that is not in the configuration any more when a job wrote it: what else lies in its folder was
// served while the worker was there, and is not now.
func (f *Fleet) wroteByJob(ctx context.Context, r former, name string) (*files.File, error) {
	if _, err := f.Store.ResultOwner(ctx, r.worker, name); err != nil {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return f.openFormer(ctx, r.worker, name)
}
