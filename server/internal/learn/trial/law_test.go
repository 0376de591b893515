package trial_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn/trial"
)

func TestLawsThatAreNoneAreRefused(t *testing.T) {
	for _, c := range []struct{ law, says string }{
		{`{}`, "at least one must take time"},
		{`{"terms": [{"ms": 5}]} x`, "behind the law"},
		{`{"terms": [{"ms": 5, "step": 1}]}`, `unknown field "step"`},
		{`{"terms": [{"ms": -5}]}`, `terms[0] "": ms is from 0`},
		{`{"terms": [{"ms": 5, "when": "cold"}]}`, "at least one must take time"},
		{`{"terms": [{"name": "a", "ms": 5, "when": "warm"}]}`, `terms[0] "a": when is "cold"`},
		{`{"terms": [{"ms": 5, "pixels": 9}]}`, "powers are from -3 to 3"},
		{`{"terms": [{"ms": 5, "numbers": {"tiles": 1}}]}`, `there is no number "tiles"`},
		{`{"terms": [{"ms": 5, "factors": {"sampler": {"heun": 2}}}]}`, "there is no choice sampler=heun"},
		{`{"terms": [{"ms": 5}], "steps": {"from": 9, "to": 4}}`, "steps: it needs values"},
		{`{"terms": [{"ms": 5}], "batch": {"values": [0]}}`, "batch: 0 is not above 0"},
		{`{"terms": [{"ms": 5}], "sizes": [[0, 4]]}`, "0 x 4 is no size"},
		{`{"terms": [{"ms": 5}], "models": "checkpoint"}`, `there is no choice "checkpoint"`},
		{`{"terms": [{"ms": 5}], "cold": 1}`, "cold: a share"},
		{`{"terms": [{"ms": 5}], "noise": {"spread": 3}}`, "noise: spread"},
		{`{"terms": [{"ms": 5}], "changes": [{"after": 4, "factor": 2, "terms": ["b"]}]}`, `changes[0]: there is no term "b"`},
		{`{"terms": [{"ms": 5}], "changes": [{"after": 0, "factor": 2}]}`, "changes[0]: factor is"},
	} {
		_, err := trial.ReadLaws(fstest.MapFS{"my.json": {Data: []byte(c.law)}})
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "my.json: ") {
			t.Errorf("%s: %v, want it to say %q", c.law, err, c.says)
		}
	}
	if _, err := trial.ReadLaws(fstest.MapFS{"my.txt": {}}); err == nil || !strings.Contains(err.Error(), "no law") {
		t.Errorf("a folder without laws: %v", err)
	}
}

func TestTheSameSeedPlaysTheSame(t *testing.T) {
	laws := shipped(t)
	a, b := trial.Play(&laws[0], 40, 7), trial.Play(&laws[0], 40, 7)
	for n := range a.Learned.Errors {
		if x, y := trial.Quantile(a.Learned.Errors[n], .9), trial.Quantile(b.Learned.Errors[n], .9); x != y || x == 0 {
			t.Errorf("after %d runs the error is %g, and %g when played again", n, x, y)
		}
	}
}

func shipped(t *testing.T) []trial.Law {
	t.Helper()
	laws, err := trial.ReadLaws(os.DirFS("../../../bench/laws"))
	if err != nil {
		t.Fatal(err)
	}
	return laws
}
