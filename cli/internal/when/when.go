// Package when reads times as people write them and writes them as people read them. It knows no real clock: now and
// the zone are given.
package when

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Clock is the present as the terminal sees it.
type Clock struct {
	// Now tells the time.
	Now func() time.Time
	// Zone is the zone in which times without one are meant, and all times are shown.
	Zone *time.Location
}

// Help says what is understood, for the help of commands.
const Help = `Times may be written as 14:30, 9am, "tomorrow 9:00", "fri 18:00", "2026-11-24 14:30", in RFC 3339
(2026-11-24T14:30:00+01:00), as "in 10m", as "now", or as milliseconds since the Unix epoch (as --json prints them).
A time without a zone is meant in the zone of the terminal; a time of day that is over today means tomorrow. One that comes
twice there, or never, when the clocks are changed is refused.`

// policy says how an incomplete time is completed.
type policy struct {
	upcoming bool // a bare time of day or weekday that is over means its next one
	midnight bool // a day without a time of day means its first moment
}

// Start reads the exact start of a slot. A bare time of day means its next occurrence; a bare day is an error.
func (c Clock) Start(text string) (time.Time, error) {
	return c.parse(text, policy{upcoming: true})
}

// From reads a moment from which on to look. It is as Start, but a bare day means its beginning.
func (c Clock) From(text string) (time.Time, error) {
	return c.parse(text, policy{upcoming: true, midnight: true})
}

// Edge reads an end of a stretch that may lie in the past: a bare time of day means today's, a bare day its beginning.
func (c Clock) Edge(text string) (time.Time, error) {
	return c.parse(text, policy{midnight: true})
}

func (c Clock) parse(text string, p policy) (time.Time, error) {
	now := c.Now().In(c.Zone)
	words, joined := wordsOf(text)
	switch {
	case joined == "":
		return time.Time{}, fmt.Errorf("the time is empty")
	case joined == "now":
		return now, nil
	case strings.HasPrefix(joined, "in "), strings.HasPrefix(joined, "+"):
		d, err := Duration(strings.TrimLeft(strings.TrimPrefix(joined, "in "), "+ "))
		return now.Add(d), err
	}
	if t, ok := instant(joined); ok {
		return t.In(c.Zone), nil
	}
	return c.local(text, words, now, p)
}

// Relative reports whether a time means another moment when it is read later.
func Relative(text string) bool {
	words, joined := wordsOf(text)
	if _, ok := instant(joined); ok || len(words) == 0 {
		return false
	}
	_, dated := date(words[0])
	return !dated
}

// wordsOf divides a text into its words, in lower case, and joins them again with one space between them.
func wordsOf(text string) (words []string, joined string) {
	words = strings.Fields(strings.ToLower(strings.ReplaceAll(text, ",", " ")))
	joined = strings.Join(words, " ")
	if len(joined) > 10 && joined[4] == '-' && joined[10] == 't' { // 2026-11-24T14:30
		words = []string{joined[:10], joined[11:]}
	}
	return words, joined
}

// instant reads a time that is the same everywhere.
func instant(s string) (time.Time, bool) {
	if t, ok := epoch(s); ok {
		return t, true
	}
	return withOffset(s)
}

// epoch reads milliseconds since the Unix epoch. Fewer digits could be a year or an hour.
func epoch(s string) (time.Time, bool) {
	if len(s) < 12 || len(s) > 15 {
		return time.Time{}, false
	}
	ms, err := strconv.ParseUint(s, 10, 63)
	return time.UnixMilli(int64(ms)), err == nil
}

var offsetLayouts = []string{
	time.RFC3339,
	"2006-01-02T15:04Z07:00",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04Z07:00",
	"2006-01-02 15:04:05 Z07:00",
	"2006-01-02 15:04 Z07:00",
}

// withOffset reads a time that names its offset from UTC.
func withOffset(s string) (time.Time, bool) {
	s = strings.ToUpper(s)
	for _, layout := range offsetLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// local reads [day] [time of day] in the clock's zone.
func (c Clock) local(text string, words []string, now time.Time, p policy) (time.Time, error) {
	today := wall(now).Truncate(24 * time.Hour)
	day, fixed, found := today, false, false
	if len(words) > 0 {
		if d, f, ok := dayOf(words[0], today); ok {
			day, fixed, found, words = d, f, true, words[1:]
		}
	}
	if len(words) > 0 && words[0] == "at" {
		words = words[1:]
	}
	if len(words) == 0 {
		if !found || !p.midnight {
			return time.Time{}, unclear(text, found)
		}
		if begin, ok := firstMoment(day, c.Zone); ok {
			return begin, nil
		}
		return time.Time{}, never(day, c.Zone)
	}
	of, ok := timeOfDay(strings.Join(words, ""))
	if !ok {
		return time.Time{}, unclear(text, false)
	}
	if fixed || !p.upcoming {
		return c.only(day.Add(of), moments(day.Add(of), c.Zone))
	}
	step := 1
	if found { // a weekday
		step = 7
	}
	return c.next(day.Add(of), step, now)
}

// next is the next moment at which the clocks show shown, on its day or a step of days later.
func (c Clock) next(shown time.Time, step int, now time.Time) (time.Time, error) {
	at := moments(shown, c.Zone)
	for len(at) > 0 && !at[0].After(now) {
		at = at[1:]
	}
	if len(at) == 0 && !shown.After(wall(now)) {
		shown = shown.AddDate(0, 0, step)
		at = moments(shown, c.Zone)
	}
	return c.only(shown, at)
}

// only is the one moment that there is.
func (c Clock) only(shown time.Time, at []time.Time) (time.Time, error) {
	switch len(at) {
	case 0:
		return time.Time{}, never(shown, c.Zone)
	case 1:
		return at[0], nil
	}
	return time.Time{}, twice(shown, c.Zone, at)
}

func unclear(text string, onlyDay bool) error {
	if onlyDay {
		return fmt.Errorf("%q needs a time of day, such as %q", text, text+" 9:00")
	}
	return fmt.Errorf(`%q is not a time; write it like 14:30, "tomorrow 9:00", "in 10m" or 2026-11-24T14:30:00+01:00`, text)
}
