// Package archive makes zips of what jobs have made, under names for people. A zip is written as its files are read: no more than a
// buffer of them is ever held, whatever it holds in the end.
package archive

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

const (
	// MaxFiles bounds the files of one zip: each takes memory until its directory is written.
	MaxFiles = 20_000
	// Missing is the name of the file that tells what a zip does not hold, and why. It is there only where something is missing.
	Missing = "NOT-IN-THIS-ARCHIVE.txt"

	maxFailures = 3 // of a worker in a row; then it is not asked again
)

// ErrFull says that a zip takes no more files.
var ErrFull = fmt.Errorf("an archive holds %d files at most", MaxFiles)

// Open opens a result of a job that is a file and gives its size; -1: not known. What a fault says is told in the zip.
type Open func(ctx context.Context, j job.Job, n int) (io.ReadCloser, int64, error)

// Zip is one that is being written. It is used by one goroutine.
type Zip struct {
	to       *zip.Writer
	open     Open
	buffer   []byte
	files    int
	names    map[string]bool // in lower case: not every system tells a from A
	missing  []string        // lines
	failures map[string]int  // in a row, by worker
}

// New begins a zip.
func New(to io.Writer, open Open) *Zip {
	return &Zip{
		to:       zip.NewWriter(to),
		open:     open,
		buffer:   make([]byte, 64<<10),
		names:    map[string]bool{strings.ToLower(Missing): true},
		failures: map[string]int{},
	}
}

// Add writes the results of a job. One that is not there any more, or cannot be had now, is told of in the zip. After an error the zip
// is worthless, except ErrFull, after which nothing of the job is in it.
func (z *Zip) Add(ctx context.Context, j job.Job) error {
	if z.files+len(j.Results) > MaxFiles && z.files > 0 {
		return ErrFull
	}
	for n, result := range j.Results {
		z.files++
		if result.Filename == "" {
			if err := z.write(j, n, strings.NewReader(result.Text), int64(len(result.Text))); err != nil {
				return err
			}
			continue
		}
		if err := z.addFile(ctx, j, n); err != nil {
			return err
		}
	}
	return nil
}

func (z *Zip) addFile(ctx context.Context, j job.Job, n int) error {
	if z.failures[j.Worker] >= maxFailures {
		z.miss(j, n, "its worker does not answer")
		return nil
	}
	content, size, err := z.open(ctx, j, n)
	said, refused := fault.Of(err)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = content.Close()
		}
		return ctx.Err()
	case refused:
		z.miss(j, n, said.Error())
		return nil
	case err != nil:
		z.failures[j.Worker]++
		z.miss(j, n, "it cannot be had now: its worker does not answer")
		return nil
	}
	defer func() { _ = content.Close() }()
	z.failures[j.Worker] = 0
	return z.write(j, n, content, size)
}

// Note writes a line about what is missing.
func (z *Zip) Note(line string) { z.missing = append(z.missing, line) }

func (z *Zip) miss(j job.Job, n int, why string) {
	z.Note(fmt.Sprintf("%s (result %d of job %s): %s", FileName(j, n), n, j.ID, why))
}

// write puts one file into the zip. Where its size is known, another is an error: half a file must not pass for a whole one.
func (z *Zip) write(j job.Job, n int, content io.Reader, size int64) error {
	to, err := z.to.CreateHeader(&zip.FileHeader{
		Name:     z.freeName(j, n),
		Method:   method(j.Results[n].Filename),
		Modified: time.UnixMilli(j.FinishedAt).UTC(),
	})
	if err != nil {
		return err
	}
	written, err := io.CopyBuffer(to, content, z.buffer)
	if err == nil && size >= 0 && written != size {
		err = errors.New("the file has changed while it was read")
	}
	return err
}

// freeName is the name of a result that no other file of the zip has: where one has it, the job's id tells them apart.
func (z *Zip) freeName(j job.Job, n int) string {
	name := FileName(j, n)
	for tries := 0; z.names[strings.ToLower(name)]; tries++ {
		end := path.Ext(name)
		if tries == 0 {
			name = strings.TrimSuffix(name, end) + "_" + j.ID[max(len(j.ID)-shortID, 0):] + end
		} else {
			name = strings.TrimSuffix(name, end) + "_" + fmt.Sprint(tries+1) + end
		}
	}
	z.names[strings.ToLower(name)] = true
	return name
}

// shortID is the length of the end of an id that people are shown.
const shortID = 8

// method chooses how a file is kept: pictures, videos and sounds are packed already, texts are not.
func method(name string) uint16 {
	switch strings.ToLower(path.Ext(name)) {
	case "", ".txt", ".md", ".json", ".csv", ".svg", ".xml", ".srt", ".obj", ".ply":
		return zip.Deflate
	}
	return zip.Store
}

// Close ends the zip: with the file that tells what is missing, where something is.
func (z *Zip) Close() error {
	if len(z.missing) > 0 {
		to, err := z.to.CreateHeader(&zip.FileHeader{Name: Missing, Method: zip.Deflate, Modified: time.Now().UTC()})
		if err != nil {
			return err
		}
		if _, err := io.WriteString(to, strings.Join(z.missing, "\r\n")+"\r\n"); err != nil {
			return err
		}
	}
	return z.to.Close()
}
