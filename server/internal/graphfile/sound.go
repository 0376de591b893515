package graphfile

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// readFLAC reads the Vorbis comments among the blocks before the sound.
func readFLAC(s *source, found *texts) error {
	if err := s.skip(4); err != nil {
		return err
	}
	for {
		head, err := s.take32()
		if err != nil {
			return err
		}
		const comments = 4
		last, kind, length := head>>31 == 1, head>>24&0x7f, int64(head&0xffffff)
		if kind == comments {
			data, err := s.take(length)
			if err != nil {
				return err
			}
			return vorbisComments(data, found)
		}
		if err := s.skip(length); err != nil {
			return err
		}
		if last {
			return nil
		}
	}
}

// readOgg reads the second packet of the first stream: Opus' and Vorbis' comments.
func readOgg(s *source, found *texts) error {
	var packet []byte
	var stream uint32
	for packets, pages := 0, 0; ; pages++ {
		head, err := s.take(27)
		if err != nil {
			return err
		}
		if string(head[:4]) != "OggS" {
			return malformed("a page does not begin where it should")
		}
		serial := binary.LittleEndian.Uint32(head[14:])
		if pages == 0 {
			stream = serial
		}
		sizes, err := s.take(int64(head[26]))
		if err != nil {
			return err
		}
		for _, size := range sizes {
			part, err := s.take(int64(size))
			if err != nil {
				return err
			}
			if serial != stream {
				continue
			}
			if packets == 1 {
				if packet = append(packet, part...); len(packet) > MaxGraph {
					return tooLarge()
				}
			}
			if size == 255 {
				continue
			}
			if packets++; packets == 2 {
				packet = bytes.TrimPrefix(packet, []byte("OpusTags"))
				return vorbisComments(bytes.TrimPrefix(packet, []byte("\x03vorbis")), found)
			}
		}
	}
}

// vorbisComments reads the maker's name and the list of KEY=text that follows it.
func vorbisComments(data []byte, found *texts) error {
	early := malformed("its comments end too early")
	c := cursor{data}
	length, ok := c.uint32(binary.LittleEndian)
	if !ok {
		return early
	}
	if _, ok := c.take(uint64(length)); !ok {
		return early
	}
	count, ok := c.uint32(binary.LittleEndian)
	if !ok {
		return early
	}
	for range count {
		length, ok := c.uint32(binary.LittleEndian)
		if !ok {
			return early
		}
		comment, ok := c.take(uint64(length))
		if !ok {
			return early
		}
		if key, text, ok := bytes.Cut(comment, []byte("=")); ok {
			found.set(string(key), text)
		}
	}
	return nil
}

// readID3 reads the TXXX frames of an ID3 tag, versions 2.3 and 2.4, before the sound of an MP3.
func readID3(s *source, found *texts) error {
	head, err := s.take(10)
	if err != nil {
		return err
	}
	version, flags := head[3], head[5]
	data, err := s.take(int64(sevenBits(head[6:])))
	if err != nil {
		return err
	}
	const unsynchronised, extended = 0x80, 0x40
	if flags&unsynchronised != 0 && version < 4 {
		data = bytes.ReplaceAll(data, []byte{0xff, 0}, []byte{0xff})
	}
	c := cursor{data}
	if flags&extended != 0 {
		size, ok := c.take(4)
		if !ok {
			return malformed("its tag ends too early")
		}
		length := binary.BigEndian.Uint32(size)
		if version >= 4 {
			length = max(sevenBits(size), 4) - 4 // it counts itself
		}
		if _, ok := c.take(uint64(length)); !ok {
			return malformed("its tag ends too early")
		}
	}
	for !found.full() {
		head, ok := c.take(10)
		if !ok || head[0] == 0 { // padding
			return nil
		}
		length := binary.BigEndian.Uint32(head[4:])
		if version >= 4 {
			length = sevenBits(head[4:])
		}
		body, ok := c.take(uint64(length))
		if !ok {
			return malformed("its tag ends too early")
		}
		if string(head[:4]) == "TXXX" && len(body) > 0 {
			if key, text, ok := strings.Cut(id3Text(body[0], body[1:]), "\x00"); ok {
				found.set(key, []byte(strings.Trim(text, "\x00\ufeff")))
			}
		}
	}
	return nil
}

// sevenBits is a number of four bytes that leave their highest bit out.
func sevenBits(b []byte) uint32 {
	return uint32(b[0]&0x7f)<<21 | uint32(b[1]&0x7f)<<14 | uint32(b[2]&0x7f)<<7 | uint32(b[3]&0x7f)
}

func id3Text(encoding byte, b []byte) string {
	if encoding == 0 || encoding == 3 { // Latin-1 holds ASCII alone here; UTF-8
		return string(b)
	}
	var order binary.ByteOrder = binary.BigEndian
	if encoding == 1 && bytes.HasPrefix(b, []byte{0xff, 0xfe}) {
		order = binary.LittleEndian
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, order.Uint16(b[i:]))
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff")
}
