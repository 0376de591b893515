// Package term is the program's standard streams: what is known of the terminal behind them, its colours, and how text that
// others wrote is made safe to print.
package term

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// fallbackWidth is the width of a terminal that does not tell.
const fallbackWidth = 80

// Streams is stdin, stdout and stderr. Whoever writes asks it whether a person is reading.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	inTTY, outTTY, errTTY bool
	color                 bool
	width                 func() int
}

// System is the streams of this process.
func System() *Streams {
	s := &Streams{
		In:     os.Stdin,
		Out:    os.Stdout,
		Err:    os.Stderr,
		inTTY:  isTerminal(os.Stdin),
		outTTY: isTerminal(os.Stdout),
		errTTY: isTerminal(os.Stderr),
		width:  systemWidth,
	}
	enableEscapes(os.Stdout)
	enableEscapes(os.Stderr)
	s.color = wantsColor(s.outTTY, os.Getenv)
	return s
}

// Test is streams in memory that are no terminal; SetTTY makes them one.
func Test() (s *Streams, in, out, errOut *bytes.Buffer) {
	in, out, errOut = new(bytes.Buffer), new(bytes.Buffer), new(bytes.Buffer)
	return &Streams{In: in, Out: out, Err: errOut, width: func() int { return fallbackWidth }}, in, out, errOut
}

// SetTTY makes the streams behave as a terminal of that many columns, or as pipes when width is 0.
func (s *Streams) SetTTY(width int, color bool) {
	tty := width > 0
	s.inTTY, s.outTTY, s.errTTY, s.color = tty, tty, tty, color
	if !tty {
		width = fallbackWidth
	}
	s.width = func() int { return width }
}

// IsStdinTTY reports whether stdin is a terminal.
func (s *Streams) IsStdinTTY() bool { return s.inTTY }

// IsStdoutTTY reports whether stdout is a terminal.
func (s *Streams) IsStdoutTTY() bool { return s.outTTY }

// IsStderrTTY reports whether stderr is a terminal.
func (s *Streams) IsStderrTTY() bool { return s.errTTY }

// Width is the terminal's width in columns as it is now.
func (s *Streams) Width() int { return s.width() }

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func systemWidth() int {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w > 0 {
		return w
	}
	return fallbackWidth
}

// Tell says to a person that something was done; programs have the exit code.
func (s *Streams) Tell(format string, args ...any) error {
	if !s.outTTY {
		return nil
	}
	_, err := fmt.Fprintf(s.Out, format+"\n", args...)
	return err
}
