package job

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// lines are the jobs of a file in JSON Lines.
type lines struct {
	items   []*pb.SeriesItem
	numbers []int // of the line that each stands in
}

// readLines reads a file of which each line that is not empty is a job: inputs by name, or a booking of the API with its inputs. All
// that is wrong is told, line by line.
func readLines(streams *term.Streams, path string, w *pb.Workflow) (found lines, err error) {
	in, err := openLines(streams, path)
	if err != nil {
		return found, err
	}
	defer func() { _ = in.Close() }()
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, longestLine)
	wrong := false
	for number := 1; scanner.Scan(); number++ {
		line := bytes.TrimSpace(bytes.TrimPrefix(scanner.Bytes(), []byte("\xef\xbb\xbf")))
		if len(line) == 0 {
			continue
		}
		inputs, err := readLine(line, w)
		if err != nil {
			fmt.Fprintf(streams.Err, "line %d: %s\n", number, term.Line(err.Error()))
			wrong = true
		}
		found.items, found.numbers = append(found.items, &pb.SeriesItem{Inputs: inputs}), append(found.numbers, number)
	}
	switch {
	case scanner.Err() != nil:
		return found, exitcode.Usagef("--from %s: %w", path, scanner.Err())
	case wrong:
		return found, exitcode.Silent(exitcode.Usage)
	case len(found.items) == 0:
		return found, exitcode.Usagef("--from %s: it has no lines", path)
	}
	return found, nil
}

func openLines(streams *term.Streams, path string) (io.ReadCloser, error) {
	if path == "-" {
		if streams.IsStdinTTY() {
			return nil, exitcode.Usagef("--from -: nothing comes in on standard input")
		}
		return io.NopCloser(streams.In), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, exitcode.Usagef("--from: %w", err)
	}
	return file, nil
}

// readLine reads the inputs of one job, typed by the workflow's form.
func readLine(line []byte, w *pb.Workflow) (map[string]*pb.InputValue, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(line, &values); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	if booking, is := values["inputs"]; is && len(values) == 1 && form.ByName(w, "inputs") == nil {
		values = nil
		if err := json.Unmarshal(booking, &values); err != nil {
			return nil, fmt.Errorf("inputs: it is not a JSON object: %w", err)
		}
	}
	inputs := map[string]*pb.InputValue{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		input := form.ByName(w, name)
		if input == nil {
			return nil, fmt.Errorf("%s: the workflow has no such input; %s", name, form.Has(w, name))
		}
		value, err := readValue(values[name], input)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		inputs[name] = value
	}
	return inputs, nil
}

// readValue reads a value as --set would, or as the API writes it.
func readValue(raw json.RawMessage, input *pb.Input) (*pb.InputValue, error) {
	switch raw[0] {
	case '{':
		value := &pb.InputValue{}
		if err := protojson.Unmarshal(raw, value); err != nil {
			return nil, fmt.Errorf("it is not a value as the API writes it, such as {\"text\": \"a fox\"}: %w", err)
		}
		return value, nil
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, err
		}
		return form.Parse(input, text)
	case '[', 'n':
		return nil, fmt.Errorf("%s is not a value of one input", raw)
	}
	return form.Parse(input, string(raw))
}
