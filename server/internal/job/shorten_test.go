package job_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func TestShortJobStaysAsItIs(t *testing.T) {
	j := job.Job{
		ID:      "a",
		Inputs:  workflow.Values{"prompt": workflow.Text(strings.Repeat("ü", 200)), "steps": workflow.Integer(4)},
		Results: []job.Result{{Filename: "a.png", Kind: job.Image}, {Kind: job.Text, Text: "a fox"}},
		Failure: &job.Failure{Message: "why"},
	}
	if short := j.Shorten(); !reflect.DeepEqual(short, j) {
		t.Errorf("got %+v", short)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	long := strings.Repeat("ü", 201)
	cut := strings.Repeat("ü", 199) + "…"
	whole := func() job.Job {
		return job.Job{
			Inputs:  workflow.Values{"prompt": workflow.Text(long), "style": workflow.Text(long), "steps": workflow.Integer(4)},
			Results: []job.Result{{Kind: job.Text, Text: long}},
			Failure: &job.Failure{Reason: job.Execution, Message: long},
		}
	}
	j := whole()
	short := j.Shorten()
	want := job.Job{
		Inputs:    workflow.Values{"prompt": workflow.Text(cut), "style": workflow.Text(cut), "steps": workflow.Integer(4)},
		Results:   []job.Result{{Kind: job.Text, Text: cut}},
		Failure:   &job.Failure{Reason: job.Execution, Message: cut},
		Shortened: true,
	}
	if !reflect.DeepEqual(short, want) {
		t.Errorf("got %+v", short)
	}
	if !reflect.DeepEqual(j, whole()) {
		t.Errorf("the job itself is changed: %+v", j)
	}
}

func TestFirstPictureStaysAmongTheFirstResults(t *testing.T) {
	var j job.Job
	for i := range 30 {
		j.Results = append(j.Results, job.Result{Filename: fmt.Sprint(i), Kind: job.File})
	}
	j.Results[27].Kind = job.Image
	short := j.Shorten()
	if len(short.Results) != 20 || short.ResultFilename() != "27" || short.Results[0].Filename != "0" || !short.Shortened {
		t.Errorf("got %+v", short.Results)
	}
	j.Results = []job.Result{{Filename: strings.Repeat("x", 5000), Kind: job.Image}, {Filename: "a.png", Kind: job.Image}}
	if short = j.Shorten(); len(short.Results) != 1 || short.ResultFilename() != "a.png" || !short.Shortened {
		t.Errorf("got %+v", short.Results)
	}
}

func TestBeginningOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t,
			"text")
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		short := job.Beginning(text, limit)
		if n := utf8.RuneCountInString(short); n > limit ||
			(short != text && n != utf8.RuneCountInString(text) && !strings.HasSuffix(short, "…")) {
			t.Fatalf("%q is %q, %d characters", text, short, n)
		}
	})
}
