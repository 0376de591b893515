// Package startflag is the options that say when a slot is to start.
package startflag

import (
	"strings"
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

// Start reads the options; exactly one must be given.
func (f *Flags) Start(clock when.Clock) (Start, error) {
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
		return Start{Exact: true, MS: clock.Now().Add(d).UnixMilli()}, nil
	case f.At != "":
		t, err := clock.Start(f.At)
		if err != nil {
			return Start{}, exitcode.Usagef("--at: %w", err)
		}
		return exact(t), nil
	}
	t, err := clock.From(f.After)
	if err != nil {
		return Start{}, exitcode.Usagef("--after: %w", err)
	}
	return Start{MS: t.UnixMilli()}, nil
}

func exact(t time.Time) Start { return Start{Exact: true, MS: t.UnixMilli()} }

// Retimed is a command line with its start replaced by --at and another time, quoted for a shell. A long one, such as
// one with a long prompt, is left out in favour of what to change in it.
func Retimed(args []string, at string) string {
	words := []string{"comfysched"}
	for i := 0; i < len(args); i++ {
		name, _, inline := strings.Cut(args[i], "=")
		switch name {
		case "--next", "-n":
			continue
		case "--at", "--in", "--after":
			if !inline {
				i++
			}
			continue
		case "--":
			words = append(words, "--at", at)
			words = append(words, quoted(args[i:])...)
			return shorten(words, at)
		}
		words = append(words, quoted(args[i:i+1])...)
	}
	return shorten(append(words, "--at", at), at)
}

// longest is how long an offered command may be.
const longest = 240

func shorten(words []string, at string) string {
	command := strings.Join(words, " ")
	if len(command) > longest || strings.ContainsAny(command, "\n\r") {
		return "repeat it with --at " + at
	}
	return command
}

func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if w == "" || strings.ContainsFunc(w, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+", r)
		}) {
			out[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return out
}
