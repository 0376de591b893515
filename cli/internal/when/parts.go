package when

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// timeOfDay reads a time of day as what the clocks show since midnight.
func timeOfDay(s string) (time.Duration, bool) {
	if s == "noon" {
		return 12 * time.Hour, true
	}
	for _, layout := range []string{"15:04", "15:04:05", "3pm", "3:04pm"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Sub(t.Truncate(24 * time.Hour)), true
		}
	}
	return 0, false
}

// dayOf reads a day, the digits of whose midnight it gives. fixed is false for a weekday, which means the next one.
func dayOf(word string, today time.Time) (day time.Time, fixed, ok bool) {
	switch word {
	case "today":
		return today, true, true
	case "tomorrow":
		return today.AddDate(0, 0, 1), true, true
	case "yesterday":
		return today.AddDate(0, 0, -1), true, true
	}
	if d, ok := date(word); ok {
		return d, true, true
	}
	if len(word) < 3 {
		return today, false, false
	}
	for wd := time.Sunday; wd <= time.Saturday; wd++ {
		if strings.HasPrefix(strings.ToLower(wd.String()), word) {
			return today.AddDate(0, 0, (int(wd)-int(today.Weekday())+7)%7), false, true
		}
	}
	return today, false, false
}

func date(word string) (day time.Time, ok bool) {
	day, err := time.Parse(time.DateOnly, word)
	return day, err == nil
}

// units are the words for lengths of time. A day is 24 hours, whatever the clocks do.
var units = map[string]time.Duration{
	"ms":      time.Millisecond,
	"s":       time.Second,
	"sec":     time.Second,
	"second":  time.Second,
	"seconds": time.Second,
	"m":       time.Minute,
	"min":     time.Minute,
	"minute":  time.Minute,
	"minutes": time.Minute,
	"h":       time.Hour,
	"hr":      time.Hour,
	"hour":    time.Hour,
	"hours":   time.Hour,
	"d":       24 * time.Hour,
	"day":     24 * time.Hour,
	"days":    24 * time.Hour,
}

// maxDuration is the longest length of time that is taken: a slip such as "10000d" is more likely than a plan.
const maxDuration = 366 * 24 * time.Hour

// Duration reads a length of time such as 10m, "1h 30m", 90s, 1.5h or "2 days": not negative, at most a year.
func Duration(text string) (time.Duration, error) {
	rest, total := strings.ToLower(strings.Join(strings.Fields(text), "")), time.Duration(0)
	if rest == "" {
		return 0, fmt.Errorf("the length of time is empty")
	}
	for rest != "" {
		number := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789."))]
		rest = rest[len(number):]
		unit := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"))]
		rest = rest[len(unit):]
		scale, ok := units[unit]
		amount, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil {
			return 0, fmt.Errorf(`%q is not a length of time; write it like 10m, 90s or "1h 30m"`, text)
		}
		if amount*float64(scale) > float64(maxDuration-total) {
			return 0, fmt.Errorf("%q is more than a year", text)
		}
		total += time.Duration(amount * float64(scale))
	}
	return total, nil
}
