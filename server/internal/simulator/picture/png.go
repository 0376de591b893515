package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"slices"
)

// Text is a keyword and its value, kept in a PNG's tEXt chunk. Both must be ASCII.
type Text struct{ Keyword, Value string }

// EncodePNG encodes fast rather than small, with the texts ahead of the pixels.
func EncodePNG(picture image.Image, texts []Text) ([]byte, error) {
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&out, picture); err != nil {
		return nil, err
	}
	var chunks []byte
	for _, text := range texts {
		chunks = append(chunks, textChunk(text)...)
	}
	const header = 8 + 25 // the signature and the IHDR chunk
	return slices.Insert(out.Bytes(), header, chunks...), nil
}

func textChunk(text Text) []byte {
	body := slices.Concat([]byte("tEXt"), []byte(text.Keyword), []byte{0}, []byte(text.Value))
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	chunk = append(chunk, body...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(body))
}
