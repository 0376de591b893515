package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
	"github.com/comfyscheduler/comfyscheduler/server/internal/poster"
)

const (
	fetchesAtOnce = 32               // files that are being fetched
	fetchTimeout  = 30 * time.Second // for one of them to end
	headSize      = 512              // bytes that tell a file's type
)

// Fetch asks a remote ComfyUI for a file, or for the range of it that HTTP's header Range names. The status is 200, 206
// or 416; fs.ErrNotExist.
type Fetch func(ctx context.Context, name, byteRange string) (*http.Response, error)

// Remote are the results of a ComfyUI whose disk cannot be read. They are streamed: of a file no more than a buffer is
// ever held here, and no more is asked for than somebody wants to have.
type Remote struct {
	fetch   Fetch
	posters poster.Maker
	slots   chan struct{}
}

// NewRemote makes a source of what is fetched, and what makes posters of videos in it.
func NewRemote(fetch Fetch, posters poster.Maker) *Remote {
	return &Remote{fetch, posters, make(chan struct{}, fetchesAtOnce)}
}

// Open implements Source. It asks for the first bytes, which tell the type, the size and whether the file has changed.
func (r *Remote) Open(ctx context.Context, name string) (*File, error) {
	free, err := r.wait(ctx)
	if err != nil {
		return nil, err
	}
	f := &fetched{ctx: ctx, fetch: r.fetch, name: name, free: free}
	response, size, err := f.ask(0, headSize)
	if err == nil {
		f.tag, f.size = tagOf(response, size), size
		err = f.readHead(response)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	modified, _ := http.ParseTime(response.Header.Get("Last-Modified")) // zero where there is none
	own := outputs.TagIn(response.Header.Get("Etag"))
	found := &File{ReadSeekCloser: f, Tag: f.tag, Own: own, Size: size, Modified: modified}
	if r.posters.Makes(name) && size > 0 && size <= maxStill {
		found.Poster = func(ctx context.Context) ([]byte, error) { return r.still(ctx, f) }
	}
	return found, nil
}

// wait takes one of the slots, which free gives back.
func (r *Remote) wait(ctx context.Context) (free func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, fetchTimeout, errBusy)
	defer cancel()
	select {
	case r.slots <- struct{}{}:
		return sync.OnceFunc(func() { <-r.slots }), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// tagOf tells contents apart by what ComfyUI tells of them. Where it tells neither tag nor time nothing is known.
func tagOf(response *http.Response, size int64) string {
	etag, modified := response.Header.Get("Etag"), response.Header.Get("Last-Modified")
	if etag == "" && modified == "" {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d", etag, modified, size))
	return hex.EncodeToString(sum[:16])
}

// fetched reads a remote file. A jump forward or back asks for the file from there on.
type fetched struct {
	ctx   context.Context
	fetch Fetch
	name  string
	free  func()
	tag   string
	size  int64 // -1: not known
	head  []byte

	offset int64         // of the next byte to read
	body   io.ReadCloser // nil: none is open
	at     int64         // of the body's next byte
}

// readHead keeps the first bytes. The body of a file that came whole stays open behind them.
func (f *fetched) readHead(response *http.Response) error {
	f.body = response.Body
	head := make([]byte, headSize)
	n, err := io.ReadFull(f.body, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	f.head, f.at = head[:n], int64(n)
	if response.StatusCode != http.StatusOK {
		return f.drop()
	}
	return nil
}

// Read implements io.Reader.
func (f *fetched) Read(p []byte) (int, error) {
	if f.offset < int64(len(f.head)) {
		n := copy(p, f.head[f.offset:])
		f.offset += int64(n)
		return n, nil
	}
	if f.size >= 0 && f.offset >= f.size {
		return 0, io.EOF
	}
	if f.body == nil || f.at != f.offset {
		if err := f.reopen(); err != nil {
			return 0, err
		}
	}
	n, err := f.body.Read(p)
	f.at += int64(n)
	f.offset = f.at
	if errors.Is(err, io.EOF) && f.at < f.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// reopen makes the body begin at the offset.
func (f *fetched) reopen() error {
	if err := f.drop(); err != nil {
		return err
	}
	response, size, err := f.ask(f.offset, 0)
	if err != nil {
		return err
	}
	f.body, f.at = response.Body, f.offset
	if tagOf(response, size) != f.tag || size != f.size {
		return fmt.Errorf("%s has changed while it was read", f.name)
	}
	if response.StatusCode == http.StatusOK { // ranges are not known there: what lies before is passed over
		_, err = io.CopyN(io.Discard, f.body, f.offset)
	}
	return err
}

// ask opens the file from an offset on, to its end or for n bytes, and gives the size of the whole.
func (f *fetched) ask(offset, n int64) (*http.Response, int64, error) {
	byteRange := fmt.Sprintf("bytes=%d-", offset)
	if n > 0 {
		byteRange = fmt.Sprintf("bytes=%d-%d", offset, offset+n-1)
	}
	response, err := f.fetch(f.ctx, f.name, byteRange)
	if err != nil {
		return nil, 0, err
	}
	switch size, err := sizeOf(response, offset); {
	case err != nil:
		return nil, 0, errors.Join(err, response.Body.Close())
	case response.StatusCode == http.StatusRequestedRangeNotSatisfiable: // an empty file has no range
		_ = response.Body.Close() // it says why
		response.Body = http.NoBody
		return response, size, nil
	default:
		return response, size, nil
	}
}

// sizeOf reads the size of the whole file from an answer that begins at an offset; -1 where it is not told.
func sizeOf(response *http.Response, offset int64) (int64, error) {
	told := response.Header.Get("Content-Range")
	var first, last, size int64
	switch response.StatusCode {
	case http.StatusOK:
		return response.ContentLength, nil
	case http.StatusPartialContent:
		if _, err := fmt.Sscanf(told, "bytes %d-%d/%d", &first, &last, &size); err == nil && first == offset {
			return size, nil
		}
		if _, err := fmt.Sscanf(told, "bytes %d-%d/*", &first, &last); err == nil && first == offset {
			return -1, nil
		}
	default:
		if _, err := fmt.Sscanf(told, "bytes */%d", &size); err == nil && size == 0 && offset == 0 {
			return 0, nil
		}
	}
	return 0, fmt.Errorf("ComfyUI answered a range from %d on with %d and %.80q", offset, response.StatusCode, told)
}

// Seek implements io.Seeker. Nothing is asked for before it is read.
func (f *fetched) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.offset
	case io.SeekEnd:
		if f.size < 0 {
			return 0, errors.New("the size is not known")
		}
		offset += f.size
	}
	if offset < 0 {
		return 0, errors.New("a place before the beginning")
	}
	f.offset = offset
	return offset, nil
}

func (f *fetched) drop() error {
	if f.body == nil {
		return nil
	}
	body := f.body
	f.body = nil
	return body.Close()
}

// Close implements io.Closer.
func (f *fetched) Close() error {
	defer f.free()
	return f.drop()
}
