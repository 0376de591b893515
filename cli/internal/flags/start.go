// Package flags reads the options that several commands share. It only reads them: nothing here talks to a server, and each
// time is read once, so that "in 10m" is one moment.
package flags

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
)

// Start are --at, --in, --next and --after.
type Start struct {
	At, In, After string
	Next          bool
}

// Moment is the meaning of a Start: an exact start, or the first free one from a moment on.
type Moment struct {
	// Exact is true when the slot must start at MS and nowhere else.
	Exact bool
	// MS is milliseconds since the Unix epoch; 0 for now, when not exact.
	MS int64
	// Relative is true when the same options mean another moment when they are read later.
	Relative bool
}

// Bind makes the options known.
func (f *Start) Bind(fs *pflag.FlagSet) {
	fs.StringVar(&f.At, "at", "", "start exactly at this `time`")
	fs.StringVar(&f.In, "in", "", "start exactly after this `duration`, such as 10m")
	fs.BoolVarP(&f.Next, "next", "n", false, "start at the next free moment")
	fs.StringVar(&f.After, "after", "", "start at the next free moment from this `time` on")
}

// Given reports how many of the options were given.
func (f *Start) Given() int {
	n := 0
	for _, given := range []bool{f.At != "", f.In != "", f.After != "", f.Next} {
		if given {
			n++
		}
	}
	return n
}

// Read reads the options; exactly one must be given. A command reads them once: each time the moment may be another.
func (f *Start) Read(clock when.Clock) (Moment, error) {
	now := clock.Now()
	clock.Now = func() time.Time { return now }
	switch n := f.Given(); {
	case n == 0:
		return Moment{}, exitcode.Usagef("say when: --next, --after TIME, --at TIME or --in DURATION")
	case n > 1:
		return Moment{}, exitcode.Usagef("--at, --in, --next and --after exclude each other")
	case f.Next:
		return Moment{}, nil
	case f.In != "":
		d, err := when.Duration(f.In)
		if err != nil {
			return Moment{}, exitcode.Usagef("--in: %w", err)
		}
		return exactly("--in", now.Add(d), now, true)
	case f.At != "":
		t, err := clock.Start(f.At)
		if err != nil {
			return Moment{}, exitcode.Usagef("--at: %w", err)
		}
		return exactly("--at", t, now, when.Relative(f.At))
	}
	t, err := clock.From(f.After)
	if err != nil {
		return Moment{}, exitcode.Usagef("--after: %w", err)
	}
	return Moment{MS: t.UnixMilli(), Relative: when.Relative(f.After)}, nil
}

// exactly is an exact start. Now is none: it is over when the request arrives.
func exactly(option string, t, now time.Time, relative bool) (Moment, error) {
	if t.Equal(now) {
		return Moment{}, exitcode.Usagef("%s: no slot can start exactly now: --next takes the next free start", option)
	}
	return Moment{Exact: true, MS: t.UnixMilli(), Relative: relative}, nil
}
