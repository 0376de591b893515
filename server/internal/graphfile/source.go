package graphfile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
)

// malformed says what is wrong with a container.
type malformed string

func (m malformed) Error() string { return string(m) }

// source is a file that is read once from front to back.
type source struct {
	r    *bufio.Reader
	at   int64
	left int64
}

func (s *source) spend(n int64) error {
	if n < 0 || n > s.left {
		return graph.Problems{{
			What: fmt.Sprintf("the file is larger than %d GiB", MaxMedia>>30),
			Help: "bring the workflow's JSON file instead",
		}}
	}
	s.left -= n
	s.at += n
	return nil
}

// skip passes n bytes over.
func (s *source) skip(n int64) error {
	if err := s.spend(n); err != nil {
		return err
	}
	skipped, err := io.CopyN(io.Discard, s.r, n)
	if err == io.EOF && skipped < n {
		return io.ErrUnexpectedEOF
	}
	return err
}

// take returns the next n bytes. Memory grows with what is really there, not with what a header claims.
func (s *source) take(n int64) ([]byte, error) {
	if n > MaxGraph {
		return nil, tooLarge()
	}
	if err := s.spend(n); err != nil {
		return nil, err
	}
	if n <= 1<<16 {
		data := make([]byte, n)
		_, err := io.ReadFull(s.r, data)
		return data, err
	}
	data, err := io.ReadAll(io.LimitReader(s.r, n))
	if err == nil && int64(len(data)) < n {
		err = io.ErrUnexpectedEOF
	}
	return data, err
}

func tooLarge() error {
	return graph.Problems{{
		What: fmt.Sprintf("the graph is larger than %d MiB", MaxGraph>>20),
		Help: "pictures pasted into a workflow make it large: take them out in ComfyUI and save it again",
	}}
}

// take32 returns a number of four bytes, the most significant first.
func (s *source) take32() (uint32, error) {
	b, err := s.take(4)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(b), nil
}

// cursor walks through bytes in memory.
type cursor struct {
	b []byte
}

// take returns the next n bytes; ok is false when there are fewer.
func (c *cursor) take(n uint64) (b []byte, ok bool) {
	if n > uint64(len(c.b)) {
		return nil, false
	}
	b, c.b = c.b[:n], c.b[n:]
	return b, true
}

func (c *cursor) uint32(order binary.ByteOrder) (uint32, bool) {
	b, ok := c.take(4)
	if !ok {
		return 0, false
	}
	return order.Uint32(b), true
}

// until returns the bytes before the next mark, and passes the mark.
func (c *cursor) until(mark byte) (b []byte, ok bool) {
	for i, x := range c.b {
		if x == mark {
			b, c.b = c.b[:i], c.b[i+1:]
			return b, true
		}
	}
	return nil, false
}
