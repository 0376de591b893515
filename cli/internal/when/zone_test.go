package when_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
)

// strange are zones that change their clocks by half an hour, at midnight, by night over the date, or never.
var strange = []string{
	"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Atlantic/Azores", "America/Havana",
	"Africa/Cairo", "Asia/Kolkata", "Pacific/Apia", "Pacific/Chatham", "America/St_Johns", "Africa/Casablanca", "UTC",
}

// A time without an offset that the clocks show is read as that moment, or refused with that moment among the offers.
func TestAWallTimeIsReadAsWhatItShowsOrRefusedWithAnOffer(t *testing.T) {
	var zones []*time.Location
	for _, name := range strange {
		zones = append(zones, zone(t, name))
	}
	rapid.Check(t, func(t *rapid.T) {
		loc := rapid.SampledFrom(zones).Draw(t, "zone")
		at := time.Unix(rapid.Int64Range(1_000_000_000, 3_000_000_000).Draw(t, "moment"), 0).In(loc)
		if _, change := at.ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "near a change") {
			at = change.Add(time.Duration(rapid.IntRange(-7200, 7200).Draw(t, "beside it")) * time.Second).In(loc)
		}
		clock := when.Clock{Now: func() time.Time { return at }, Zone: loc}
		text := clock.Cell(at.UnixMilli())
		for name, parse := range map[string]func(string) (time.Time, error){"Start": clock.Start, "From": clock.From, "Edge": clock.Edge} {
			got, err := parse(text)
			switch {
			case err != nil && !strings.Contains(err.Error(), at.Format(time.RFC3339)):
				t.Fatalf("%s(%q) in %s: %v, though it is %s", name, text, loc, err, at.Format(time.RFC3339))
			case err == nil && !got.Equal(at):
				t.Fatalf("%s(%q) in %s is %s, want %s", name, text, loc, got, at)
			}
		}
	})
}

// A day begins at its first moment, whatever the clocks do around midnight.
func TestADayBeginsAtItsFirstMoment(t *testing.T) {
	var zones []*time.Location
	for _, name := range strange {
		zones = append(zones, zone(t, name))
	}
	rapid.Check(t, func(t *rapid.T) {
		loc := rapid.SampledFrom(zones).Draw(t, "zone")
		at := time.Unix(rapid.Int64Range(1_000_000_000, 3_000_000_000).Draw(t, "moment"), 0).In(loc)
		if _, change := at.ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "at a change") {
			at = change.In(loc)
		}
		day := at.Format(time.DateOnly)
		clock := when.Clock{Now: func() time.Time { return at }, Zone: loc}
		for _, text := range []string{day, "today"} {
			got, err := clock.Edge(text)
			if err != nil || got.Format(time.DateOnly) != day {
				t.Fatalf("%q at %s is %v, %v", text, at, got, err)
			}
			if before := got.Add(-time.Second).In(loc).Format(time.DateOnly); before == day {
				t.Fatalf("%q in %s is %s, but a second before it was that day already", text, loc, got)
			}
		}
	})
}

func TestDaysWithoutAMidnight(t *testing.T) {
	for _, c := range []struct{ zone, now, text, want string }{
		{"America/Santiago", "2027-09-01 12:00:00", "2027-09-05", "2027-09-05T01:00:00-03:00"},
		{"America/Santiago", "2027-09-04 00:30:00", "tomorrow", "2027-09-05T01:00:00-03:00"},
		{"America/Santiago", "2027-09-04 00:30:00", "tomorrow 9:00", "2027-09-05T09:00:00-03:00"},
		{"Atlantic/Azores", "2027-03-20 12:00:00", "2027-03-28", "2027-03-28T01:00:00Z"},
		{"Europe/Berlin", "2040-12-31 12:00:00", "2041-01-01", "2041-01-01T00:00:00+01:00"},  // at the end of a leap year
		{"America/Havana", "2027-11-01 12:00:00", "2027-11-07", "2027-11-07T00:00:00-04:00"}, // midnight comes twice
	} {
		clock := clockAt(t, c.now, c.zone)
		got, err := clock.From(c.text)
		if err != nil || got.Format(time.RFC3339) != c.want {
			t.Errorf("%q in %s is %v, %v; want %s", c.text, c.zone, got, err, c.want)
		}
	}
	if got, err := clockAt(t, "2011-12-01 12:00:00", "Pacific/Apia").From("2011-12-30"); err == nil {
		t.Errorf("a day that Samoa left out is %v", got)
	}
}

