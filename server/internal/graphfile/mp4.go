package graphfile

import (
	"encoding/binary"
	"math"
)

// readMP4 walks through the boxes of an MP4 file to moov/udta/meta and moov/meta. Pictures and sound are skipped, wherever they stand.
func readMP4(s *source, found *texts) error {
	for !found.full() {
		if _, err := s.r.Peek(1); err != nil {
			return nil // the end, between two boxes
		}
		length, name, err := boxHead(s)
		if err != nil {
			return err
		}
		switch {
		case length < 0: // up to the end of the file
			return nil
		case name == "moov":
			data, err := s.take(length)
			if err != nil {
				return err
			}
			metaBoxes(data, found, 0)
		default:
			if err := s.skip(length); err != nil {
				return err
			}
		}
	}
	return nil
}

// boxHead reads the head of a box and returns how many bytes follow, -1 for all.
func boxHead(s *source) (length int64, name string, err error) {
	head, err := s.take(8)
	if err != nil {
		return 0, "", err
	}
	size := uint64(binary.BigEndian.Uint32(head))
	name = string(head[4:])
	read := uint64(8)
	switch size {
	case 0:
		return -1, name, nil
	case 1:
		long, err := s.take(8)
		if err != nil {
			return 0, "", err
		}
		size, read = binary.BigEndian.Uint64(long), 16
	}
	if size < read || size > math.MaxInt64 {
		return 0, "", malformed("a box has a length that cannot be")
	}
	return int64(size - read), name, nil
}

// metaBoxes looks for keys and their values in the boxes of data. What it cannot read it leaves alone.
func metaBoxes(data []byte, found *texts, depth int) {
	const deepest = 6
	var keys []string
	for c := (cursor{data}); depth < deepest; {
		body, name, ok := box(&c)
		if !ok {
			return
		}
		switch name {
		case "udta":
			metaBoxes(body, found, depth+1)
		case "meta":
			if len(body) > 8 && string(body[4:8]) != "hdlr" { // a box with version and flags
				body = body[4:]
			}
			metaBoxes(body, found, depth+1)
		case "keys":
			keys = metaKeys(body)
		case "ilst":
			metaValues(body, keys, found)
		}
	}
}

func box(c *cursor) (body []byte, name string, ok bool) {
	head, ok := c.take(8)
	if !ok {
		return nil, "", false
	}
	size := uint64(binary.BigEndian.Uint32(head))
	if size < 8 {
		return nil, "", false
	}
	body, ok = c.take(size - 8)
	return body, string(head[4:]), ok
}

func metaKeys(data []byte) (keys []string) {
	c := cursor{data}
	if _, ok := c.take(8); !ok {
		return nil
	}
	for {
		name, _, ok := box(&c)
		if !ok {
			return keys
		}
		keys = append(keys, string(name))
	}
}

func metaValues(data []byte, keys []string, found *texts) {
	c := cursor{data}
	for {
		item, name, ok := box(&c)
		if !ok {
			return
		}
		number := uint64(binary.BigEndian.Uint32([]byte(name)))
		inner := cursor{item}
		value, kind, ok := box(&inner)
		if ok && kind == "data" && len(value) >= 8 && number >= 1 && number <= uint64(len(keys)) {
			found.set(keys[number-1], value[8:])
		}
	}
}
