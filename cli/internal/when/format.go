package when

import (
	"fmt"
	"time"
)

// Stamp is a moment with its date and zone, for sentences: 2026-11-24 14:30:00 CET.
func (c Clock) Stamp(ms int64) string { return c.at(ms).Format("2006-01-02 15:04:05 MST") }

// Cell is a moment in the clock's zone, for tables whose heading names the zone: 2026-11-24 14:30:00.
func (c Clock) Cell(ms int64) string { return c.at(ms).Format(time.DateTime) }

// Fine is Cell to the millisecond: 2026-11-24 14:30:00.250.
func (c Clock) Fine(ms int64) string { return c.at(ms).Format("2006-01-02 15:04:05.000") }

// Minute is Cell where seconds do not matter: 2026-11-24 14:30.
func (c Clock) Minute(ms int64) string { return c.at(ms).Format("2006-01-02 15:04") }

// Exact is a moment to the millisecond in RFC 3339, for programs and for commands to repeat.
func (c Clock) Exact(ms int64) string { return c.at(ms).Format("2006-01-02T15:04:05.000Z07:00") }

// ZoneName is the short name of the zone now, such as CET.
func (c Clock) ZoneName() string { return c.Now().In(c.Zone).Format("MST") }

func (c Clock) at(ms int64) time.Time { return time.UnixMilli(ms).In(c.Zone) }

// Span is a length of time for people: 850 ms, 3.2 s, 45 s, 2 min 5 s, 1 h 3 min, 2 d 4 h.
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second && d%time.Second >= 50*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return pair(d, time.Minute, "min", time.Second, "s")
	case d < 24*time.Hour:
		return pair(d, time.Hour, "h", time.Minute, "min")
	}
	return pair(d, 24*time.Hour, "d", time.Hour, "h")
}

func pair(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	if rest := d % big / small; rest > 0 {
		return fmt.Sprintf("%d %s %d %s", d/big, bigName, rest, smallName)
	}
	return fmt.Sprintf("%d %s", d/big, bigName)
}

// Millis is Span of a number of milliseconds.
func Millis(ms int64) string { return Span(time.Duration(ms) * time.Millisecond) }
