package media

import (
	"crypto/sha256"
	"math"
	"slices"
)

// Rate is the number of samples in a second of sound.
const Rate = 44100

// Melody plays a few soft notes, the same ones for the same words, for some seconds.
func Melody(words string, seconds float64) []int16 {
	const note = 0.4 // seconds
	scale := []float64{220, 246.94, 277.18, 329.63, 369.99, 440, 493.88, 554.37}
	dice := sha256.Sum256([]byte(words))
	samples := make([]int16, int(max(seconds, 0)*Rate))
	for i := range samples {
		t := float64(i) / Rate
		number := int(t / note)
		since := t - float64(number)*note
		pitch := scale[int(dice[number%len(dice)])%len(scale)]
		bass := scale[int(dice[number/4%len(dice)])%3] / 2
		loud := min(since/0.02, 1) * math.Exp(-4*since) * min((note-since)/0.02, 1)
		wave := 0.6*math.Sin(2*math.Pi*pitch*t) + 0.2*math.Sin(4*math.Pi*pitch*t)
		samples[i] = int16(9000 * (loud*wave + 0.35*math.Sin(2*math.Pi*bass*t)))
	}
	return samples
}

// MP3 repeats a second of sound. Its texts are in an ID3 tag in front.
func MP3(seconds float64, texts []Text) []byte {
	out := id3(texts)
	for range max(1, int(math.Round(seconds))) {
		out = append(out, toneMP3...)
	}
	return out
}

func id3(texts []Text) []byte {
	var frames []byte
	for _, text := range texts {
		const utf8 = 3
		body := slices.Concat([]byte{utf8}, []byte(text.Keyword), []byte{0}, []byte(text.Value), []byte{0})
		frames = slices.Concat(frames, []byte("TXXX"), sevenBits(len(body)), []byte{0, 0}, body)
	}
	return slices.Concat([]byte{'I', 'D', '3', 4, 0, 0}, sevenBits(len(frames)), frames)
}

func sevenBits(n int) []byte {
	return []byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}
}
