package graphfile_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
)

const (
	promptText   = `{"1":{"class_type":"PrimitiveString","inputs":{"value":"a boat"},"_meta":{"title":"Prompt"}}}`
	workflowText = `{"nodes":[{"id":1,"type":"PrimitiveString","widgets_values":["a boat"]}],"links":[],"version":0.4}`
)

// samples are the smallest files of each kind that carry both texts.
func samples() map[string][]byte {
	return map[string][]byte{
		"tEXt.png": pngFile(chunk("tEXt", "prompt\x00"+promptText), chunk("tEXt", "workflow\x00"+workflowText)),
		"zTXt.png": pngFile(chunk("zTXt", "prompt\x00\x00"+deflate(promptText)), chunk("zTXt", "workflow\x00\x00"+deflate(workflowText))),
		"iTXt.png": pngFile(chunk("iTXt", "prompt\x00\x00\x00en\x00\x00"+promptText),
			chunk("iTXt", "workflow\x00\x01\x00\x00\x00"+deflate(workflowText))),
		"apng.png":    pngFile(chunk("IDAT", "data"), chunk("comf", "prompt\x00"+promptText), chunk("comf", "workflow\x00"+workflowText)),
		"big.webp":    webpFile(binary.BigEndian),
		"little.webp": webpFile(binary.LittleEndian),
		"moov.mp4":    mp4File(),
		"tags.webm":   matroskaFile(false),
		"stream.webm": matroskaFile(true),
		"sound.flac":  flacFile(),
		"sound.opus":  oggFile(),
		"latin.mp3":   id3File(3, 0),
		"utf16.mp3":   id3File(4, 1),
		"latent":      tensorsFile(),
		"picture.exr": exrFile(),
	}
}

func chunk(name, data string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(b, name+data...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(name+data))))
}

func pngFile(chunks ...string) []byte {
	file := "\x89PNG\r\n\x1a\n" + chunk("IHDR", "\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00")
	for _, c := range chunks {
		file += c
	}
	return []byte(file + chunk("IEND", ""))
}

func deflate(text string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func webpFile(order binary.AppendByteOrder) []byte {
	exif := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		exif = []byte("MM\x00*")
	}
	values := []string{"workflow:" + workflowText + "\x00", "prompt:" + promptText + "\x00"}
	exif = order.AppendUint32(exif, 8)
	exif = order.AppendUint16(exif, 2)
	at := 8 + 2 + 2*12 + 4
	for i, tag := range []uint16{0x010f, 0x0110} {
		exif = order.AppendUint16(exif, tag)
		exif = order.AppendUint16(exif, 2)
		exif = order.AppendUint32(exif, uint32(len(values[i])))
		exif = order.AppendUint32(exif, uint32(at))
		at += len(values[i])
	}
	exif = append(exif, "\x00\x00\x00\x00"+values[0]+values[1]...)
	body := append([]byte("WEBPVP8L"), "\x03\x00\x00\x00abc\x00EXIF"...) // an odd length is filled up
	body = binary.LittleEndian.AppendUint32(body, uint32(len(exif)))
	body = append(body, exif...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func mp4Box(name, body string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8))) + name + body
}

func mp4File() []byte {
	keys := mp4Box("keys", "\x00\x00\x00\x00\x00\x00\x00\x02"+mp4Box("mdta", "prompt")+mp4Box("mdta", "workflow"))
	data := func(text string) string { return mp4Box("data", "\x00\x00\x00\x01\x00\x00\x00\x00"+text) }
	list := mp4Box("ilst", mp4Box("\x00\x00\x00\x01", data(promptText))+mp4Box("\x00\x00\x00\x02", data(workflowText)))
	meta := mp4Box("meta", "\x00\x00\x00\x00"+mp4Box("hdlr", "\x00\x00\x00\x00\x00\x00\x00\x00mdta")+keys+list)
	long := "\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x14film"
	return []byte(mp4Box("ftyp", "isom") + long + mp4Box("moov", mp4Box("mvhd", "")+mp4Box("udta", meta)))
}

func ebml(id, body string) string {
	return id + string(binary.BigEndian.AppendUint32(nil, 0x10000000|uint32(len(body)))) + body
}

func matroskaFile(stream bool) []byte {
	pair := func(name, text string) string { return ebml("\x67\xc8", ebml("\x45\xa3", name)+ebml("\x44\x87", text)) }
	tags := ebml("\x12\x54\xc3\x67", ebml("\x73\x73", ebml("\x63\xc0", "")+pair("PROMPT", promptText)+pair("WORKFLOW", workflowText)))
	head := ebml("\x1a\x45\xdf\xa3", ebml("\x42\x82", "webm"))
	if stream { // lengths are unknown while it is written
		return []byte(head + "\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + "\x1f\x43\xb6\x75\xff" + ebml("\xa3", "frame") + tags)
	}
	return []byte(head + ebml("\x18\x53\x80\x67", ebml("\x1f\x43\xb6\x75", ebml("\xa3", "frame"))+tags))
}

func vorbis() string {
	b := binary.LittleEndian.AppendUint32(nil, 4)
	b = binary.LittleEndian.AppendUint32(append(b, "Lavf"...), 2)
	for _, text := range []string{"prompt=" + promptText, "WORKFLOW=" + workflowText} {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(text))), text...)
	}
	return string(b)
}

func flacFile() []byte {
	comments := vorbis()
	file := "fLaC" + "\x00\x00\x00\x02ab" + string(binary.BigEndian.AppendUint32(nil, 0x84000000|uint32(len(comments)))) + comments
	return []byte(file + "sound")
}

func oggFile() []byte {
	page := func(sizes, body string) string {
		return "OggS" + string(make([]byte, 10)) + "\x07\x00\x00\x00" + string(make([]byte, 8)) + string([]byte{byte(len(sizes))}) + sizes + body
	}
	packet := "OpusTags" + vorbis()
	first := page("\x08", "OpusHead")
	pages := ""
	for len(packet) >= 255 {
		pages += page("\xff", packet[:255])
		packet = packet[255:]
	}
	return []byte(first + pages + page(string([]byte{byte(len(packet))}), packet))
}

func id3File(version, encoding byte) []byte {
	frame := func(key, text string) string {
		body := string([]byte{encoding}) + key + "\x00" + text
		if encoding == 1 {
			body = "\x01\xff\xfe"
			for _, c := range key + "\x00\ufeff" + text {
				body += string([]byte{byte(c), byte(c >> 8)})
			}
		}
		return "TXXX" + lengthOf(version, len(body)) + "\x00\x00" + body
	}
	frames := "TENC" + lengthOf(version, 1) + "\x00\x00\x00" + frame("prompt", promptText) + frame("workflow", workflowText)
	return []byte("ID3" + string([]byte{version, 0, 0}) + lengthOf(4, len(frames)) + frames + "\xff\xfbsound")
}

func lengthOf(version byte, n int) string {
	if version < 4 {
		return string(binary.BigEndian.AppendUint32(nil, uint32(n)))
	}
	return string([]byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)})
}

func tensorsFile() []byte {
	quoted := func(text string) string { return string(quote(text)) }
	head := `{"__metadata__":{"prompt":` + quoted(promptText) + `,"workflow":` + quoted(workflowText) + `}}`
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
}

func exrFile() []byte {
	attribute := func(name, kind, value string) string {
		return name + "\x00" + kind + "\x00" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(value)))) + value
	}
	return []byte("\x76\x2f\x31\x01\x02\x00\x00\x00" + attribute("lineOrder", "lineOrder", "\x00") +
		attribute("prompt", "string", promptText) + attribute("workflow", "string", workflowText) + "\x00")
}
