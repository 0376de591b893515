package workflow_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

var update = flag.Bool("update", false, "write what is printed as what is expected")

// TestOutputs holds what the commands print against testdata, on narrow and wide terminals and in pipes. Tables fit.
func TestOutputs(t *testing.T) {
	s := service()
	s.Import = func(_ context.Context, r *pb.ImportWorkflowRequest) (*pb.ImportWorkflowResponse, error) {
		return &pb.ImportWorkflowResponse{
			Workflow: portrait(),
			Notes:    []string{"node 8 \"Preview\" shows a picture and saves none; what is saved by node 9 is the result of a job"},
		}, nil
	}
	s.Check = func(context.Context, *pb.CheckWorkflowRequest) (*pb.CheckWorkflowResponse, error) {
		return &pb.CheckWorkflowResponse{Workflow: portrait()}, nil
	}
	s.Measure = func(context.Context, *pb.MeasureWorkflowRequest) (*pb.MeasureWorkflowResponse, error) {
		w := portrait()
		w.Workers = w.GetWorkers()[:1]
		w.Workers[0].Measurement = &pb.WorkflowMeasurement{
			State: pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_WAITING,
			Text:  "it is measured as soon as there is free time",
		}
		return &pb.MeasureWorkflowResponse{Workflow: w}, nil
	}
	s.Templates = func(context.Context, *pb.ListTemplatesRequest) (*pb.ListTemplatesResponse, error) {
		return &pb.ListTemplatesResponse{
			Templates: []*pb.Template{
				{Name: "image_fox", Title: "Foxes", Category: "Image", Tags: []string{"text to image"}, Description: "Makes foxes."},
				{Name: "api_fox", Title: "Foxes elsewhere", Category: "Partner Nodes", Pack: "foxes", Paid: true},
			},
		}, nil
	}
	for name, args := range map[string][]string{
		"list":          {"list"},
		"show":          {"show", "portrait"},
		"show-unread":   {"show", "faces"},
		"show-hidden":   {"show", "portrait", "--hidden"},
		"show-input":    {"show", "portrait", "cfg"},
		"show-choices":  {"show", "portrait", "sampler"},
		"show-no-input": {"show", "portrait", "samplr"},
		"import":        {"import", "-"},
		"check":         {"check", "portrait"},
		"measure":       {"measure", "portrait"},
		"templates":     {"templates", "fox"},
	} {
		var all strings.Builder
		for _, columns := range []int{80, 120, 0} {
			in := ""
			if columns == 0 {
				in = "{}"
			} else if name == "import" {
				continue // standard input is the terminal
			}
			code, out, errs := run(t, s, columns, in, args...)
			fmt.Fprintf(&all, "%d columns, exit code %d\n%s%s\n", columns, code, out, errs)
			for _, line := range strings.Split(out, "\n") {
				if columns > 0 && ansi.StringWidth(strings.TrimRight(line, " ")) > columns {
					t.Errorf("%s is wider than %d columns: %q", name, columns, line)
				}
			}
		}
		compare(t, filepath.Join("testdata", name+".txt"), all.String())
	}
}

// compare holds a text against a file.
func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}
