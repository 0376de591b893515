package fleet

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
	"github.com/comfyscheduler/comfyscheduler/server/internal/poster"
)

// What a worker has made stays readable after it was taken out of the configuration or has got another output folder: each start notes
// where the results of its workers lie and lay, beside what else a ComfyUI leaves. So only folders are ever read that an administrator
// has configured for this data folder, and of those only what jobs wrote.

// places is the content of that note.
type places struct {
	Instance string   `json:"instance"` // whose it is; another's, such as that of a folder that this one is a copy of, counts for nothing
	Worker   string   `json:"worker"`
	First    bool     `json:"first,omitempty"` // its results had names of their own
	Output   string   `json:"output_dir,omitempty"`
	Links    []string `json:"output_links,omitempty"`
	Earlier  []place  `json:"earlier,omitempty"` // where they lay before, latest first
}

// place is an output folder.
type place struct {
	Output string   `json:"output_dir"`
	Links  []string `json:"output_links,omitempty"`
}

// placesEnding ends the names of these files. No id has a dot.
const placesEnding = ".results.json"

// maxEarlier bounds how many folders of a worker are remembered.
const maxEarlier = 20

// notesOf reads the notes of this data folder.
func notesOf(c Config) (all []places) {
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
		case p.Instance == c.Instance:
			all = append(all, p)
		}
	}
	return all
}

// earlierOf returns where the results of a worker lay before, by the notes of the starts before. Those that are not there are told.
func earlierOf(c Config, w config.Worker, notes []places) (all []place) {
	for _, p := range notes {
		if p.Worker != w.ID {
			continue
		}
		for _, lay := range slices.Concat([]place{{p.Output, p.Links}}, p.Earlier) {
			known := func(other place) bool { return other.Output == lay.Output }
			if lay.Output != "" && lay.Output != w.ComfyUI.OutputDir && !slices.ContainsFunc(all, known) && len(all) < maxEarlier {
				all = append(all, lay)
			}
		}
	}
	for _, lay := range all {
		if _, err := os.Stat(lay.Output); err != nil {
			c.Log.Warn("the folder that a worker's output folder was before is not to be had, nor are the results in it",
				"worker", w.ID, "folder", lay.Output, "err", err)
		}
	}
	return all
}

// notePlaces writes down where the results of a worker lie and lay. What cannot be written is told, and is only missed later.
func notePlaces(c Config, i int, earlier []place, file string) {
	w := c.Workers[i]
	content, err := json.Marshal(places{c.Instance, w.ID, i == 0, w.ComfyUI.OutputDir, w.ComfyUI.OutputLinks, earlier})
	if err == nil {
		err = writeWhole(file, content)
	}
	if err != nil {
		c.Log.Error("where the results of a worker lie cannot be noted, they are not served once it is not in the configuration any more "+
			"or has another output folder", "worker", w.ID, "err", err)
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

func (p place) source(posters poster.Maker) files.Source {
	return files.NewDirectory(outputs.New(p.Output, p.Links...), posters)
}

func sourcesOf(all []place, posters poster.Maker) (sources []files.Source) {
	for _, p := range all {
		sources = append(sources, p.source(posters))
	}
	return sources
}

// postersFor returns what makes posters of a worker's videos: its own Python, else that of the first worker that has one here.
func postersFor(c Config, w config.Worker) poster.Maker {
	for _, w := range append([]config.Worker{w}, c.Workers...) {
		if kind := w.ComfyUI.Installation; kind == config.Local || kind == config.Portable {
			return poster.New(w.ComfyUI.Python)
		}
	}
	return poster.Maker{}
}
