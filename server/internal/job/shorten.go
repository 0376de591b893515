package job

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// What is left of a job where it is one of many.
const (
	shortText    = 200  // characters of a text, the mark of the cut included
	shortResults = 20   // results
	longestPath  = 4096 // bytes of a file name; no system has longer ones
)

// Shorten is the job as lists and the live state show it: with the beginning of its long texts and its first results, so
// that its size is bounded whatever was booked and whatever came of it. The whole job is read by itself.
func (j Job) Shorten() Job {
	j.shortenInputs()
	if j.Failure != nil {
		failure := *j.Failure
		j.shorten(&failure.Message)
		j.Failure = &failure
	}
	j.shortenResults()
	return j
}

// shorten cuts a text and reports whether it did.
func (j *Job) shorten(text *string) bool {
	short := Beginning(*text, shortText)
	if len(short) == len(*text) {
		return false
	}
	*text, j.Shortened = short, true
	return true
}

// Beginning is a text of so many characters at most: a longer one is cut and ends with "…". What is kept of it is a copy,
// which holds no memory of the rest.
func Beginning(text string, characters int) string {
	if len(text) <= characters || utf8.RuneCountInString(text) <= characters {
		return text
	}
	end, n := 0, 0
	for end = range text {
		if n++; n == characters {
			break
		}
	}
	return strings.ToValidUTF8(text[:end], "\uFFFD") + "…"
}

func (j *Job) shortenInputs() {
	whole, cut := j.Inputs, false
	for name, v := range whole {
		text, isText := v.(workflow.Text)
		if short := string(text); isText && j.shorten(&short) {
			if !cut {
				j.Inputs, cut = maps.Clone(whole), true
			}
			j.Inputs[name] = workflow.Text(short)
		}
	}
}

// shortenResults keeps the first results, and the first picture, which stands for the job, among them.
func (j *Job) shortenResults() {
	isShort := func(r Result) bool { return len(r.Text) <= shortText && len(r.Filename) <= longestPath }
	if len(j.Results) <= shortResults && !slices.ContainsFunc(j.Results, func(r Result) bool { return !isShort(r) }) {
		return
	}
	picture := slices.IndexFunc(j.Results, func(r Result) bool { return r.Kind == Image })
	kept := slices.Clone(j.Results[:min(len(j.Results), shortResults)])
	if picture >= shortResults {
		kept[shortResults-1] = j.Results[picture]
	}
	kept = slices.DeleteFunc(kept, func(r Result) bool { return len(r.Filename) > longestPath })
	j.Shortened = j.Shortened || len(kept) < len(j.Results)
	for i := range kept {
		j.shorten(&kept[i].Text)
	}
	j.Results = kept
}
