package assets

import (
	"encoding/binary"
	"io"
	"math"
	"math/bits"
	"os"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Elements of Matroska.
const (
	mkvSegment  = 0x18538067
	mkvInfo     = 0x1549A966
	mkvScale    = 0x2AD7B1
	mkvDuration = 0x4489
	mkvTracks   = 0x1654AE6B
	mkvTrack    = 0xAE
	mkvVideo    = 0xE0
	mkvWidth    = 0xB0
	mkvHeight   = 0xBA
	mkvCluster  = 0x1F43B675
)

// lookMatroska reads the length and the size of the first track that has one, which stand before the content.
func lookMatroska(file *os.File, size int64, a *store.Asset) {
	r := io.NewSectionReader(file, 0, size)
	scale, length := 1e6, 0.0 // nanoseconds of a unit; units
	inside := map[uint64]bool{mkvSegment: true, mkvInfo: true, mkvTracks: true, mkvTrack: true, mkvVideo: true}
	for range maxSteps {
		id, n, ok := element(r)
		if !ok || id == mkvCluster {
			break
		}
		switch {
		case inside[id]: // goes on with what is in it
		case id == mkvScale:
			scale = float64(unsigned(r, n))
		case id == mkvDuration:
			length = float(r, n)
		case id == mkvWidth && a.Width == 0:
			a.Width = int(min(unsigned(r, n), math.MaxInt32))
		case id == mkvHeight && a.Height == 0:
			a.Height = int(min(unsigned(r, n), math.MaxInt32))
		default:
			if n < 0 || n > size {
				n = size
			}
			if _, err := r.Seek(n, io.SeekCurrent); err != nil {
				return
			}
		}
	}
	a.Duration = milliseconds(length*scale, 1e9)
}

// element reads the head of an element: its id and the bytes of its content, -1 when they are not known.
func element(r io.Reader) (id uint64, n int64, ok bool) {
	id, _, ok = variable(r, 4, true)
	if !ok {
		return 0, 0, false
	}
	length, all, ok := variable(r, 8, false)
	if all {
		return id, -1, ok
	}
	return id, int64(length), ok
}

// variable reads a number whose first bits tell its length. all: each of its bits is set.
func variable(r io.Reader, most int, marked bool) (value uint64, all, ok bool) {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:1]); err != nil {
		return 0, false, false
	}
	length := bits.LeadingZeros8(b[0]) + 1
	if length > most {
		return 0, false, false
	}
	if _, err := io.ReadFull(r, b[1:length]); err != nil {
		return 0, false, false
	}
	if !marked {
		b[0] &= 1<<(8-length) - 1
	}
	value = binary.BigEndian.Uint64(b[:]) >> (8 * (8 - length))
	return value, value == 1<<(7*length)-1, true
}

func content(r io.Reader, n int64) (b []byte) {
	if n < 0 || n > 8 {
		return nil
	}
	b = make([]byte, 8)
	if _, err := io.ReadFull(r, b[8-n:]); err != nil {
		return nil
	}
	return b
}

func unsigned(r io.Reader, n int64) uint64 {
	if b := content(r, n); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func float(r io.Reader, n int64) float64 {
	b := content(r, n)
	switch {
	case b != nil && n == 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b[4:])))
	case b != nil && n == 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	return 0
}
