package when_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func clockAt(t *testing.T, text, zoneName string) when.Clock {
	t.Helper()
	loc := zone(t, zoneName)
	now, err := time.ParseInLocation(time.DateTime, text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return when.Clock{Now: func() time.Time { return now }, Zone: loc}
}

// Monday, a quarter to two in the afternoon, in Berlin.
const monday = "2026-11-23 13:45:00"

func TestStartReadsTimesAsPeopleWriteThem(t *testing.T) {
	clock := clockAt(t, monday, "Europe/Berlin")
	for text, want := range map[string]string{
		"now":                       "2026-11-23T13:45:00+01:00",
		"14:30":                     "2026-11-23T14:30:00+01:00",
		"at 14:30":                  "2026-11-23T14:30:00+01:00",
		"14:30:15":                  "2026-11-23T14:30:15+01:00",
		"9:00":                      "2026-11-24T09:00:00+01:00", // over today
		"9am":                       "2026-11-24T09:00:00+01:00",
		"2:15 PM":                   "2026-11-23T14:15:00+01:00",
		"noon":                      "2026-11-24T12:00:00+01:00",
		"today 9:00":                "2026-11-23T09:00:00+01:00", // said so: the server refuses it
		"tomorrow 9:00":             "2026-11-24T09:00:00+01:00",
		"Tomorrow at 9:00":          "2026-11-24T09:00:00+01:00",
		"tomorrow, 9:00":            "2026-11-24T09:00:00+01:00",
		"fri 18:00":                 "2026-11-27T18:00:00+01:00",
		"Monday 14:00":              "2026-11-23T14:00:00+01:00",
		"monday 13:00":              "2026-11-30T13:00:00+01:00", // over today
		"2026-12-24 18:00":          "2026-12-24T18:00:00+01:00",
		"2026-12-24T18:00":          "2026-12-24T18:00:00+01:00",
		"2026-07-01 18:00:30":       "2026-07-01T18:00:30+02:00", // summer time
		"2026-11-24T14:30:00Z":      "2026-11-24T15:30:00+01:00",
		"2026-11-24t14:30:00+09:00": "2026-11-24T06:30:00+01:00",
		"2026-11-24 14:30 -05:00":   "2026-11-24T20:30:00+01:00",
		"in 10m":                    "2026-11-23T13:55:00+01:00",
		"in 1 hour 30 minutes":      "2026-11-23T15:15:00+01:00",
		"+90s":                      "2026-11-23T13:46:30+01:00",
		"1795440600123":             "2026-11-23T14:30:00.123+01:00",
	} {
		got, err := clock.Start(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if s := got.Format(time.RFC3339Nano); s != want {
			t.Errorf("%q is %s, want %s", text, s, want)
		}
	}
}

func TestStartRefusesWhatIsUnclear(t *testing.T) {
	clock := clockAt(t, monday, "Europe/Berlin")
	for text, hint := range map[string]string{
		"":                        "empty",
		"teatime":                 "is not a time",
		"25:00":                   "is not a time",
		"14:30 tomorrow":          "is not a time",
		"14":                      "is not a time",
		"1430":                    "is not a time",
		"2026-02-30 9:00":         "is not a time",
		"tomorrow":                `"tomorrow 9:00"`,
		"2026-12-24":              "needs a time of day",
		"in ten minutes":          "is not a length of time",
		"in 10":                   "is not a length of time",
		"in -10m":                 "is not a length of time",
		"in 99999d":               "more than a year",
		"2026-03-29 02:30":        "does not exist",
		"2026-11-24T14:30:00+1:0": "is not a time",
	} {
		got, err := clock.Start(text)
		if err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q: got %v, %v; want an error with %q", text, got, err, hint)
		}
	}
}

func TestFromAndEdgeTakeBareDays(t *testing.T) {
	clock := clockAt(t, monday, "Europe/Berlin")
	for _, c := range []struct {
		name, text, want string
		parse            func(string) (time.Time, error)
	}{
		{"From", "tomorrow", "2026-11-24T00:00:00+01:00", clock.From},
		{"From", "12:00", "2026-11-24T12:00:00+01:00", clock.From},
		{"Edge", "12:00", "2026-11-23T12:00:00+01:00", clock.Edge},
		{"Edge", "yesterday", "2026-11-22T00:00:00+01:00", clock.Edge},
		{"Edge", "today", "2026-11-23T00:00:00+01:00", clock.Edge},
	} {
		got, err := c.parse(c.text)
		if err != nil || got.Format(time.RFC3339) != c.want {
			t.Errorf("%s(%q) = %v, %v; want %s", c.name, c.text, got, err, c.want)
		}
	}
}

// A time of day is never in the past and never more than a day ahead, whatever the clocks do.
func TestTimeOfDayIsItsNextOccurrence(t *testing.T) {
	zones := []*time.Location{
		time.UTC, zone(t, "Europe/Berlin"), zone(t, "America/New_York"),
		zone(t, "Asia/Kolkata"), zone(t, "Australia/Lord_Howe"),
	}
	rapid.Check(t, func(t *rapid.T) {
		loc := rapid.SampledFrom(zones).Draw(t, "zone")
		now := time.Unix(rapid.Int64Range(1_600_000_000, 2_000_000_000).Draw(t, "now"), 0).In(loc)
		clock := when.Clock{Now: func() time.Time { return now }, Zone: loc}
		text := time.Date(2026, 1, 1, rapid.IntRange(0, 23).Draw(t, "hour"),
			rapid.IntRange(0, 59).Draw(t, "minute"), 0, 0, time.UTC).Format("15:04")
		got, err := clock.Start(text)
		if err != nil {
			if !strings.Contains(err.Error(), "does not exist") && !strings.Contains(err.Error(), "comes twice") {
				t.Fatalf("%s at %s: %v", text, now, err)
			}
			return
		}
		if got.Format("15:04") != text {
			t.Fatalf("%s at %s is %s", text, now, got)
		}
		if ahead := got.Sub(now); ahead <= 0 || ahead > 25*time.Hour {
			t.Fatalf("%s at %s is %s ahead", text, now, ahead)
		}
	})
}

// What the program prints can be typed back in.
func TestPrintedTimesAreUnderstood(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	clock := when.Clock{Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, loc) }, Zone: loc}
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(100_000_000_000, 4_000_000_000_000).Draw(t, "ms")
		exact, err := clock.Start(clock.Exact(ms))
		if err != nil || exact.UnixMilli() != ms {
			t.Fatalf("%s is read as %v, %v", clock.Exact(ms), exact, err)
		}
	})
}

func TestSpan(t *testing.T) {
	for ms, want := range map[int64]string{
		-5:          "0 s",
		0:           "0 ms",
		850:         "850 ms",
		1000:        "1 s",
		3240:        "3.2 s",
		9960:        "9.9 s",
		45_900:      "45 s",
		60_000:      "1 min",
		125_000:     "2 min 5 s",
		3_600_000:   "1 h",
		3_790_000:   "1 h 3 min",
		187_200_000: "2 d 4 h",
	} {
		if got := when.Millis(ms); got != want {
			t.Errorf("%d ms is %q, want %q", ms, got, want)
		}
	}
}

func FuzzStart(f *testing.F) {
	for _, seed := range []string{"14:30", "tomorrow 9:00", "in 1h30m", "2026-11-24T14:30:00+01:00", "fri 9am", "1795530600123", "+", "in "} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	clock := when.Clock{Now: func() time.Time { return now }, Zone: time.UTC}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := clock.Start(text)
		if err == nil && got.IsZero() || err != nil && err.Error() == "" {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	})
}