func TestAnHourThatComesTwiceIsRefusedWithBothMoments(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{
			"Europe/Berlin", "2027-10-31 02:30",
			"2027-10-31 02:30 comes twice in Europe/Berlin, where the clocks are put back: " +
				"write 2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00",
		},
		{"America/New_York", "2027-11-07 01:30", "2027-11-07T01:30:00-04:00 or 2027-11-07T01:30:00-05:00"},
		{"Australia/Lord_Howe", "2027-04-04 01:45:10.5", "2027-04-04T01:45:10.5+11:00 or 2027-04-04T01:45:10.5+10:30"},
	} {
		clock := clockAt(t, "2027-01-01 12:00:00", c.zone)
		if got, err := clock.Start(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q in %s: %v, %v", c.text, c.zone, got, err)
		}
	}
	// A bare time of day means the next one: of two, the one that is still to come.
	between := time.Date(2027, 10, 31, 0, 40, 0, 0, time.UTC) // 02:40, for the first time
	loc := zone(t, "Europe/Berlin")
	clock := when.Clock{Now: func() time.Time { return between }, Zone: loc}
	if got, err := clock.Start("02:30"); err != nil || got.Format(time.RFC3339) != "2027-10-31T02:30:00+01:00" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestRelativeTimesMeanAnotherMomentLater(t *testing.T) {
	for text, want := range map[string]bool{
		"in 4h":                     true,
		"+5m":                       true,
		"14:30":                     true,
		"tomorrow 9:00":             true,
		"fri 18:00":                 true,
		"now":                       true,
		"2026-11-24 14:30":          false,
		"2026-11-24T14:30":          false,
		"2026-11-24T14:30:00+01:00": false,
		"1795440600123":             false,
	} {
		if got := when.Relative(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestTheZoneOfTheEnvironment(t *testing.T) {
	for tz, want := range map[string]string{
		"Europe/Berlin":     "Europe/Berlin",
		":America/New_York": "America/New_York",
		"":                  "UTC",
		"UTC":               "UTC",
	} {
		if got, err := when.Zone(tz, true); err != nil || got.String() != want {
			t.Errorf("TZ=%s is %v, %v", tz, got, err)
		}
	}
	if got, err := when.Zone("", false); err != nil || got != time.Local {
		t.Errorf("without TZ: %v, %v", got, err)
	}
	for tz, want := range map[string]string{
		"Mars/Phobos": `there is no zone "Mars/Phobos"`,
		"Local":       `there is no zone "Local"`,
		"../secret":   "there is no zone",
		"CET-1CEST":   `"CET-1CEST" is a rule`,
		"UTC+3":       "is a rule",
		"<+03>-3":     "is a rule",
		"/none":       "/none",
	} {
		if got, err := when.Zone(tz, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("TZ=%s is %v, %v", tz, got, err)
		}
	}
}

func TestAZoneFileIsRead(t *testing.T) {
	dir := t.TempDir()
	raw, err := os.ReadFile("/usr/share/zoneinfo/Europe/Berlin")
	if err != nil {
		t.Skip("this machine has no database of zones")
	}
	if err := os.WriteFile(filepath.Join(dir, "copy"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "text"), []byte("Europe/Berlin"), 0o600); err != nil {
		t.Fatal(err)
	}
	summer := time.Date(2027, 7, 1, 12, 0, 0, 0, time.UTC)
	if got, err := when.Zone(filepath.Join(dir, "copy"), true); err != nil || summer.In(got).Hour() != 14 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := when.Zone(":/usr/share/zoneinfo/Europe/Berlin", true); err != nil || got.String() != "Europe/Berlin" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := when.Zone(filepath.Join(dir, "text"), true); err == nil {
		t.Errorf("a text file is %v", got)
	}
}
