package simulator

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Misbehaviours holds the values of --misbehave, in order. It is a pflag.Value.
type Misbehaviours []Misbehaviour

// Misbehaviour is one KIND[=ARG] of the package comment's table.
type Misbehaviour struct {
	Kind     string
	FirstRun int           // the N of the kinds that take one; 0 is from the start on
	Duration time.Duration // of slow and delay-frames
	Chance   float64       // of lose-frames
}

// kinds lists every kind with the form of its argument and whether it may be a marker.
var kinds = []struct {
	name, argument string
	marker         bool
}{
	{"slow", "DURATION", true},
	{"hang", "[N]", true},
	{"deaf", "[N]", true},
	{"crash", "[N]", true},
	{"crash-at-end", "[N]", true},
	{"error", "[N]", true},
	{"lose-gpu", "[N]", true},
	{"spoil", "[N]", true},
	{"no-result", "[N]", true},
	{"black", "[N]", true},
	{"flat", "[N]", true},
	{"empty-file", "[N]", true},
	{"empty-history", "[N]", true},
	{"lose-end", "[N]", true},
	{"mute-ws", "[N]", true},
	{"print", "[N]", true},
	{"bad-frames", "[N]", true},
	{"lose-frames", "PROBABILITY", false},
	{"delay-frames", "DURATION", true},
	{"crash-on-start", "", false},
	{"never-open-port", "", false},
}

func kindList() string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = kind.name
		switch {
		case strings.HasPrefix(kind.argument, "["):
			names[i] += "[=" + strings.Trim(kind.argument, "[]") + "]"
		case kind.argument != "":
			names[i] += "=" + kind.argument
		}
	}
	return strings.Join(names, ", ")
}

// Set adds one KIND[=ARG].
func (m *Misbehaviours) Set(text string) error {
	one, err := parseMisbehaviour(text)
	if err == nil {
		*m = append(*m, one)
	}
	return err
}

// String lists the kinds, comma-separated.
func (m *Misbehaviours) String() string {
	names := make([]string, len(*m))
	for i, one := range *m {
		names[i] = one.Kind
	}
	return strings.Join(names, ",")
}

// Type names the value in help texts.
func (m *Misbehaviours) Type() string { return "kind" }

func parseMisbehaviour(text string) (Misbehaviour, error) {
	name, argument, given := strings.Cut(text, "=")
	if name == "fail" {
		name = "error"
	}
	for _, kind := range kinds {
		if kind.name != name {
			continue
		}
		one := Misbehaviour{Kind: name}
		var err error
		switch {
		case kind.argument == "DURATION":
			one.Duration, err = time.ParseDuration(argument)
			if err == nil && one.Duration < 0 {
				err = errors.New("want 0 or more")
			}
		case kind.argument == "PROBABILITY":
			one.Chance, err = strconv.ParseFloat(argument, 64)
			if err == nil && !(one.Chance >= 0 && one.Chance <= 1) {
				err = errors.New("want 0 to 1")
			}
		case kind.argument == "[N]" && given:
			one.FirstRun, err = strconv.Atoi(argument)
			if err == nil && one.FirstRun < 1 {
				err = errors.New("runs are counted from 1")
			}
		case kind.argument == "" && given:
			err = errors.New("takes no argument")
		}
		if err != nil {
			return one, fmt.Errorf("misbehaviour %q: %w", text, err)
		}
		return one, nil
	}
	return Misbehaviour{}, fmt.Errorf("misbehaviour %q: unknown kind; the kinds are %s", text, kindList())
}

var markerPattern = regexp.MustCompile(`\[\[([a-z-]+(?:=[^\[\]]*)?)\]\]`)

// markers finds the misbehaviours that a text asks for. What is not one stays text.
func markers(text string) Misbehaviours {
	var found Misbehaviours
	for _, match := range markerPattern.FindAllStringSubmatch(text, -1) {
		one, err := parseMisbehaviour(match[1])
		if err != nil {
			continue
		}
		for _, kind := range kinds {
			if kind.name == one.Kind && kind.marker {
				one.FirstRun = 0
				found = append(found, one)
			}
		}
	}
	return found
}

// during returns those that concern a run.
func (m Misbehaviours) during(run int) Misbehaviours {
	var active Misbehaviours
	for _, one := range m {
		if run >= one.FirstRun {
			active = append(active, one)
		}
	}
	return active
}

// find returns the last of a kind, so that a marker overrides the flag.
func (m Misbehaviours) find(kind string) (Misbehaviour, bool) {
	for i := len(m) - 1; i >= 0; i-- {
		if m[i].Kind == kind {
			return m[i], true
		}
	}
	return Misbehaviour{}, false
}

func (m Misbehaviours) has(kind string) bool {
	_, ok := m.find(kind)
	return ok
}
