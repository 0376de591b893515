package workflow_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func runWith(t *testing.T, f *factory.Factory, args ...string) int {
	t.Helper()
	f.Args = append([]string{"workflow"}, args...)
	return root.Run(t.Context(), f)
}

// noting is a service that notes what is asked of it.
func noting(asked *[]string) *servertest.Workflows {
	s := service()
	note := func(what string, r fmt.Stringer) {
		*asked = append(*asked, what+" "+strings.ReplaceAll(r.String(), "  ", " "))
	}
	s.Update = func(_ context.Context, r *pb.UpdateWorkflowRequest) (*pb.UpdateWorkflowResponse, error) {
		note("update", r)
		return &pb.UpdateWorkflowResponse{Workflow: portrait()}, nil
	}
	s.Delete = func(_ context.Context, r *pb.DeleteWorkflowRequest) (*pb.DeleteWorkflowResponse, error) {
		note("delete", r)
		if r.GetWorkflowId() == "folder" {
			return nil, servertest.Error(codes.FailedPrecondition, "move its file away")
		}
		return &pb.DeleteWorkflowResponse{}, nil
	}
	s.Check = func(_ context.Context, r *pb.CheckWorkflowRequest) (*pb.CheckWorkflowResponse, error) {
		note("check", r)
		w := portrait()
		if r.GetWorkflowId() == "upscale" {
			w.Workers = w.GetWorkers()[1:]
		}
		return &pb.CheckWorkflowResponse{Workflow: w}, nil
	}
	s.Measure = func(_ context.Context, r *pb.MeasureWorkflowRequest) (*pb.MeasureWorkflowResponse, error) {
		note("measure", r)
		return &pb.MeasureWorkflowResponse{Workflow: portrait()}, nil
	}
	s.Templates = func(_ context.Context, r *pb.ListTemplatesRequest) (*pb.ListTemplatesResponse, error) {
		note("templates", r)
		return &pb.ListTemplatesResponse{Templates: []*pb.Template{{Name: "image_fox", Title: "Foxes"}}}, nil
	}
	return s
}

func TestCommandsAskForWhatTheyName(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want []string
		code int
	}{
		"enable": {[]string{"enable", "a"}, []string{`update workflow_id:"a" disabled:false`}, exitcode.OK},
		"disable": {
			[]string{"disable", "a", "b"},
			[]string{`update workflow_id:"a" disabled:true`, `update workflow_id:"b" disabled:true`},
			exitcode.OK,
		},
		"delete":    {[]string{"delete", "a", "--yes"}, []string{`delete workflow_id:"a"`}, exitcode.OK},
		"not asked": {[]string{"delete", "a"}, nil, exitcode.Usage},
		"one cannot": {
			[]string{"delete", "folder", "b", "-y"},
			[]string{`delete workflow_id:"folder"`, `delete workflow_id:"b"`},
			exitcode.Failure,
		},
		"check":      {[]string{"check", "a"}, []string{`check workflow_id:"a"`}, exitcode.OK},
		"cannot run": {[]string{"check", "upscale"}, []string{`check workflow_id:"upscale"`}, exitcode.Failure},
		"check all":  {[]string{"check"}, []string{"check "}, exitcode.OK},
		"measure": {
			[]string{"measure", "a", "--worker", "gpu", "--accept"},
			[]string{`measure workflow_id:"a" worker_id:"gpu" accept_result:true`},
			exitcode.OK,
		},
		"templates": {
			[]string{"templates", "image", "to video", "--worker", "gpu", "--limit", "3"},
			[]string{`templates page_size:3 query:"image to video" worker_id:"gpu"`},
			exitcode.OK,
		},
		"no words": {[]string{"list", ""}, nil, exitcode.Usage},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			if code, _, errs := run(t, noting(&asked), 0, "", c.args...); code != c.code || !slices.Equal(asked, c.want) {
				t.Errorf("exit code %d, %q: %s", code, asked, errs)
			}
		})
	}
}

// On a terminal somebody is asked before something is deleted for good.
func TestDeleteAsks(t *testing.T) {
	for answer, want := range map[string]int{"y\n": exitcode.OK, "n\n": exitcode.Failure, "": exitcode.Failure} {
		var asked []string
		code, out, errs := run(t, noting(&asked), 80, answer, "delete", "a")
		if code != want || (len(asked) == 1) != (want == exitcode.OK) || !strings.Contains(errs, "Delete a for good? [y/N] ") {
			t.Errorf("%q: exit code %d, %q: %s%s", answer, code, asked, out, errs)
		}
	}
}

func TestCompletion(t *testing.T) {
	for line, want := range map[string]string{
		"show ":                      "portrait\tFox portrait\n",
		"show portrait ":             "prompt\tPrompt\nsketch\tSketch\nsteps\tSteps\ncfg\tGuidance\nsampler\tSampler\ntiled\tTiled\nseed\n:36\n",
		"edit portrait --hide ":      "scheduler\tScheduler\n:36\n",
		"edit portrait --label ":     "scheduler=\tScheduler\n:38\n",
		"edit portrait --clear ":     "main-output\n",
		"import --template ":         "image_fox\tFoxes\n",
		"delete portrait ":           "upscale\tFour times the size",
		"edit portrait --role ":      "cfg=\tGuidance\n",
		"edit portrait --if-version": "--if-version\t",
	} {
		var asked []string
		f, term := servertest.WithWorkflows(t, noting(&asked))
		f.Args = append([]string{"__complete", "workflow"}, strings.Split(line, " ")...)
		if code := root.Run(t.Context(), f); code != exitcode.OK || !strings.Contains(term.Out.String(), want) {
			t.Errorf("%q: exit code %d\n%s", line, code, term.Out)
		}
	}
}
