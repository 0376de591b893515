package job_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// calls is a server that notes which calls change the booked fox, and may refuse to change its inputs.
func calls(made *[]string, refused error) *servertest.Scheduler {
	j := booked(fox()).GetJob()
	note := func(format string, args ...any) { *made = append(*made, fmt.Sprintf(format, args...)) }
	return &servertest.Scheduler{
		Get: func(context.Context, *pb.GetJobRequest) (*pb.GetJobResponse, error) {
			return &pb.GetJobResponse{Job: j, Users: []*pb.UserName{{UserId: j.GetUserId(), Name: "User-1"}}}, nil
		},
		Move: func(_ context.Context, req *pb.MoveJobRequest) (*pb.MoveJobResponse, error) {
			note("move of version %d", req.GetVersion())
			j.Version++
			return &pb.MoveJobResponse{Job: j}, nil
		},
		Update: func(_ context.Context, req *pb.UpdateJobRequest) (*pb.UpdateJobResponse, error) {
			start := ""
			if req.GetStart() != nil {
				start = ", another slot"
			}
			note("update of version %d: %d inputs, reset %v%s", req.GetVersion(), len(req.GetInputs()), req.GetResetInputs(), start)
			if refused != nil {
				return nil, refused
			}
			j.Version++
			return &pb.UpdateJobResponse{Job: j}, nil
		},
	}
}

func TestEditChangesWhatItNames(t *testing.T) {
	taken := api.Error(codes.FailedPrecondition, "taken", &pb.ErrorInfo{
		Reason: pb.ErrorReason_ERROR_REASON_SLOT_TAKEN,
		Detail: &pb.ErrorInfo_SlotConflict{
			SlotConflict: &pb.SlotConflict{
				Blocker:         &pb.SlotConflict_Job{Job: &pb.JobBlocker{JobId: "another"}},
				NextFreeStartMs: 1,
			},
		},
	})
	const both = "update of version 1: 1 inputs, reset [], another slot"
	for name, c := range map[string]struct {
		args    []string
		refused error
		want    string
		code    int
	}{
		"inputs":          {[]string{"--set", "steps=8", "--prompt", "a hare"}, nil, "update of version 1: 2 inputs, reset []", exitcode.OK},
		"random seed":     {[]string{"--seed", "random"}, nil, "update of version 1: 0 inputs, reset [seed]", exitcode.OK},
		"slot":            {[]string{"--in", "1h"}, nil, "move of version 1", exitcode.OK},
		"at a version":    {[]string{"--next", "--if-version", "7"}, nil, "move of version 7", exitcode.OK},
		"both":            {[]string{"--in", "1h", "--seed", "7"}, nil, both, exitcode.OK},
		"both, next":      {[]string{"--next", "--seed", "7"}, nil, both, exitcode.OK},
		"both, taken":     {[]string{"--in", "1h", "--seed", "7"}, taken, both, exitcode.Conflict},
		"no such input":   {[]string{"--in", "1h", "--set", "stepz=51"}, nil, "", exitcode.Usage},
		"not of the kind": {[]string{"--set", "steps=many"}, nil, "", exitcode.Usage},
	} {
		t.Run(name, func(t *testing.T) {
			var made []string
			f, term := servertest.With(t, calls(&made, c.refused))
			f.Args = append([]string{"edit", jobID}, c.args...)
			code := root.Run(t.Context(), f)
			if got := strings.Join(made, "; "); code != c.code || got != c.want {
				t.Errorf("exit code %d, %q: %s", code, got, term.Err)
			}
			if code == exitcode.OK && !strings.Contains(term.Out.String(), "\tUser-1\t") {
				t.Errorf("stdout %q", term.Out)
			}
		})
	}
}

// The end of an id costs one short page and the job itself.
func TestAJobIsFoundByTheEndOfItsID(t *testing.T) {
	for ends, want := range map[int]int{0: exitcode.NotFound, 1: exitcode.OK, 2: exitcode.Usage} {
		lists := 0
		f, term := servertest.With(t, &servertest.Scheduler{
			List: func(_ context.Context, req *pb.ListJobsRequest) (*pb.ListJobsResponse, error) {
				lists++
				if req.GetIdSuffix() != "3f2a1b2c" || req.GetPageSize() != 2 {
					t.Errorf("%v", req)
				}
				var answer pb.ListJobsResponse
				for n := range ends {
					answer.Jobs = append(answer.Jobs, &pb.Job{Id: fmt.Sprintf("%d1a20620-0a48-72b1-9629-c5af3f2a1b2c", n)})
				}
				return &answer, nil
			},
			Get: func(_ context.Context, req *pb.GetJobRequest) (*pb.GetJobResponse, error) {
				if req.GetJobId() != jobID {
					return nil, status.Error(codes.NotFound, req.GetJobId())
				}
				return &pb.GetJobResponse{Job: booked(fox()).GetJob()}, nil
			},
		})
		f.Args = []string{"show", "3F2A1B2C", "--quiet"}
		if code := root.Run(t.Context(), f); code != want || lists != 1 {
			t.Errorf("%d jobs end so: exit code %d after %d lists: %s", ends, code, lists, term.Err)
		}
	}
}

