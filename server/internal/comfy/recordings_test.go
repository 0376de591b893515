package comfy_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

var update = flag.Bool("update", false, "write the golden files anew")

// result collects everything that a client reported of one recorded prompt.
type result struct {
	life     *life
	refusal  error // instead of all that follows
	outcome  comfy.Outcome
	progress []comfy.Progress
	preview  []byte
	media    string
}

// perform plays a recording for one client, which submits its prompts as they were and follows each to its end.
func perform(t *testing.T, records []record, client string, prepare func(*stage)) (results []*result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, records, client)
		if prepare != nil {
			prepare(s)
		}
		c, n := start(t, s, client, true)
		s.network = n
		go s.play(t.Context())
		var followed sync.WaitGroup
		for l := range s.turns {
			res := &result{life: l}
			run := c.Track(l.id)
			err := c.Submit(t.Context(), comfy.Prompt{ID: l.id, Graph: l.graph})
			if refused := new(comfy.RejectedError); errors.As(err, &refused) {
				res.refusal = err
				if refused.Status == 0 {
					s.posts <- l.id // it was not sent
				}
			} else if err != nil {
				t.Errorf("submit %s: %v", l.id, err)
			}
			if res.refusal != nil || l.ended >= 0 {
				results = append(results, res)
			}
			if res.refusal == nil && l.ended >= 0 {
				followed.Go(func() { res.follow(t, run) })
			}
		}
		followed.Wait()
	})
	return results
}

func (res *result) follow(t *testing.T, run *comfy.Run) {
	defer run.Close()
	var err error
	res.outcome, err = run.Wait(t.Context(), func(p comfy.Progress) { res.progress = append(res.progress, p) })
	if err != nil {
		t.Errorf("wait for %s: %v", res.life.id, err)
	}
	_, res.media, res.preview = run.Preview()
}

// play is a recording, or its part up to a note, and the client in it whose place ours takes.
type play struct{ recording, client, until string }

// plays lists all in which a client runs prompts.
var plays = []play{
	{"02", "client-a", ""},
	{"03", "client-a", ""},
	{"04", "client-a", ""},
	{"05", "client-a", ""},
	{"06", "client-a", ""},
	{"07", "client-a", "prompt_id given by the client, twice"},
	{"08", "client-a", ""},
	{"09", "client-a", ""},
	{"09", "client-b", ""},
	{"10", "client-a", ""},
	{"11", "client-p", ""},
	{"11", "client-q", ""},
	{"12", "client-a", ""},
	{"13", "client-a", ""},
	{"15", "client-a", ""},
	{"17", "client-a", ""},
	{"20", "client-a", ""},
	{"21", "client-a", ""},
}

func (p play) records(t *testing.T) []record {
	records := load(t, p.recording)
	if p.until != "" {
		end := slices.IndexFunc(records, func(r record) bool { return strings.HasPrefix(r.Text, p.until) })
		if end < 0 {
			t.Fatalf("recording %s has no note %q", p.recording, p.until)
		}
		records = records[:end]
	}
	return records
}

func TestEveryRecordedRun(t *testing.T) {
	var b strings.Builder
	for _, p := range plays {
		results := perform(t, p.records(t), p.client, nil)
		fmt.Fprintf(&b, "recording %s as %s\n", p.recording, p.client)
		for _, r := range results {
			b.WriteString(r.String())
		}
	}
	golden(t, "testdata/outcomes.golden", b.String())
}

func (res *result) String() string {
	if res.refusal != nil {
		return fmt.Sprintf("  %s refused: %v\n", res.life.id, res.refusal)
	}
	var b strings.Builder
	o := res.outcome
	fmt.Fprintf(&b, "  %s %s in %s", res.life.id, o.Kind, o.Finished.Sub(o.Started))
	for _, f := range o.Files {
		fmt.Fprintf(&b, ", %s of node %s", f.Path(), f.NodeID)
	}
	if o.Error != nil {
		fmt.Fprintf(&b, ", %q, %d traceback lines", o.Error.Error(), len(o.Error.Traceback))
	}
	if o.CachedNodes != nil {
		fmt.Fprintf(&b, ", cached %v", o.CachedNodes)
	}
	fmt.Fprintf(&b, "\n    progress")
	for _, p := range res.progress {
		fmt.Fprintf(&b, " %s:%d/%d+%d", p.NodeID, p.Step, p.Total, p.NodesDone)
		if p.Waiting {
			b.WriteString(" waiting")
		}
		if p.Preview > 0 {
			fmt.Fprintf(&b, "#%d", p.Preview)
		}
		if p.Note != "" {
			fmt.Fprintf(&b, "%q", p.Note)
		}
	}
	if res.preview != nil {
		fmt.Fprintf(&b, "\n    preview %s, %d bytes, begins %x", res.media, len(res.preview), res.preview[:4])
	}
	return b.String() + "\n"
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for i := range min(len(gotLines), len(wantLines)) {
			if gotLines[i] != wantLines[i] {
				t.Fatalf("%s:%d\n got %s\nwant %s", name, i+1, gotLines[i], wantLines[i])
			}
		}
		t.Fatalf("%s: %d lines, want %d", name, len(gotLines), len(wantLines))
	}
}
