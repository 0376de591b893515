// Package handin hands in the files that a command line names, so that jobs can take them: files of this machine, standard input, and
// results of other jobs, which do not pass through here.
package handin

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Resolve hands in what the values of inputs stand for and names it by its asset instead.
func Resolve(ctx context.Context, client *api.Client, streams *term.Streams, inputs map[string]*pb.InputValue) error {
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		source := form.Pending(inputs[name])
		if source == "" {
			continue
		}
		id, err := resolve(ctx, client, streams, source)
		if err != nil {
			return fmt.Errorf("--set %s: %w", name, err)
		}
		inputs[name] = form.Asset(id)
	}
	return nil
}

func resolve(ctx context.Context, client *api.Client, streams *term.Streams, source string) (id string, err error) {
	if path, local := strings.CutPrefix(source, "@"); local {
		return Upload(ctx, client, streams, path)
	}
	return fromResult(ctx, client, strings.TrimPrefix(source, "job:"))
}

// Upload hands in a file of this machine, or standard input for "-".
func Upload(ctx context.Context, client *api.Client, streams *term.Streams, path string) (id string, err error) {
	name, size := "", int64(-1)
	var content io.Reader = streams.In
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", exitcode.Usagef("%w", err)
		}
		defer func() { _ = file.Close() }()
		info, err := file.Stat()
		switch {
		case err != nil:
			return "", exitcode.Usagef("%w", err)
		case info.IsDir():
			return "", exitcode.Usagef("%s is a folder", path)
		case info.Mode().IsRegular():
			size = info.Size()
		}
		name, content = filepath.Base(path), file
	} else if streams.IsStdinTTY() {
		return "", exitcode.Usagef("nothing comes in on standard input")
	}
	id, err = client.Upload(ctx, name, content, size)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return id, nil
}

// fromResult has the server make a result an asset: JOB, or JOB/N for the Nth of its results, counted from 0.
func fromResult(ctx context.Context, client *api.Client, source string) (id string, err error) {
	ref, number, numbered := strings.Cut(source, "/")
	n := int64(0)
	if numbered {
		if n, err = strconv.ParseInt(number, 10, 32); err != nil || n < 0 {
			return "", exitcode.Usagef("%q is no number of a result: they are counted from 0", number)
		}
	}
	jobID, err := refs.JobID(ctx, client, ref)
	if err != nil {
		return "", err
	}
	made, err := client.Assets.CreateAssetFromResult(ctx, &pb.CreateAssetFromResultRequest{JobId: jobID, ResultIndex: int32(n)})
	if err != nil {
		return "", err
	}
	return made.GetAsset().GetId(), nil
}
