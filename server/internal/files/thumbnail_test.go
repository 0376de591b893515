package files_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
)

func TestThumbnails(t *testing.T) {
	folder, handler := gallery(t)
	for query, want := range map[string]int{"": 320, "?w=100": 160, "?w=9999": 640, "?w=x": 320} {
		answer := get(handler, "/thumbnails/a.png"+query)
		picture, err := jpeg.Decode(answer.Body)
		if err != nil || picture.Bounds().Dx() != want || picture.Bounds().Dy() != want/2 {
			t.Errorf("%q: %v (%v)", query, picture, err)
		}
	}
	before := get(handler, "/thumbnails/a.png").Header().Get("ETag")
	white := image.NewUniform(color.White)
	var encoded bytes.Buffer
	small := image.NewRGBA(image.Rect(0, 0, 10, 10))
	for x := range 10 {
		for y := range 10 {
			small.Set(x, y, white.C)
		}
	}
	if err := png.Encode(&encoded, small); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "a.png"), encoded.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	after := get(handler, "/thumbnails/a.png")
	if picture, err := jpeg.Decode(after.Body); err != nil || picture.Bounds().Dx() != 10 || after.Header().Get("ETag") == before {
		t.Errorf("of a changed picture: %v (%v)", picture, err)
	}
	for _, name := range []string{"page.html", "broken.png"} {
		if answer := get(handler, "/thumbnails/"+name); answer.Code != http.StatusUnsupportedMediaType ||
			answer.Header().Get("ETag") != "" {
			t.Errorf("%s: %d", name, answer.Code)
		}
	}
}

// deepPNG is a picture of 16 bits to a color, all black.
func deepPNG(t *testing.T, width, height int) []byte { return cutPNG(t, width, height, height) }

// cutPNG is one of which only some rows are there.
func cutPNG(t *testing.T, width, height, rows int) []byte {
	t.Helper()
	var out bytes.Buffer
	out.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		body := append([]byte(kind), data...)
		_ = binary.Write(&out, binary.BigEndian, uint32(len(data)))
		out.Write(body)
		_ = binary.Write(&out, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))
	chunk("IHDR", append(header, 16, 6, 0, 0, 0))
	var packed bytes.Buffer
	packer := zlib.NewWriter(&packed)
	row := make([]byte, 1+8*width)
	for range rows {
		if _, err := packer.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out.Bytes()
}

// shelf is a source in memory that counts how often each file was read.
type shelf struct {
	mu    sync.Mutex
	files map[string][]byte
	tag   int
	reads map[string]*atomic.Int64 // bytes
	gate  func()                   // before each read, if set
}

func newShelf() *shelf { return &shelf{files: map[string][]byte{}, reads: map[string]*atomic.Int64{}} }

func (s *shelf) put(name string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tag++
	s.files[name] = data
	s.reads[name] = new(atomic.Int64)
}

func (s *shelf) Open(_ context.Context, name string) (*files.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	file := &book{Reader: bytes.NewReader(data), reads: s.reads[name], gate: s.gate}
	return &files.File{ReadSeekCloser: file, Tag: fmt.Sprint(s.tag), Size: int64(len(data))}, nil
}

type book struct {
	*bytes.Reader
	reads *atomic.Int64
	gate  func()
}

func (b *book) Read(p []byte) (int, error) {
	if b.gate != nil {
		b.gate()
	}
	n, err := b.Reader.Read(p)
	b.reads.Add(int64(n))
	return n, err
}

func (b *book) Close() error { return nil }

func thumbnailsOf(source files.Source, folder string, limit int64) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /thumbnails/{name...}", files.Thumbnails(source, folder, limit))
	return mux
}

