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

// bounded bounds what a request may bring, before and after decompression. connect would refuse it too, but in its own
// words and without a detail; an error that it meets while it reads it passes on as it is.
func bounded(next http.Handler, limit int64) http.Handler {
	refuse := connect.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && !isBase64(r) {
			_ = refuse.Write(w, r, malformed("the query's message is not base64, as base64=1 says it is"))
			return
		}
		r.Body = &body{r.Body, limit, limit}
		next.ServeHTTP(w, r)
	})
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
