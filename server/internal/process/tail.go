package process

import (
	"io"
	"os"
	"regexp"
	"strings"
)

// maxTail bounds the part of a log that is read, from its end, in bytes.
const maxTail = 256 << 10

// colour matches the escape sequences of terminals.
var colour = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// Tail reads the last lines of a log, oldest first and without colours; none when there is no log. A progress bar,
// which overwrites its line, counts once, as last written.
func Tail(file string, lines int) []string {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() > maxTail {
		if _, err := f.Seek(-maxTail, io.SeekEnd); err != nil {
			return nil
		}
	}
	data, err := io.ReadAll(io.LimitReader(f, 2*maxTail))
	if err != nil {
		return nil
	}
	found := linesOf(data)
	return found[max(0, len(found)-lines):]
}

// linesOf are the lines of a piece of a log that say something.
func linesOf(data []byte) (found []string) {
	for line := range strings.Lines(strings.ToValidUTF8(string(data), "")) {
		line = strings.TrimRight(line, "\r\n")
		line = colour.ReplaceAllLiteralString(line[strings.LastIndexByte(line, '\r')+1:], "")
		if strings.TrimSpace(line) != "" {
			found = append(found, line)
		}
	}
	return found
}
