package media

import (
	"encoding/binary"
	"slices"
	"strings"
)

// block is the number of samples in a FLAC frame.
const block = 4096

// FLAC encodes one channel of sound. Its texts are Vorbis comments.
func FLAC(samples []int16, texts []Text) []byte {
	info := binary.BigEndian.AppendUint16(nil, block)
	info = binary.BigEndian.AppendUint16(info, block)
	info = append(info, make([]byte, 6)...) // sizes of frames: unknown
	const bits = 16
	info = binary.BigEndian.AppendUint64(info, Rate<<44|(bits-1)<<36|uint64(len(samples)))
	info = append(info, make([]byte, 16)...) // no checksum of the sound

	vendor := "simulated"
	comments := binary.LittleEndian.AppendUint32(nil, uint32(len(vendor)))
	comments = append(comments, vendor...)
	comments = binary.LittleEndian.AppendUint32(comments, uint32(len(texts)))
	for _, text := range texts {
		comment := strings.ToUpper(text.Keyword) + "=" + text.Value
		comments = binary.LittleEndian.AppendUint32(comments, uint32(len(comment)))
		comments = append(comments, comment...)
	}
	const streamInfo, vorbisComment, last = 0, 4, 0x80
	out := slices.Concat([]byte("fLaC"), flacBlock(streamInfo, info), flacBlock(vorbisComment|last, comments))
	number := 0
	for part := range slices.Chunk(samples, block) {
		out = append(out, flacFrame(number, part)...)
		number++
	}
	return out
}

func flacBlock(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// flacFrame codes samples by what differs from a straight line through the two before (a fixed predictor of order two).
func flacFrame(number int, samples []int16) []byte {
	w := &bitWriter{}
	w.write(0x3ffe<<2, 16)  // the mark of a frame, and that all have one length
	w.write(0b0111_1001, 8) // the length follows in 16 bits; 44.1 kHz
	w.write(0b0000_1000, 8) // one channel, 16 bits
	w.bytes = append(w.bytes, string(rune(number))...)
	w.write(uint64(len(samples)-1), 16)
	w.bytes = append(w.bytes, crc8(w.bytes))
	if len(samples) < 3 {
		w.write(0b0000_0010, 8) // as they are
		for _, sample := range samples {
			w.write(uint64(uint16(sample)), 16)
		}
		return w.close()
	}
	w.write(0b0001_0100, 8)
	for _, sample := range samples[:2] {
		w.write(uint64(uint16(sample)), 16)
	}
	folded := make([]uint64, 0, len(samples)-2)
	sum := uint64(0)
	for i := 2; i < len(samples); i++ {
		residual := int64(samples[i]) - 2*int64(samples[i-1]) + int64(samples[i-2])
		value := uint64(residual<<1 ^ residual>>63)
		folded = append(folded, value)
		sum += value
	}
	shift := 0
	for shift < 14 && uint64(len(folded))<<(shift+1) < sum {
		shift++
	}
	w.write(0, 6) // four bits for the parameter, one partition
	w.write(uint64(shift), 4)
	for _, value := range folded {
		for range value >> shift {
			w.write(0, 1)
		}
		w.write(1, 1)
		w.write(value&(1<<shift-1), shift)
	}
	return w.close()
}

type bitWriter struct {
	bytes []byte
	open  uint64 // bits that do not fill a byte yet
	count int
}

func (w *bitWriter) write(value uint64, bits int) {
	for i := bits - 1; i >= 0; i-- {
		w.open = w.open<<1 | value>>i&1
		if w.count++; w.count == 8 {
			w.bytes = append(w.bytes, byte(w.open))
			w.open, w.count = 0, 0
		}
	}
}

// close fills the last byte and adds the frame's checksum.
func (w *bitWriter) close() []byte {
	if w.count > 0 {
		w.write(0, 8-w.count)
	}
	return binary.BigEndian.AppendUint16(w.bytes, crc16(w.bytes))
}

func crc8(data []byte) (crc byte) {
	for _, b := range data {
		crc ^= b
		for range 8 {
			if crc&0x80 != 0 {
				crc = crc<<1 ^ 0x07
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

func crc16(data []byte) (crc uint16) {
	for _, b := range data {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x8005
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
