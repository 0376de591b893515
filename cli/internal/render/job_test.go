package render_test

import (
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Jobs of several workflows are told apart, those without a text by what they set.
func TestJobsOfSeveralWorkflows(t *testing.T) {
	upscale := &pb.Job{
		Id:         "02a20620-0a48-72b1-9629-c5af3f2a1b2d",
		WorkflowId: "upscale",
		Inputs:     map[string]*pb.InputValue{"picture": form.File("fox.png"), "mode": form.Text("soft"), "seed": form.Seed(7)},
	}
	fox := &pb.Job{
		Id:         "01a20620-0a48-72b1-9629-c5af3f2a1b2c",
		WorkflowId: "klein",
		Prompt:     "a red fox",
		Inputs:     map[string]*pb.InputValue{"prompt": form.Text("a red fox")},
	}
	streams, _, out, _ := term.Test()
	streams.SetTTY(120, false)
	clock := when.Clock{Now: func() time.Time { return time.UnixMilli(0) }, Zone: time.UTC}
	if err := render.JobTable(streams, clock, []*pb.Job{fox, upscale}, api.Names{}).Print(); err != nil {
		t.Fatal(err)
	}
	want := "ID        START (UTC)          LENGTH  STATUS       USER  WORKFLOW  PROMPT\n" +
		"3f2a1b2c  1970-01-01 00:00:00  0 ms    unspecified        klein     a red fox\n" +
		"3f2a1b2d  1970-01-01 00:00:00  0 ms    unspecified        upscale   mode=soft picture=fox.png\n"
	if out.String() != want {
		t.Errorf("\n%s\nwant\n%s", out, want)
	}
}
