package term

import (
	"bufio"
	"io"
)

// mark is the byte order mark in UTF-8.
const mark = "\uFEFF"

// Unmarked reads what comes after a byte order mark, or everything where there is none.
func Unmarked(r io.Reader) io.Reader {
	in := bufio.NewReader(r)
	if first, _ := in.Peek(len(mark)); string(first) == mark { // an error comes again with the next read
		_, _ = in.Discard(len(mark))
	}
	return in
}
