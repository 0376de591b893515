package rpc

import (
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
)

// door refuses calls that the schema does not have, and bounds what a request may bring, before and after decompression. connect
// would refuse them too, but in its own words and without a detail; an error that it meets while it reads it passes on as it is.
// It is one handler instead of one for each of its tasks: each would be on the stack of every open stream.
type door struct {
	next   http.Handler
	limit  int64 // of a request's body, in bytes
	refuse *connect.ErrorWriter
}

func newDoor(next http.Handler, limit int64) *door {
	return &door{next, limit, connect.NewErrorWriter()}
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := d.refusal(r); err != nil {
		_ = d.refuse.Write(w, r, err) // it fails where nobody listens any more
		return
	}
	r.Body = &body{r.Body, d.limit, d.limit}
	d.next.ServeHTTP(w, r)
}

// refusal looks only at the address of a request: its body is bounded while it is read.
func (d *door) refusal(r *http.Request) error {
	if _, known := audiences[r.URL.Path]; !known {
		unknown := fmt.Errorf("there is no call %s", r.URL.Path)
		return apierror.New(connect.CodeUnimplemented, unknown, pb.ErrorReason_ERROR_REASON_UNKNOWN_METHOD)
	}
	if r.Method == http.MethodGet && !isBase64(r) {
		return malformed("the query's message is not base64, as base64=1 says it is")
	}
	return nil
}

// isBase64 reports whether the message in a query is, if it is said to be.
func isBase64(r *http.Request) bool {
	query := r.URL.Query()
	if query.Get("base64") != "1" {
		return true
	}
	_, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(query.Get("message"), "="))
	return err == nil
}

// body is the body of a request up to a limit.
type body struct {
	io.ReadCloser
	limit, left int64
}

// Read implements io.Reader.
func (b *body) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if b.left -= int64(n); b.left < 0 {
		return n, tooLarge(b.limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		late := errors.New("the request took too long to arrive")
		return n, apierror.New(connect.CodeDeadlineExceeded, late, pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED)
	}
	return n, err
}

func tooLarge(limit int64) error {
	err := fmt.Errorf("the request is larger than %d bytes, the most that is taken", limit)
	return apierror.New(connect.CodeResourceExhausted, err, pb.ErrorReason_ERROR_REASON_TOO_LARGE)
}

// gzipped is the compression that requests and answers may have.
func gzipped(limit int64) connect.HandlerOption {
	return connect.WithCompression("gzip",
		func() connect.Decompressor { return &unzipper{limit: limit} },
		func() connect.Compressor { return gzip.NewWriter(io.Discard) },
	)
}

// unzipper decompresses up to a limit. It looks at what it is given when it is read: an error before would lose its detail.
type unzipper struct {
	zip         gzip.Reader
	from        io.Reader // nil: it has begun
	limit, left int64
}

// Reset implements connect.Decompressor.
func (u *unzipper) Reset(from io.Reader) error {
	u.from, u.left = from, u.limit
	return nil
}

// Read implements io.Reader.
func (u *unzipper) Read(into []byte) (n int, err error) {
	if u.from != nil {
		err = u.zip.Reset(u.from)
		u.from = nil
	}
	if err == nil {
		n, err = u.zip.Read(into)
	}
	if u.left -= int64(n); u.left < 0 {
		return n, tooLarge(u.limit)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = malformed("the request is said to be compressed with gzip, but is not or is cut short")
	}
	return n, err
}

// Close implements connect.Decompressor.
func (u *unzipper) Close() error { return nil }
