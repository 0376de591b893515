package graphfile

import "math/bits"

// Elements of Matroska that are entered or read.
const (
	segmentElement   = 0x18538067
	tagsElement      = 0x1254c367
	tagElement       = 0x7373
	simpleTagElement = 0x67c8
	tagName          = 0x45a3
	tagString        = 0x4487
	clusterElement   = 0x1f43b675
)

const unknownLength = -1

// readMatroska walks through the elements of a WebM or Matroska file to its tags.
func readMatroska(s *source, found *texts) error {
	for !found.full() {
		if _, err := s.r.Peek(1); err != nil {
			return nil // the end, between two elements
		}
		id, length, err := elementHead(s)
		if err != nil {
			return err
		}
		switch {
		case id == segmentElement, id == clusterElement && length == unknownLength:
			continue // what it holds follows
		case length == unknownLength:
			return malformed("an element has no length")
		case id == tagsElement:
			data, err := s.take(length)
			if err != nil {
				return err
			}
			tags(data, found, 0)
		default:
			if err := s.skip(length); err != nil {
				return err
			}
		}
	}
	return nil
}

func elementHead(s *source) (id uint64, length int64, err error) {
	id, _, err = variable(s, 4, false)
	if err != nil {
		return 0, 0, err
	}
	size, all, err := variable(s, 8, true)
	if err != nil {
		return 0, 0, err
	}
	if all {
		return id, unknownLength, nil
	}
	return id, int64(size), nil
}

// variable reads a number of variable length. all tells that all its bits are set, which means "unknown" for a length.
func variable(s *source, longest int, cut bool) (n uint64, all bool, err error) {
	first, err := s.take(1)
	if err != nil {
		return 0, false, err
	}
	more := bits.LeadingZeros8(first[0])
	if more >= longest {
		return 0, false, malformed("a number is longer than the format allows")
	}
	rest, err := s.take(int64(more))
	if err != nil {
		return 0, false, err
	}
	return number(first[0], rest, cut)
}

func number(first byte, rest []byte, cut bool) (n uint64, all bool, err error) {
	n = uint64(first)
	width := 7 * (len(rest) + 1)
	for _, b := range rest {
		n = n<<8 | uint64(b)
	}
	if cut {
		n &= 1<<width - 1
		all = n == 1<<width-1
	}
	return n, all, nil
}

// tags reads elements in memory: tags hold tags, which hold pairs of name and text. What it cannot read it leaves alone.
func tags(data []byte, found *texts, depth int) {
	const deepest = 6
	var name string
	for c := (cursor{data}); depth < deepest; {
		id, body, ok := element(&c)
		if !ok {
			return
		}
		switch id {
		case tagElement, simpleTagElement:
			tags(body, found, depth+1)
		case tagName:
			name = string(body)
		case tagString:
			found.set(name, body)
		}
	}
}

func element(c *cursor) (id uint64, body []byte, ok bool) {
	read := func(longest int, cut bool) (uint64, bool) {
		first, ok := c.take(1)
		if !ok {
			return 0, false
		}
		more := bits.LeadingZeros8(first[0])
		rest, ok := c.take(uint64(more))
		if !ok || more >= longest {
			return 0, false
		}
		n, _, _ := number(first[0], rest, cut)
		return n, true
	}
	id, ok = read(4, false)
	if !ok {
		return 0, nil, false
	}
	length, ok := read(8, true)
	if !ok {
		return 0, nil, false
	}
	body, ok = c.take(length)
	return id, body, ok
}