// A picture that would take gigabytes is refused by its header, before anything of it is decoded, and says why.
func TestHugePictureIsNotDecoded(t *testing.T) {
	source := newShelf()
	huge := cutPNG(t, 10_000, 10_000, 100)
	source.put("huge.png", huge)
	handler := thumbnailsOf(source, t.TempDir(), 1<<20)
	for range 2 {
		answer := get(handler, "/thumbnails/huge.png")
		if answer.Code != http.StatusUnprocessableEntity ||
			!bytes.Contains(answer.Body.Bytes(), []byte("10000 × 10000 pixels: thumbnails are made of 25 million at most")) {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
	}
	if read := source.reads["huge.png"].Load(); read > 64<<10 {
		t.Errorf("%d of %d bytes were read", read, len(huge))
	}
}

// What is no picture is found out once, until it changes, as one does that is still being written.
func TestFailuresAreRemembered(t *testing.T) {
	source := newShelf()
	whole := deepPNG(t, 400, 300)
	source.put("a.png", whole[:len(whole)/2])
	handler := thumbnailsOf(source, t.TempDir(), 1<<20)
	if answer := get(handler, "/thumbnails/a.png"); answer.Code != http.StatusUnsupportedMediaType {
		t.Fatalf("half a picture: %d", answer.Code)
	}
	read := source.reads["a.png"].Load()
	for _, query := range []string{"", "?w=160", "?w=640"} {
		if answer := get(handler, "/thumbnails/a.png"+query); answer.Code != http.StatusUnsupportedMediaType {
			t.Errorf("%d", answer.Code)
		}
	}
	if again := source.reads["a.png"].Load(); again != read {
		t.Errorf("it was decoded again: %d bytes read, then %d", read, again)
	}
	source.put("a.png", whole)
	if answer := get(handler, "/thumbnails/a.png"); answer.Code != http.StatusOK {
		t.Errorf("the whole picture: %d", answer.Code)
	}
}

// A file that cannot be read now is no failure of the picture.
func TestUnreadableFileIsTriedAgain(t *testing.T) {
	source := &flaky{shelf: newShelf()}
	source.put("a.png", deepPNG(t, 40, 30))
	handler := thumbnailsOf(source, t.TempDir(), 1<<20)
	if answer := get(handler, "/thumbnails/a.png"); answer.Code != http.StatusBadGateway {
		t.Errorf("unreadable: %d", answer.Code)
	}
	source.well = true
	if answer := get(handler, "/thumbnails/a.png"); answer.Code != http.StatusOK {
		t.Errorf("readable again: %d", answer.Code)
	}
}

type flaky struct {
	*shelf
	well bool
}

func (f *flaky) Open(ctx context.Context, name string) (*files.File, error) {
	file, err := f.shelf.Open(ctx, name)
	if err == nil && !f.well {
		file.ReadSeekCloser = broken{file.ReadSeekCloser}
	}
	return file, err
}

type broken struct{ io.ReadSeekCloser }

func (broken) Read([]byte) (int, error) { return 0, errors.New("input/output error") }

// One picture is decoded at a time. Who waits does so no longer than the request lasts.
func TestOneDecodesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newShelf()
		var now atomic.Int64
		held := make(chan struct{})
		source.gate = func() { <-held }
		for i := range 4 {
			source.put(fmt.Sprintf("%d.png", i), deepPNG(t, 40, 30))
		}
		handler := thumbnailsOf(counting{source, &now}, t.TempDir(), 1<<20)
		var requests sync.WaitGroup
		for i := range 3 {
			requests.Go(func() {
				if answer := get(handler, fmt.Sprintf("/thumbnails/%d.png", i)); answer.Code != http.StatusOK {
					t.Errorf("%d: %d", i, answer.Code)
				}
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if answer := getContext(ctx, handler, "/thumbnails/3.png"); answer.Code == http.StatusOK || time.Since(began) != time.Second {
			t.Errorf("gave up: %d after %v", answer.Code, time.Since(began))
		}
		if open := now.Load(); open != 1 {
			t.Errorf("%d files are open while one is decoded", open)
		}
		close(held)
		requests.Wait()
	})
}

// counting counts the open files.
type counting struct {
	files.Source
	now *atomic.Int64
}

func (c counting) Open(ctx context.Context, name string) (*files.File, error) {
	file, err := c.Source.Open(ctx, name)
	if err == nil {
		c.now.Add(1)
		file.ReadSeekCloser = closing{file.ReadSeekCloser, func() { c.now.Add(-1) }}
	}
	return file, err
}

type closing struct {
	io.ReadSeekCloser
	closed func()
}

func (c closing) Close() error {
	c.closed()
	return c.ReadSeekCloser.Close()
}

// The folder keeps to its size. What is used stays.
func TestThumbnailsKeepToTheirSpace(t *testing.T) {
	const limit = 40 << 10
	folder := t.TempDir()
	source := newShelf()
	handler := thumbnailsOf(source, folder, limit)
	noise := func(seed int) []byte {
		picture := image.NewGray(image.Rect(0, 0, 100, 100))
		for i := range picture.Pix {
			picture.Pix[i] = byte(i * i * (seed + 3))
		}
		var encoded bytes.Buffer
		if err := png.Encode(&encoded, picture); err != nil {
			t.Fatal(err)
		}
		return encoded.Bytes()
	}
	for i := range 30 {
		source.files[fmt.Sprintf("%d.png", i)], source.reads[fmt.Sprintf("%d.png", i)] = noise(i), new(atomic.Int64)
	}
	favorite := func() int64 {
		if answer := get(handler, "/thumbnails/0.png"); answer.Code != http.StatusOK {
			t.Fatalf("%d", answer.Code)
		}
		return source.reads["0.png"].Load()
	}
	once := favorite()
	for i := range 30 {
		// Long ago, as far as the folder can tell.
		age(t, folder, time.Hour)
		favorite()
		if answer := get(handler, fmt.Sprintf("/thumbnails/%d.png", i)); answer.Code != http.StatusOK {
			t.Fatalf("%d: %d", i, answer.Code)
		}
		if size := sizeOf(t, folder); size > limit {
			t.Fatalf("after %d thumbnails: %d bytes", i, size)
		}
	}
	if size := sizeOf(t, folder); size < limit/2 {
		t.Errorf("only %d bytes are left", size)
	}
	if read := favorite(); read != once {
		t.Error("the one in use was forgotten")
	}
}

// age makes all files older.
func age(t *testing.T, folder string, by time.Duration) {
	t.Helper()
	each(t, folder, func(path string, info fs.FileInfo) {
		if err := os.Chtimes(path, info.ModTime().Add(-by), info.ModTime().Add(-by)); err != nil {
			t.Fatal(err)
		}
	})
}

func sizeOf(t *testing.T, folder string) (size int64) {
	t.Helper()
	each(t, folder, func(_ string, info fs.FileInfo) { size += info.Size() })
	return size
}

func each(t *testing.T, folder string, do func(path string, info fs.FileInfo)) {
	t.Helper()
	err := filepath.Walk(folder, func(path string, info fs.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			do(path, info)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
