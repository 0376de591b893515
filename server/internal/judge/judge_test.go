package judge_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/judge"
)

func plain(width, height int, c color.Color) *image.NRGBA64 {
	p := image.NewNRGBA64(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p.Set(x, y, c)
		}
	}
	return p
}

// dotted has one pixel of another color.
func dotted(c, dot color.Color) image.Image {
	p := plain(64, 48, c)
	p.Set(40, 30, dot)
	return p
}

func TestPictures(t *testing.T) {
	gray := color.Gray{Y: 128}
	palette := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black, color.White})
	for name, c := range map[string]struct {
		picture image.Image
		want    string
	}{
		"black":               {plain(64, 48, color.Black), "is black all over"},
		"nearly black":        {dotted(color.Black, color.Gray{Y: 2}), "is black all over"},
		"white":               {plain(64, 48, color.White), "is of one color all over"},
		"gray":                {plain(1, 1, gray), "is of one color all over"},
		"transparent":         {plain(64, 48, color.NRGBA{R: 200, A: 0}), "is transparent all over"},
		"a dot on black":      {dotted(color.Black, gray), ""},
		"a dot on white":      {dotted(color.White, color.Gray{Y: 240}), ""},
		"a hole":              {dotted(color.Black, color.Transparent), ""},
		"a shadow":            {dotted(color.Transparent, color.NRGBA{A: 90}), ""},
		"black of a palette":  {palette, "is black all over"},
		"gray of 16 bits":     {image.NewGray16(image.Rect(0, 0, 9, 9)), "is black all over"},
		"a part of something": {dotted(color.Black, gray).(*image.NRGBA64).SubImage(image.Rect(39, 29, 42, 32)), ""},
	} {
		if got := judge.Picture(c.picture); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func encoded(t testing.TB, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var data bytes.Buffer
	if err := write(&data); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

func file(name string, data []byte) judge.File {
	return judge.File{Name: name, Data: data, Size: int64(len(data))}
}

func TestFilesOfAllKinds(t *testing.T) {
	black, white := plain(100, 60, color.Black), plain(9, 9, color.White)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty.png":  {nil, "is an empty file"},
		"black.png":  {encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, black) }), "is black all over"},
		"black.jpg":  {encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, black, nil) }), "is black all over"},
		"white.gif":  {encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, white, nil) }), "is of one color all over"},
		"broken.png": {[]byte("\x89PNG\r\n\x1a\n"), ""},
		"sound.flac": {[]byte("fLaC"), ""},
	} {
		if got := judge.Content(file(name, c.data)); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestSomethingThatCanBeUsedIsEnough(t *testing.T) {
	black := file("black.png", encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, plain(8, 8, color.Black)) }))
	fox := file("fox.png", encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, dotted(color.Black, color.White)) }))
	for _, c := range []struct {
		files   []judge.File
		texts   []string
		writers []string
		want    string
	}{
		{nil, nil, []string{"node 9 (SaveImage)"}, "it wrote nothing: node 9 (SaveImage) kept nothing"},
		{nil, nil, nil, "it wrote nothing: no node of it keeps anything"},
		{[]judge.File{black}, nil, nil, "black.png is black all over"},
		{[]judge.File{black, fox}, nil, nil, ""},
		{nil, []string{" \n"}, nil, "the text that it wrote is empty"},
		{nil, []string{"", "a fox"}, nil, ""},
		{[]judge.File{black}, []string{"a fox"}, nil, ""},
	} {
		if got := judge.Results(slices.Values(c.files), c.texts, c.writers); !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Noise of any strength that people could see is never taken for one color, wherever it is.
func TestWhatDiffersIsSeen(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		level := rapid.Uint8().Draw(r, "level")
		other := rapid.Uint8().Filter(func(o uint8) bool { return max(o, level)-min(o, level) > 3 }).Draw(r, "other")
		p := plain(20, 10, color.Gray{Y: level})
		p.Set(rapid.IntRange(0, 19).Draw(r, "x"), rapid.IntRange(0, 9).Draw(r, "y"), color.Gray{Y: other})
		if got := judge.Picture(p); got != "" {
			r.Fatal(got)
		}
	})
}
