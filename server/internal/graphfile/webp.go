package graphfile

import (
	"bytes"
	"encoding/binary"
)

// readWebP looks for the EXIF chunk of a WebP picture.
func readWebP(s *source, found *texts) error {
	head, err := s.take(12)
	if err != nil {
		return err
	}
	end := int64(binary.LittleEndian.Uint32(head[4:])) + 8
	for s.at+8 <= end {
		head, err := s.take(8)
		if err != nil {
			return err
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		if string(head[:4]) == "EXIF" {
			data, err := s.take(length)
			if err != nil {
				return err
			}
			return readEXIF(data, found)
		}
		if err := s.skip(length + length&1); err != nil {
			return err
		}
	}
	return nil
}

// readEXIF reads the first directory of EXIF data. ComfyUI writes "prompt:{...}" and "workflow:{...}" as texts into tags
// of cameras.
func readEXIF(data []byte, found *texts) error {
	data = bytes.TrimPrefix(data, []byte("Exif\x00\x00"))
	if len(data) < 8 {
		return malformed("its EXIF data ends too early")
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(data[:2]) == "MM" {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(data[4:]))
	if at+2 > uint64(len(data)) {
		return malformed("its EXIF data points beyond its end")
	}
	c := cursor{data[at:]}
	head, _ := c.take(2)
	for range order.Uint16(head) {
		entry, ok := c.take(12)
		if !ok {
			return malformed("its EXIF data ends too early")
		}
		const text = 2
		length, offset := uint64(order.Uint32(entry[4:])), uint64(order.Uint32(entry[8:]))
		if order.Uint16(entry[2:]) != text || length <= 4 {
			continue
		}
		if offset+length > uint64(len(data)) {
			return malformed("its EXIF data points beyond its end")
		}
		value := bytes.TrimRight(data[offset:offset+length], "\x00")
		if key, rest, ok := bytes.Cut(value, []byte(":")); ok {
			found.set(string(bytes.TrimSpace(key)), rest)
		}
	}
	return nil
}
