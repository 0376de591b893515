package main

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// levels are those that a log may have, from the least important line to the most important one.
var levels = []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}

var levelNames = []string{"debug", "info", "warn", "error"}

// logLevel is a log's level as an option of a command.
type logLevel slog.Level

// String returns the level's name.
func (l *logLevel) String() string { return strings.ToLower(slog.Level(*l).String()) }

// Set takes a level by its name.
func (l *logLevel) Set(name string) error {
	i := slices.Index(levelNames, strings.ToLower(name))
	if i < 0 {
		return fmt.Errorf("there is no such level: use one of %s", strings.Join(levelNames, ", "))
	}
	*l = logLevel(levels[i])
	return nil
}

// Type is the kind of value that help shows.
func (l *logLevel) Type() string { return "level" }
