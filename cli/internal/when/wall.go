package when

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// What the clocks on the wall show is here a time.Time in UTC of which only the digits are meant. In a zone it may be no
// moment, where the clocks are put forward over it, or two, where they are put back.

// wall gives the digits that the clocks of t's zone show at t.
func wall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// farthest is more than any offset from UTC.
const farthest = 26 * time.Hour

// moments are the moments at which the clocks of the zone show shown, earliest first. No zone keeps an offset for less
// than an hour.
func moments(shown time.Time, zone *time.Location) (found []time.Time) {
	for at := shown.Add(-farthest); at.Before(shown.Add(farthest)); at = at.Add(time.Hour) {
		_, offset := at.In(zone).Zone()
		t := shown.Add(-time.Duration(offset) * time.Second).In(zone)
		if wall(t).Equal(shown) && !slices.ContainsFunc(found, t.Equal) {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, time.Time.Compare)
	return found
}

// firstMoment finds the beginning of a day in the zone: midnight, or where the clocks are put to when they are put forward
// over it. ok is false for a day that the zone left out.
func firstMoment(day time.Time, zone *time.Location) (t time.Time, ok bool) {
	if at := moments(day, zone); len(at) > 0 {
		return at[0], true
	}
	before := day.Add(-farthest).In(zone)
	second := sort.Search(int(2*farthest/time.Second), func(n int) bool {
		return wall(before.Add(time.Duration(n) * time.Second)).After(day)
	})
	begin := before.Add(time.Duration(second) * time.Second)
	return begin, sameDay(wall(begin), day)
}

func sameDay(a, b time.Time) bool {
	return a.Truncate(24 * time.Hour).Equal(b.Truncate(24 * time.Hour))
}

// never says that the clocks do not show a time.
func never(shown time.Time, zone *time.Location) error {
	return fmt.Errorf("%s does not exist in %s: the clocks are put forward over it", digits(shown), name(zone))
}

// twice says that the clocks show a time twice, and how to write either.
func twice(shown time.Time, zone *time.Location, at []time.Time) error {
	return fmt.Errorf("%s comes twice in %s, where the clocks are put back: write %s or %s",
		digits(shown), name(zone), at[0].Format(time.RFC3339Nano), at[1].Format(time.RFC3339Nano))
}

func digits(shown time.Time) string {
	return strings.TrimSuffix(shown.Format("2006-01-02 15:04:05.999"), ":00")
}

func name(zone *time.Location) string {
	if zone == time.Local && zone.String() == "Local" {
		return "the zone of this machine"
	}
	return zone.String()
}
