// Package judge looks at what a run has left and says whether people can use it: that there is something, that no file is empty,
// and that not all pictures are of one color. What it cannot look into it takes for good.
package judge

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif" // formats that results come in
	_ "image/jpeg"
	_ "image/png"
	"iter"
	"strings"

	_ "golang.org/x/image/webp"
)

// maxPixels bounds the pictures that are looked at: 200 MB, when they have 16 bits to a color.
const maxPixels = 25_000_000

// File is one that a run wrote.
type File struct {
	Name string
	Data []byte // as far as it was read
	Size int64
}

// Results says what is wrong with what a run has left, in words for people; nothing when it can be used. writers names the nodes
// that should have written something. Something that can be used is enough: of the files behind it none is asked for.
func Results(files iter.Seq[File], texts []string, writers []string) (problem string) {
	var wrong []string
	for f := range files {
		problem := Content(f)
		if problem == "" {
			return ""
		}
		wrong = append(wrong, fmt.Sprintf("%s %s", f.Name, problem))
	}
	for _, text := range texts {
		if strings.TrimSpace(text) != "" {
			return ""
		}
		wrong = append(wrong, "the text that it wrote is empty")
	}
	if len(wrong) > 0 {
		return wrong[0]
	}
	nodes := "no node of it keeps anything: add one such as SaveImage"
	if len(writers) > 0 {
		nodes = strings.Join(writers, ", ") + " kept nothing: see whether it gets something to write, and whether it is to keep it"
	}
	return "it wrote nothing: " + nodes
}

// Content says what is wrong with one file; nothing when it can be used.
func Content(f File) (problem string) {
	if f.Size == 0 {
		return "is an empty file"
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(f.Data))
	if err != nil || config.Width <= 0 || config.Height <= 0 || int64(config.Width)*int64(config.Height) > maxPixels {
		return "" // no picture, or one that is not looked at
	}
	picture, _, err := image.Decode(bytes.NewReader(f.Data))
	if err != nil {
		return "" // an animation, say
	}
	return Picture(picture)
}

// tolerance bounds the differences that compression makes in one color, of 65535.
const tolerance = 3 * 257

// Picture says what is wrong with a picture; nothing when it shows something.
func Picture(p image.Image) (problem string) {
	bounds := p.Bounds()
	first, single := [4]uint32{}, true
	first[0], first[1], first[2], first[3] = p.At(bounds.Min.X, bounds.Min.Y).RGBA()
	lowest, highest := first, first
	for y := bounds.Min.Y; y < bounds.Max.Y && single; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			var c [4]uint32
			c[0], c[1], c[2], c[3] = p.At(x, y).RGBA()
			for i, v := range c {
				lowest[i], highest[i] = min(lowest[i], v), max(highest[i], v)
				single = single && highest[i]-lowest[i] <= tolerance
			}
			if !single {
				break
			}
		}
	}
	switch {
	case !single:
		return ""
	case highest[3] <= tolerance:
		return "is transparent all over"
	case max(highest[0], highest[1], highest[2]) <= tolerance:
		return "is black all over"
	}
	return "is of one color all over"
}
