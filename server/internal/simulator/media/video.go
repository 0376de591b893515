package media

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// MP4 returns the clip with texts beside it, in H.264.
func MP4(texts []Text) []byte {
	out := []byte{}
	for rest := clipMP4; len(rest) >= 8; {
		length := int(binary.BigEndian.Uint32(rest))
		if string(rest[4:8]) == "moov" { // the last box, so that what it points at stays where it is
			out = append(out, mp4Box("moov", slices.Concat(withoutUserData(rest[8:length]), mp4Box("udta", metadataBox(texts))))...)
		} else {
			out = append(out, rest[:length]...)
		}
		rest = rest[length:]
	}
	return out
}

func withoutUserData(boxes []byte) []byte {
	kept := []byte{}
	for len(boxes) >= 8 {
		length := int(binary.BigEndian.Uint32(boxes))
		if string(boxes[4:8]) != "udta" {
			kept = append(kept, boxes[:length]...)
		}
		boxes = boxes[length:]
	}
	return kept
}

func mp4Box(name string, body []byte) []byte {
	box := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return slices.Concat(box, []byte(name), body)
}

// metadataBox returns a QuickTime metadata box: a list of keys, and a value for each.
func metadataBox(texts []Text) []byte {
	const utf8 = 1
	handler := slices.Concat(make([]byte, 8), []byte("mdta"), make([]byte, 13))
	keys := binary.BigEndian.AppendUint32(make([]byte, 4), uint32(len(texts)))
	var items []byte
	for i, text := range texts {
		keys = append(keys, mp4Box("mdta", []byte(text.Keyword))...)
		value := mp4Box("data", slices.Concat([]byte{0, 0, 0, utf8, 0, 0, 0, 0}, []byte(text.Value)))
		items = append(items, mp4Box(string(binary.BigEndian.AppendUint32(nil, uint32(i+1))), value)...)
	}
	return mp4Box("meta", slices.Concat(make([]byte, 4), mp4Box("hdlr", handler), mp4Box("keys", keys), mp4Box("ilst", items)))
}

// WebM returns the clip with texts as tags, in VP9.
func WebM(texts []Text) []byte {
	segment := []byte{0x18, 0x53, 0x80, 0x67}
	var tags []byte
	for _, text := range texts {
		tags = append(tags, element([]byte{0x67, 0xc8}, slices.Concat(
			element([]byte{0x45, 0xa3}, bytes.ToUpper([]byte(text.Keyword))),
			element([]byte{0x44, 0x87}, []byte(text.Value)),
		))...)
	}
	targets := element([]byte{0x63, 0xc0}, nil)
	all := element([]byte{0x12, 0x54, 0xc3, 0x67}, element([]byte{0x73, 0x73}, slices.Concat(targets, tags)))
	start := bytes.Index(clipWebM, segment)
	body := clipWebM[start+len(segment)+8:] // its length takes eight bytes, and it is the last element
	pictures := bytes.Index(body, []byte{0x1f, 0x43, 0xb6, 0x75})
	return slices.Concat(clipWebM[:start], element(segment, slices.Concat(body[:pictures], all, body[pictures:])))
}

// element writes a Matroska element with a length of eight bytes.
func element(id, body []byte) []byte {
	length := binary.BigEndian.AppendUint64(nil, uint64(len(body))|1<<56)
	return slices.Concat(id, length, body)
}
