package outcome

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Source opens the files of results, when they are still what their jobs wrote; *api.Client is one.
type Source interface {
	Result(ctx context.Context, j *pb.Job, n int) (io.ReadCloser, error)
}

// ErrDiffers is in the error about a file that exists already with other content. Nothing is overwritten.
var ErrDiffers = errors.New("exists already with other content; move it away or choose another directory")

// Save writes all results of a job below dir, which is made when missing, under the names that they have on the server.
// It returns the paths, those that were there already included. No name can lead out of dir, each file appears at once
// and whole, and a file with other content stays as it is.
func Save(ctx context.Context, from Source, j *pb.Job, dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	var saved []string
	for n := range j.GetResults() {
		name, err := saveOne(ctx, from, root, j, n)
		if err != nil {
			return saved, err
		}
		saved = append(saved, filepath.Join(dir, name))
	}
	return saved, nil
}

func saveOne(ctx context.Context, from Source, root *os.Root, j *pb.Job, n int) (string, error) {
	r := j.GetResults()[n]
	if r.GetFilename() == "" { // a text result has no file on the server
		name := fmt.Sprintf("%s-node-%s.txt", j.GetId(), filename(r.GetNodeId()))
		return name, write(root, name, bytes.NewReader([]byte(r.GetText())))
	}
	name, err := filepath.Localize(path.Clean(r.GetFilename()))
	if err != nil {
		return "", fmt.Errorf("%q cannot be a file name here", r.GetFilename())
	}
	content, err := from.Result(ctx, j, n)
	if err != nil {
		return "", fmt.Errorf("%s: %w", r.GetFilename(), err)
	}
	defer func() { _ = content.Close() }()
	if err := write(root, name, content); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Join(root.Name(), name), err)
	}
	return name, nil
}

// filename is a node's id as a part of a file name: those of subgraphs, such as "57:8", hold what Windows takes for something else.
func filename(id string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '_'
	}, id)
}

// write puts content into a new file. It is written under another name first, so that no half of it is ever seen.
func write(root *os.Root, name string, content io.Reader) (err error) {
	if dir := filepath.Dir(name); dir != "." {
		if err := root.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	part := filepath.Join(filepath.Dir(name), ".part-"+uuid.NewString())
	file, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() { _ = root.Remove(part) }()
	_, err = io.Copy(file, content)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	// A link fails where a name exists, a rename would overwrite; not every file system has links.
	err = root.Link(part, name)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return same(root, part, name)
	}
	if _, err := root.Lstat(name); err == nil {
		return same(root, part, name)
	}
	return root.Rename(part, name)
}

// same accepts a file that is there already when it is the one that was to be written.
func same(root *os.Root, part, name string) error {
	a, err := root.Open(part)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	b, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }()
	equal, err := equalContent(a, b)
	if err == nil && !equal {
		err = ErrDiffers
	}
	return err
}

func equalContent(a, b io.Reader) (bool, error) {
	bufA, bufB := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		if !bytes.Equal(bufA[:n], bufB[:m]) {
			return false, nil
		}
		endA, endB := errA == io.EOF || errA == io.ErrUnexpectedEOF, errB == io.EOF || errB == io.ErrUnexpectedEOF
		switch {
		case endA || endB:
			return endA == endB, nil
		case errA != nil || errB != nil:
			return false, errors.Join(errA, errB)
		}
	}
}
