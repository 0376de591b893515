package runner

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// The files of an attempt carry its own name. That makes them evidence: when ComfyUI's history has been cleared, or the
// process has ended, whole files of every writing node show that the run went well, and it is not run again.

// Fate implements dispatch.Runner.
func (r *Runner) Fate(ctx context.Context, j job.Job) dispatch.Outcome {
	presence, entry, err := r.Client.Lookup(ctx, j.PromptID())
	if err != nil || presence != comfy.Finished {
		return dispatch.Outcome{}
	}
	return r.judge(ctx, j, r.version(ctx, j), entry.Outcome())
}

// Results returns what the attempt has left in the output folder; none unless that shows that it went well.
func (r *Runner) Results(ctx context.Context, j job.Job) []job.Result {
	return r.noted(ctx, r.found(ctx, j, r.version(ctx, j)))
}

// found are the results that the attempt's own name shows; none unless every writing node has left a whole file.
func (r *Runner) found(ctx context.Context, j job.Job, version *workflow.Version) []job.Result {
	var results []job.Result
	for _, writer := range version.Writers(runName(j)) {
		var names []string
		if r.OutputDir != "" {
			names = filesOf(r.OutputDir, writer.Prefix)
		} else {
			names = r.askFor(ctx, writer)
		}
		if len(names) == 0 {
			return nil
		}
		for _, name := range names {
			results = append(results, r.resultOf(name, writer.NodeID))
		}
	}
	return results
}

// FilesOf returns the whole files that the run of a name has left, below the output folder as ComfyUI names them.
func (r *Runner) FilesOf(ctx context.Context, v *workflow.Version, name string) (names []string) {
	for _, writer := range v.Writers(name) {
		if r.OutputDir != "" {
			names = append(names, filesOf(r.OutputDir, writer.Prefix)...)
		} else {
			names = append(names, r.askFor(ctx, writer)...)
		}
	}
	return names
}

// token matches the parts that ComfyUI replaces in the names of files, such as %year% and %width%.
var token = regexp.MustCompile(`%[^%/]*%`)

// pattern characters mean something to filepath.Glob.
var escaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

// filesOf are the whole files below the folder whose names begin with the prefix, relative to it, by name.
func filesOf(folder, prefix string) []string {
	pattern := path.Join(escaper.Replace(filepath.ToSlash(folder)), token.ReplaceAllString(escaper.Replace(prefix), "*")+"_*")
	matches, err := filepath.Glob(filepath.FromSlash(pattern))
	if err != nil {
		return nil // the prefix is too odd to look for
	}
	var names []string
	for _, match := range matches {
		name, err := filepath.Rel(folder, match)
		if err == nil && isWhole(match) {
			names = append(names, filepath.ToSlash(name))
		}
	}
	slices.Sort(names)
	return names
}

// isWhole reports whether a file has been written to its end, as far as its format tells. ComfyUI writes a file in place, so
// that one whose process was killed may be a part.
func isWhole(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	head := make([]byte, 12)
	n, err := io.ReadFull(file, head)
	if err != nil && n == 0 {
		return false
	}
	head = head[:n]
	ends := func(with string) bool {
		tail := make([]byte, len(with))
		_, err := file.ReadAt(tail, max(0, info.Size()-int64(len(with))))
		return err == nil && string(tail) == with
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x89PNG")):
		return ends("IEND\xaeB`\x82")
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return ends("\xff\xd9")
	case bytes.HasPrefix(head, []byte("RIFF")) && len(head) == 12:
		return info.Size() >= int64(binary.LittleEndian.Uint32(head[4:8]))+8
	}
	return true
}

// askFor asks a ComfyUI whose output folder cannot be read for the picture that the run would have written first.
func (r *Runner) askFor(ctx context.Context, writer workflow.Writer) []string {
	if writer.Class != "SaveImage" || token.MatchString(writer.Prefix) {
		return nil // the extension, or the name, cannot be known
	}
	name := writer.Prefix + "_00001_.png"
	response, err := r.Fetch(ctx, name, "")
	if err != nil {
		return nil
	}
	_ = response.Body.Close() // that it is there is all that is asked
	return []string{name}
}
