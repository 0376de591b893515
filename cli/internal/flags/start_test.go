package flags_test

import (
	"strings"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
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
		if got := flags.Retimed(c.args, at); got != c.want {
			t.Errorf("%q:\n%s, want\n%s", c.args, got, c.want)
		}
	}
}

// A command that is offered for repetition means the same moment whenever it is given.
func TestRepeatedNamesTheMoment(t *testing.T) {
	const at, id = "2026-11-23T15:00:00.000Z", "6d1c1a5e-8b0e-4f3a-9b53-0a3f6d9f2c11"
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	clock := when.Clock{Now: func() time.Time { return now }, Zone: time.UTC}
	for _, c := range []struct {
		flags flags.Start
		args  []string
		want  string
	}{
		{flags.Start{In: "3h"}, []string{"book", "--in", "3h", "a fox"}, "comfysched book 'a fox' --at " + at + " --request-id " + id},
		{flags.Start{At: "15:00"}, []string{"book", "--at=15:00", "a fox"}, "comfysched book 'a fox' --at " + at + " --request-id " + id},
		{
			flags.Start{After: "in 3h"},
			[]string{"book", "--after", "in 3h", "--each-line"},
			"comfysched book --each-line --after " + at + " --request-id " + id,
		},
		{flags.Start{Next: true}, []string{"book", "-nq", "fox", "--request-id", "x"}, "comfysched book -nq fox --request-id " + id},
		{
			flags.Start{In: "3h"},
			[]string{"book", "--in", "3h", strings.Repeat("x", 300)},
			"repeat it with --at " + at + " --request-id " + id,
		},
	} {
		start, err := c.flags.Read(clock)
		if err != nil {
			t.Fatal(err)
		}
		if got := flags.Repeated(c.args, start, clock, id); got != c.want {
			t.Errorf("%q:\n%s, want\n%s", c.args, got, c.want)
		}
	}
}

func TestNoSlotStartsExactlyNow(t *testing.T) {
	clock := when.Clock{Now: time.Now, Zone: time.UTC}
	for option, flags := range map[string]flags.Start{"--at": {At: "now"}, "--in": {In: "0s"}} {
		if _, err := flags.Read(clock); err == nil || !strings.Contains(err.Error(), option+": no slot can start exactly now: --next") {
			t.Errorf("%+v: %v", flags, err)
		}
	}
}