// --set is completed from the form: names first, then values.
func TestSetIsCompleted(t *testing.T) {
	var made []string
	for line, want := range map[string]string{
		"book --set ":               "prompt=\t(lines of text)\nseed=\t(any)\nsteps=\t(1 to 50)\n:38\n",
		"book --set steps=":         "steps=4\n:36\n",
		"edit " + jobID + " --set ": "steps=\t(1 to 50)\n:38\n",
	} {
		f, term := servertest.With(t, calls(&made, nil))
		f.Args = append([]string{"__complete"}, strings.Split(line, " ")...)
		if code := root.Run(t.Context(), f); code != exitcode.OK || !strings.Contains(term.Out.String(), want) {
			t.Errorf("%q: exit code %d\n%s", line, code, term.Out)
		}
	}
}

// What a workflow takes decides what a booking says: none has to have a prompt or a seed.
func TestBookFillsTheForm(t *testing.T) {
	scale := &pb.Workflow{
		Summary: &pb.WorkflowSummary{Id: "upscale"},
		Inputs: []*pb.Input{
			{Name: "factor", Kind: &pb.Input_Number{Number: &pb.NumberInput{}}},
			{Name: "tiled", Kind: &pb.Input_Boolean{Boolean: &pb.BooleanInput{}}},
			{Name: "method", Kind: &pb.Input_Choice{Choice: &pb.ChoiceInput{Choices: []string{"a", "b"}}}},
			{Name: "picture", Kind: &pb.Input_File{File: &pb.FileInput{}}},
		},
	}
	words := &pb.Workflow{
		Inputs: []*pb.Input{
			{Name: "text", Role: pb.InputRole_INPUT_ROLE_PROMPT, Optional: true, Kind: &pb.Input_Text{Text: &pb.TextInput{}}},
			{Name: "noise", Role: pb.InputRole_INPUT_ROLE_SEED, Kind: &pb.Input_Seed{Seed: &pb.SeedInput{}}},
		},
	}
	unknown := &pb.Workflow{Summary: &pb.WorkflowSummary{Id: "faces", Problems: []string{"a class is missing"}}}
	for name, c := range map[string]struct {
		form *pb.Workflow
		args []string
		want map[string]string
		code int
	}{
		"no prompt": {
			scale,
			[]string{"--set", "factor=1.5", "--set", "tiled=true"},
			map[string]string{"factor": "number:1.5", "tiled": "boolean:true"},
			exitcode.OK,
		},
		"choice":   {scale, []string{"--set", "method=c"}, map[string]string{"method": `text:"c"`}, exitcode.OK},
		"a prompt": {scale, []string{"a fox"}, nil, exitcode.Usage},
		"a seed":   {scale, []string{"--seed", "7"}, nil, exitcode.Usage},
		"a file there": {
			scale,
			[]string{"--set", "picture=animals/fox.png"},
			map[string]string{"picture": `file:{input_file:"animals/fox.png"}`},
			exitcode.OK,
		},
		"a file here": {scale, []string{"--set", "picture=@fox.png"}, nil, exitcode.Usage},
		"two prompts": {words, []string{"--set", "text=a hare", "a fox"}, nil, exitcode.Usage},
		"own names":   {words, []string{"--seed", "7", "a fox"}, map[string]string{"text": `text:"a fox"`, "noise": "seed:7"}, exitcode.OK},
		"left out":    {words, nil, map[string]string{}, exitcode.OK},
		"by name": {
			nil,
			[]string{"--set", "prompt=a fox", "--set", "seed=3"},
			map[string]string{"prompt": `text:"a fox"`, "seed": "seed:3"},
			exitcode.OK,
		},
		"not read":      {unknown, []string{"a fox"}, nil, exitcode.Failure},
		"many, without": {scale, []string{"--each-line"}, nil, exitcode.Usage},
	} {
		t.Run(name, func(t *testing.T) {
			var got map[string]string
			f, term := servertest.With(t, &servertest.Scheduler{
				Form: c.form,
				Book: func(_ context.Context, req *pb.BookJobRequest) (*pb.BookJobResponse, error) {
					got = map[string]string{}
					for name, value := range req.GetInputs() {
						got[name] = strings.ReplaceAll(value.String(), " ", "")
						if value.GetText() != "" {
							got[name] = fmt.Sprintf("text:%q", value.GetText())
						}
					}
					return booked(req), nil
				},
			})
			f.Args = append([]string{"book", "--next", "--quiet"}, c.args...)
			if code := root.Run(t.Context(), f); code != c.code || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("exit code %d, %v: %s", code, got, term.Err)
			}
		})
	}
}
