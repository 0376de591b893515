package when

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines that have no database of them, too
)

// Zone is the zone that the environment variable TZ names: tz is its value and set whether there is one. Without one it is
// that of the machine. A zone that is not known is an error, never some other zone.
func Zone(tz string, set bool) (*time.Location, error) {
	if !set {
		return time.Local, nil
	}
	name := strings.TrimPrefix(tz, ":")
	if filepath.IsAbs(name) {
		return zoneFile(name)
	}
	zone, err := time.LoadLocation(name) // UTC when it is empty, as everywhere
	switch {
	case err == nil && zone != time.Local:
		return zone, nil
	case rule.MatchString(name):
		return nil, fmt.Errorf("TZ: %q is a rule; only names of zones are read, such as Europe/Berlin, or Etc/GMT-3 for UTC+3", tz)
	}
	return nil, fmt.Errorf("TZ: there is no zone %q; zones have names such as Europe/Berlin or UTC", tz)
}

// rule is the beginning of a zone in the way of POSIX, such as CET-1CEST or <+03>-3.
var rule = regexp.MustCompile(`^([A-Za-z]{3,}|<[A-Za-z0-9+-]+>)[+-]?\d`)

// zoneFile is the zone that a file describes, by its name where it lies in, or leads to, a database of zones.
func zoneFile(path string) (*time.Location, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		if _, name, ok := strings.Cut(filepath.ToSlash(target), "/zoneinfo/"); ok {
			if zone, err := time.LoadLocation(name); err == nil {
				return zone, nil
			}
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("TZ: %w", err)
	}
	zone, err := time.LoadLocationFromTZData("Local", raw)
	if err != nil {
		return nil, fmt.Errorf("TZ: %s does not describe a zone", path)
	}
	return zone, nil
}
