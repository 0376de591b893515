// Package poster makes still pictures of videos with the Python that runs ComfyUI, which has what reads them: PyAV and Pillow come with
// ComfyUI. So nothing more needs to be on the machine.
package poster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	timeout  = 20 * time.Second // for one picture
	maxBytes = 8 << 20          // of it
	maxError = 4 << 10          // bytes of what goes wrong
)

// program reads a video from standard input and writes its first frame as a JPEG.
const program = `
import sys, av
with av.open(sys.stdin.buffer) as video:
    picture = next(video.decode(video=0)).to_image()
    picture.thumbnail((640, 640))
    picture.save(sys.stdout.buffer, "JPEG", quality=90)
`

// Maker makes posters. The zero value makes none.
type Maker struct{ python string }

// New is a maker that uses a Python.
func New(python string) Maker { return Maker{python} }

// Makes reports whether a poster can be made of a file of this name, as far as the name tells.
func (m Maker) Makes(name string) bool {
	return m.python != "" && slices.Contains([]string{".mp4", ".webm", ".mkv", ".mov"}, strings.ToLower(path.Ext(name)))
}

// Make makes a JPEG of a video's first frame. It takes a process of its own, which waits for all others.
func (m Maker) Make(ctx context.Context, video *os.File) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	command := exec.CommandContext(ctx, m.python, "-I", "-c", program)
	command.Stdin = video
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "COMFY") }) // its secrets
	command.WaitDelay = time.Second
	picture, trouble := &bounded{limit: maxBytes}, &bounded{limit: maxError}
	command.Stdout, command.Stderr = picture, trouble
	if err := command.Start(); err != nil {
		return nil, err
	}
	stepBack(command.Process.Pid)
	if err := command.Wait(); err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("%w: %s", err, lastLine(trouble.kept.String())))
	}
	return picture.kept.Bytes(), nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// bounded keeps what is written up to a limit; more is an error.
type bounded struct {
	kept  bytes.Buffer // not embedded: it would read without a limit
	limit int
}

// Write implements io.Writer.
func (b *bounded) Write(data []byte) (int, error) {
	if b.kept.Len()+len(data) > b.limit {
		return 0, errors.New("too much was written")
	}
	return b.kept.Write(data)
}
