package startflag_test

import (
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/startflag"
)

func TestRetimedReplacesTheStart(t *testing.T) {
	const at = "2026-11-23T12:01:00.001Z"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"book", "--at", "14:30", "a fox"}, "comfysched book 'a fox' --at " + at},
		{[]string{"book", "--in=10m", "--seed", "7", "it's"}, `comfysched book --seed 7 'it'\''s' --at ` + at},
		{[]string{"book", "--at", "14:30", "--", "--at"}, "comfysched book --at " + at + " -- --at"},
		{[]string{"move", "3f2a1b2c", "--at", "14:30"}, "comfysched move 3f2a1b2c --at " + at},
		{[]string{"book", "--at", "14:30", strings.Repeat("x", 300)}, "repeat it with --at " + at},
		{[]string{"book", "--at", "14:30", "two\nlines"}, "repeat it with --at " + at},
	} {
		if got := startflag.Retimed(c.args, at); got != c.want {
			t.Errorf("%q:\n%s, want\n%s", c.args, got, c.want)
		}
	}
}
