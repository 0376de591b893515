package comfy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
)

const inputType = "input" // ComfyUI's word for its input folder

// InputSize asks how large a file in ComfyUI's input folder is; false when there is none.
func (c *Client) InputSize(ctx context.Context, subfolder, name string) (size int64, there bool, err error) {
	answer, err := c.View(ctx, File{Filename: name, Subfolder: subfolder, Type: inputType}, "bytes=0-0")
	var status *StatusError
	if errors.As(err, &status) && status.Status == http.StatusNotFound {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK { // ranges are not known to what stands before it
		return answer.ContentLength, answer.ContentLength >= 0, nil
	}
	_, whole, _ := strings.Cut(answer.Header.Get("Content-Range"), "/")
	size, err = strconv.ParseInt(whole, 10, 64)
	return size, err == nil, nil
}

// formBytes is more than what stands around a file in the body of an upload.
const formBytes = 4 << 10

// MaxUpload asks how many bytes a file may have that ComfyUI takes; 0 when it does not say.
func (c *Client) MaxUpload(ctx context.Context) (int64, error) {
	var features struct {
		Max int64 `json:"max_upload_size"`
	}
	err := c.get(ctx, requestTimeout, "/features", &features)
	return max(0, features.Max-formBytes), err
}

// Upload puts a file of so many bytes into ComfyUI's input folder, in the place of one of its name. It takes as long as it takes:
// ctx bounds it. Errors are ErrUnreachable, when nothing was sent, and *StatusError: 413 for a file that is too large for ComfyUI.
func (c *Client) Upload(ctx context.Context, subfolder, name string, content io.Reader, size int64) error {
	const path = "/upload/image" // for files of every kind
	head, tail, kind, err := form(subfolder, name)
	if err != nil {
		return err
	}
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	body := io.MultiReader(strings.NewReader(head), io.LimitReader(content, size), strings.NewReader(tail))
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, c.base+path, body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	request.ContentLength = int64(len(head)) + size + int64(len(tail))
	request.Header.Set("Content-Type", kind)
	c.authorize(request.Header)
	response, err := c.http.Do(request)
	switch {
	case err != nil && !connected.Load():
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	case err != nil:
		return err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, refusalLimit))
	if err != nil {
		return fmt.Errorf("reading ComfyUI's answer to POST %s: %w", path, err)
	}
	if err := (answer{status: response.StatusCode, body: c.secrets.clear(data)}).ok(http.MethodPost, path); err != nil {
		return err
	}
	var kept struct{ Name string }
	if err := json.Unmarshal(data, &kept); err != nil || kept.Name != name {
		return fmt.Errorf("ComfyUI keeps the file %s under another name: %q", name, kept.Name)
	}
	return nil
}

// form returns what stands before and after the file in the body of an upload, and the body's type.
func form(subfolder, name string) (head, tail, kind string, err error) {
	var written strings.Builder
	w := multipart.NewWriter(&written)
	fields := [][2]string{{"type", inputType}, {"subfolder", subfolder}, {"overwrite", "true"}}
	for _, field := range fields {
		err = errors.Join(err, w.WriteField(field[0], field[1]))
	}
	_, failed := w.CreateFormFile("image", name)
	err = errors.Join(err, failed)
	head = written.String()
	err = errors.Join(err, w.Close())
	return head, strings.TrimPrefix(written.String(), head), w.FormDataContentType(), err
}
