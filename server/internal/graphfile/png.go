package graphfile

import (
	"bytes"
	"compress/zlib"
	"io"
)

// readPNG reads the text chunks of a PNG or APNG: tEXt, zTXt and iTXt, and the private chunk in which ComfyUI keeps its
// texts in animations.
func readPNG(s *source, found *texts) error {
	if err := s.skip(8); err != nil {
		return err
	}
	for !found.full() {
		length, err := s.take32()
		if err != nil {
			return err
		}
		if length > 1<<31-1 {
			return malformed("a chunk is longer than the format allows")
		}
		name, err := s.take(4)
		if err != nil {
			return err
		}
		switch string(name) {
		case "tEXt", "zTXt", "iTXt", "comf":
			data, err := s.take(int64(length))
			if err != nil {
				return err
			}
			if err := textChunk(string(name), data, found); err != nil {
				return err
			}
		case "IEND":
			return nil
		default:
			if err := s.skip(int64(length)); err != nil {
				return err
			}
		}
		if err := s.skip(4); err != nil { // the checksum
			return err
		}
	}
	return nil
}

func textChunk(name string, data []byte, found *texts) error {
	c := cursor{data}
	key, ok := c.until(0)
	if !ok || !wanted(string(key)) {
		return nil
	}
	switch name {
	case "zTXt":
		if method, ok := c.take(1); !ok || method[0] != 0 {
			return nil
		}
		return inflate(c.b, string(key), found)
	case "iTXt":
		head, ok := c.take(2)
		_, language := c.until(0)
		_, translated := c.until(0)
		if !ok || !language || !translated {
			return malformed("a text chunk ends too early")
		}
		if head[0] == 1 {
			return inflate(c.b, string(key), found)
		}
	}
	found.set(string(key), c.b)
	return nil
}

// inflate unpacks a text, up to MaxGraph.
func inflate(packed []byte, key string, found *texts) error {
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return malformed("a compressed text cannot be unpacked")
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(io.LimitReader(r, MaxGraph+1))
	if len(text) > MaxGraph {
		return tooLarge()
	}
	if err != nil {
		return malformed("a compressed text cannot be unpacked")
	}
	found.set(key, text)
	return nil
}
