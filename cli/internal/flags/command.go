package flags

import (
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
)

// Retimed is a command line with its start replaced by --at and another time, quoted for a shell. A long one, such as
// one with a long prompt, is left out in favour of what to change in it.
func Retimed(args []string, at string) string {
	return rewrite(args, starts, []string{"--at", at})
}

// Repeated is a command line that books the same again as one with this start and request id, whenever it is given: with
// the id, and with the moment that the start stood for.
func Repeated(args []string, s Moment, clock when.Clock, id string) string {
	added := []string{"--request-id", id}
	switch {
	case s.MS == 0: // the next free start, which the id alone makes the same
		return rewrite(args, []string{"--request-id"}, added)
	case s.Exact:
		added = append([]string{"--at", clock.Exact(s.MS)}, added...)
	default:
		added = append([]string{"--after", clock.Exact(s.MS)}, added...)
	}
	return rewrite(args, append([]string{"--request-id"}, starts...), added)
}

// starts are the options of a start.
var starts = []string{"--at", "--in", "--after", "--next", "-n"}

// rewrite drops options from a command line and adds others.
func rewrite(args, dropped, added []string) string {
	words := []string{"comfysched"}
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			words = append(words, added...)
			return shorten(append(words, quoted(args[i:])...), added)
		}
		name, _, inline := strings.Cut(args[i], "=")
		if !slices.Contains(dropped, name) {
			words = append(words, quoted(args[i:i+1])...)
			continue
		}
		if !inline && name != "--next" && name != "-n" {
			i++ // its value
		}
	}
	return shorten(append(words, added...), added)
}

// longest bounds the length of an offered command.
const longest = 240

func shorten(words, added []string) string {
	command := strings.Join(words, " ")
	if len(command) > longest || strings.ContainsAny(command, "\n\r") {
		return "repeat it with " + strings.Join(added, " ")
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
