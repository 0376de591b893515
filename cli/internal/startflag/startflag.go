// Package startflag is the options that say when a slot is to start.
package startflag

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
)

// Flags are --at, --in, --next and --after.
type Flags struct {
	At, In, After string
	Next          bool
}

// Start is what they mean: an exact start, or the first free one from a moment on.
type Start struct {
	// Exact is true when the slot must start at MS and nowhere else.
	Exact bool
	// MS is milliseconds since the Unix epoch; 0 for now, when not exact.
	MS int64
	// Relative is true when the same options mean another moment when they are read later.
	Relative bool
}

// Bind makes the options known.
func (f *Flags) Bind(fs *pflag.FlagSet) {
	fs.StringVar(&f.At, "at", "", "start exactly at this `time`")
	fs.StringVar(&f.In, "in", "", "start exactly after this `duration`, such as 10m")
	fs.BoolVarP(&f.Next, "next", "n", false, "start at the next free moment")
	fs.StringVar(&f.After, "after", "", "start at the next free moment from this `time` on")
}

// Given reports how many of the options were given.
func (f *Flags) Given() int {
	n := 0
	for _, given := range []bool{f.At != "", f.In != "", f.After != "", f.Next} {
		if given {
			n++
		}
	}
	return n
}

// Read reads the options; exactly one must be given. A command reads them once: each time the moment may be another.
func (f *Flags) Read(clock when.Clock) (Start, error) {
	now := clock.Now()
	clock.Now = func() time.Time { return now }
	switch n := f.Given(); {
	case n == 0:
		return Start{}, exitcode.Usagef("say when: --next, --after TIME, --at TIME or --in DURATION")
	case n > 1:
		return Start{}, exitcode.Usagef("--at, --in, --next and --after exclude each other")
	case f.Next:
		return Start{}, nil
	case f.In != "":
		d, err := when.Duration(f.In)
		if err != nil {
			return Start{}, exitcode.Usagef("--in: %w", err)
		}
		return exactly("--in", now.Add(d), now, true)
	case f.At != "":
		t, err := clock.Start(f.At)
		if err != nil {
			return Start{}, exitcode.Usagef("--at: %w", err)
		}
		return exactly("--at", t, now, when.Relative(f.At))
	}
	t, err := clock.From(f.After)
	if err != nil {
		return Start{}, exitcode.Usagef("--after: %w", err)
	}
	return Start{MS: t.UnixMilli(), Relative: when.Relative(f.After)}, nil
}

// exactly is an exact start. Now is none: it is over when the request arrives.
func exactly(option string, t, now time.Time, relative bool) (Start, error) {
	if t.Equal(now) {
		return Start{}, exitcode.Usagef("%s: no slot can start exactly now: --next takes the next free start", option)
	}
	return Start{Exact: true, MS: t.UnixMilli(), Relative: relative}, nil
}
