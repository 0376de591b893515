package process

import (
	"io"
	"os"
	"strings"
)

// Follower reads a log while it is being written.
type Follower struct {
	File   string
	offset int64 // of what has not been read
	begun  bool
}

// Next gives the lines that were written since the last call, as Tail does; at first those at the end of the log. A line that
// is not at its end yet comes next time. A log that was begun anew is read from its start.
func (f *Follower) Next() []string {
	file, err := os.Open(f.File)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	switch {
	case err != nil || f.begun && info.Size() == f.offset:
		return nil
	case f.begun && info.Size() < f.offset:
		f.offset = 0
	}
	f.offset, f.begun = max(f.offset, info.Size()-maxTail), true
	data, err := io.ReadAll(io.NewSectionReader(file, f.offset, info.Size()-f.offset))
	if err != nil {
		return nil
	}
	whole := data[:strings.LastIndexByte(string(data), '\n')+1]
	f.offset += int64(len(whole))
	return linesOf(whole)
}
