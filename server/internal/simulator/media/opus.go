package media

import (
	"encoding/binary"
	"strings"
)

// Parts of an Ogg page.
const (
	pageHead     = 27 // bytes before the lengths of its segments
	pageFlags    = 5
	pageNumber   = 18
	pageChecksum = 22
	pageCount    = 26
	continued    = 1 // the flag of a page that begins inside a packet
)

// Opus returns two seconds of sound with texts as its comments.
func Opus(texts []Text) []byte {
	vendor := "simulated"
	tags := binary.LittleEndian.AppendUint32([]byte("OpusTags"), uint32(len(vendor)))
	tags = append(tags, vendor...)
	tags = binary.LittleEndian.AppendUint32(tags, uint32(len(texts)))
	for _, text := range texts {
		comment := strings.ToUpper(text.Keyword) + "=" + text.Value
		tags = binary.LittleEndian.AppendUint32(tags, uint32(len(comment)))
		tags = append(tags, comment...)
	}
	var out []byte
	number := uint32(0)
	add := func(page []byte) {
		binary.LittleEndian.PutUint32(page[pageNumber:], number)
		binary.LittleEndian.PutUint32(page[pageChecksum:], 0)
		binary.LittleEndian.PutUint32(page[pageChecksum:], oggChecksum(page))
		out = append(out, page...)
		number++
	}
	for i, rest := 0, toneOpus; len(rest) > 0; i++ {
		length := pageHead + int(rest[pageCount])
		for _, segment := range rest[pageHead:length] {
			length += int(segment)
		}
		page := append([]byte{}, rest[:length]...)
		rest = rest[length:]
		if i == 1 { // the comments are the second packet and start a page
			for _, page := range packetPages(page[:pageHead], tags) {
				add(page)
			}
			continue
		}
		add(page)
	}
	return out
}

// packetPages spreads a packet over pages with the given head.
func packetPages(head, packet []byte) (pages [][]byte) {
	const segment, segments = 255, 255
	for first := true; ; first = false {
		page := append([]byte{}, head...)
		page[pageFlags] = 0
		if !first {
			page[pageFlags] = continued
		}
		part := packet[:min(len(packet), segment*segments)]
		packet = packet[len(part):]
		count := len(part) / segment
		lengths := []byte(strings.Repeat("\xff", count))
		last := count < segments // a packet ends with a segment that is not full
		if last {
			lengths = append(lengths, byte(len(part)%segment))
		}
		page[pageCount] = byte(len(lengths))
		pages = append(pages, append(append(page, lengths...), part...))
		if last {
			return pages
		}
	}
}

func oggChecksum(page []byte) (crc uint32) {
	for _, b := range page {
		crc ^= uint32(b) << 24
		for range 8 {
			if crc>>31 != 0 {
				crc = crc<<1 ^ 0x04c11db7
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
