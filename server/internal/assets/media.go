package assets

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// maxSteps bounds the parts of a file that are gone through, whatever it claims of itself.
const maxSteps = 4096

func headOf(file *os.File, size int64) []byte {
	head := make([]byte, min(size, headBytes))
	n, _ := io.ReadFull(io.NewSectionReader(file, 0, size), head)
	return head[:n]
}

func lookPNG(file *os.File, size int64, a *store.Asset) {
	lookPicture(file, size, a)
	a.Animated = bytes.Contains(headOf(file, size), []byte("acTL"))
}

func lookGIF(file *os.File, size int64, a *store.Asset) {
	lookPicture(file, size, a)
	a.Animated = bytes.Contains(headOf(file, size), []byte("NETSCAPE2.0"))
}

// lookWebP reads the extended header, where there is one: the decoder knows no animation.
func lookWebP(file *os.File, size int64, a *store.Asset) {
	head := headOf(file, size)
	const animation = 2
	if len(head) < 30 || string(head[12:16]) != "VP8X" {
		lookPicture(file, size, a)
		return
	}
	a.Animated = head[20]&animation != 0
	a.Width, a.Height = 1+uint24(head[24:]), 1+uint24(head[27:])
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// milliseconds is a length in units of which there are so many in a second; 0 for one that cannot be.
func milliseconds(units, perSecond float64) int64 {
	ms := units / perSecond * 1000
	if math.IsNaN(ms) || ms < 0 || ms > float64(math.MaxInt32)*1000 {
		return 0
	}
	return int64(math.Round(ms))
}

func lookWAV(file *os.File, size int64, a *store.Asset) {
	head := headOf(file, size)
	var rate uint32
	for at := int64(12); at+8 <= int64(len(head)); {
		id, length := string(head[at:at+4]), int64(binary.LittleEndian.Uint32(head[at+4:]))
		switch {
		case id == "fmt " && at+20 <= int64(len(head)):
			rate = binary.LittleEndian.Uint32(head[at+16:])
		case id == "data" && rate > 0:
			a.Duration = milliseconds(float64(min(length, size-at-8)), float64(rate))
			return
		}
		at += 8 + length + length%2
	}
}

func lookFLAC(file *os.File, size int64, a *store.Asset) {
	head := headOf(file, size)
	if len(head) < 26 || head[4]&0x7f != 0 {
		return
	}
	rate := binary.BigEndian.Uint32(head[18:]) >> 12
	samples := binary.BigEndian.Uint64(head[18:]) & (1<<36 - 1)
	a.Duration = milliseconds(float64(samples), float64(rate))
}

// lookOgg reads the place of the last page, which counts samples.
func lookOgg(file *os.File, size int64, a *store.Asset) {
	head := headOf(file, size)
	rate := 48_000.0
	if at := bytes.Index(head, []byte("\x01vorbis")); at >= 0 && at+16 <= len(head) {
		rate = float64(binary.LittleEndian.Uint32(head[at+12:]))
	}
	tail := make([]byte, min(size, headBytes))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return
	}
	if at := bytes.LastIndex(tail, []byte("OggS")); at >= 0 && at+14 <= len(tail) {
		a.Duration = milliseconds(float64(binary.LittleEndian.Uint64(tail[at+6:])), rate)
	}
}

// lookMP4 goes through the boxes for the length and the size of the first track that has one.
func lookMP4(file *os.File, size int64, a *store.Asset) {
	steps := 0
	boxes(file, 0, size, &steps, func(kind string, at, end int64) {
		if kind != "moov" {
			return
		}
		boxes(file, at, end, &steps, func(kind string, at, end int64) {
			switch kind {
			case "mvhd":
				lookMovie(file, at, a)
			case "trak":
				boxes(file, at, end, &steps, func(kind string, at, end int64) {
					if kind == "tkhd" && a.Width == 0 && end-at >= 84 {
						lookTrack(file, end, a)
					}
				})
			}
		})
	})
}

func lookMovie(file *os.File, at int64, a *store.Asset) {
	var b [32]byte
	if _, err := file.ReadAt(b[:], at); err != nil {
		return
	}
	if b[0] == 1 {
		a.Duration = milliseconds(float64(binary.BigEndian.Uint64(b[24:])), float64(binary.BigEndian.Uint32(b[20:])))
		return
	}
	a.Duration = milliseconds(float64(binary.BigEndian.Uint32(b[16:])), float64(binary.BigEndian.Uint32(b[12:])))
}

// lookTrack reads the size at the end of a track's header, in 16.16 fixed point.
func lookTrack(file *os.File, end int64, a *store.Asset) {
	var b [8]byte
	if _, err := file.ReadAt(b[:], end-8); err == nil {
		a.Width, a.Height = int(binary.BigEndian.Uint16(b[:])), int(binary.BigEndian.Uint16(b[4:]))
	}
}

// boxes calls back for each box between two places, with the places of its content.
func boxes(file *os.File, at, end int64, steps *int, each func(kind string, at, end int64)) {
	for at+8 <= end && *steps < maxSteps {
		*steps++
		var b [16]byte
		n, _ := file.ReadAt(b[:], at)
		length, head := int64(binary.BigEndian.Uint32(b[:])), int64(8)
		switch {
		case n < 8:
			return
		case length == 0:
			length = end - at
		case length == 1 && n == 16:
			large := binary.BigEndian.Uint64(b[8:])
			if large > math.MaxInt64 {
				return
			}
			length, head = int64(large), 16
		}
		if length < head || length > end-at {
			return
		}
		each(string(b[4:8]), at+head, at+length)
		at += length
	}
}

// isSafetensors is a length and JSON of that length.
func isSafetensors(head []byte, size int64) bool {
	if len(head) < 10 {
		return false
	}
	length := binary.LittleEndian.Uint64(head)
	if length < 2 || length > uint64(size-8) || head[8] != '{' {
		return false
	}
	return length > uint64(len(head)-8) || json.Valid(head[8:8+length])
}

// isSTL is a binary one, which has no mark: its size is told by its number of triangles.
func isSTL(head []byte, size int64) bool {
	const header, triangle = 84, 50
	return len(head) >= header && size == header+triangle*int64(binary.LittleEndian.Uint32(head[80:]))
}
