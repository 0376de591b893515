package workflow_test

import (
	"context"
	"math"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// portrait is a workflow with inputs of every kind that one worker can run and another cannot.
func portrait() *pb.Workflow {
	return &pb.Workflow{
		Summary: &pb.WorkflowSummary{
			Id:          "portrait",
			Title:       "Fox portrait",
			Version:     "3f2a1b2c",
			Bookable:    true,
			Description: "A portrait of an animal, from a sketch.",
			Tags:        []string{"animals", "portrait"},
			Source:      pb.WorkflowSource_WORKFLOW_SOURCE_IMPORT,
			Thumbnail:   "/workflows/portrait/thumbnail?v=3f2a",
			Results:     []pb.ResultKind{pb.ResultKind_RESULT_KIND_IMAGE},
			Estimates: []*pb.WorkflowEstimate{
				{WorkerId: "gpu", SlotDurationMs: 6200, Basis: pb.EstimateBasis_ESTIMATE_BASIS_MEASURED},
				{WorkerId: "attic", SlotDurationMs: 12000, Basis: pb.EstimateBasis_ESTIMATE_BASIS_GUESS},
			},
		},
		Inputs:     inputs(),
		Workers:    []*pb.WorkflowFitness{fit(), unfit()},
		Outputs:    []*pb.WorkflowOutput{{NodeId: "9", Title: "Save Image", Kind: pb.ResultKind_RESULT_KIND_IMAGE}},
		Editable:   true,
		Filename:   "fox.json",
		ImportedBy: "Ada",
		NodeCount:  14,
	}
}

func inputs() []*pb.Input {
	return []*pb.Input{
		{
			Name:  "prompt",
			Label: "Prompt",
			Help:  "What is to be seen.",
			Role:  pb.InputRole_INPUT_ROLE_PROMPT,
			Kind:  &pb.Input_Text{Text: &pb.TextInput{MaxBytes: 16384, Multiline: true, Example: "a red fox"}},
		},
		{
			Name:  "sketch",
			Label: "Sketch",
			Kind:  &pb.Input_File{File: &pb.FileInput{Kind: pb.FileKind_FILE_KIND_IMAGE, InputFiles: []string{"fox.png", "old/hare.png"}}},
		},
		{
			Name:  "steps",
			Label: "Steps",
			Role:  pb.InputRole_INPUT_ROLE_STEPS,
			Kind:  &pb.Input_Integer{Integer: &pb.IntegerInput{Min: proto.Int64(1), Max: proto.Int64(50), Default: proto.Int64(20)}},
		},
		{
			Name:  "cfg",
			Label: "Guidance",
			Role:  pb.InputRole_INPUT_ROLE_GUIDANCE,
			Help:  "How closely the prompt is followed: more is closer, and less natural.",
			Kind: &pb.Input_Number{
				Number: &pb.NumberInput{
					Min:     proto.Float64(0),
					Max:     proto.Float64(100),
					Step:    0.1,
					Default: proto.Float64(3.5),
				},
			},
		},
		{
			Name:  "sampler",
			Label: "Sampler",
			Kind: &pb.Input_Choice{
				Choice: &pb.ChoiceInput{
					Choices: []string{"euler", "euler_ancestral", "heun", "dpmpp_2m", "dpmpp_2m_sde"},
					Default: proto.String("euler"),
				},
			},
		},
		{Name: "tiled", Label: "Tiled", Kind: &pb.Input_Boolean{Boolean: &pb.BooleanInput{Default: proto.Bool(false)}}},
		{
			Name: "seed",
			Role: pb.InputRole_INPUT_ROLE_SEED,
			Kind: &pb.Input_Seed{Seed: &pb.SeedInput{Max: math.MaxUint64}},
		},
	}
}

// scheduler is an input that is not part of the form.
func scheduler() *pb.Input {
	return &pb.Input{
		Name:    "scheduler",
		Label:   "Scheduler",
		Hidden:  true,
		Targets: []*pb.InputTarget{{NodeId: "3", Field: "scheduler"}},
		Kind:    &pb.Input_Choice{Choice: &pb.ChoiceInput{Choices: []string{"normal", "karras"}, Default: proto.String("normal")}},
	}
}

func fit() *pb.WorkflowFitness {
	return &pb.WorkflowFitness{
		WorkerId: "gpu",
		State:    pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_RUNS,
		Measurement: &pb.WorkflowMeasurement{
			State:        pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_DONE,
			ColdMs:       21500,
			WarmMs:       5600,
			MeasuredAtMs: servertest.Now.UnixMilli(),
		},
	}
}

func unfit() *pb.WorkflowFitness {
	return &pb.WorkflowFitness{
		WorkerId: "attic",
		State:    pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_CANNOT_RUN,
		Problems: []*pb.WorkflowProblem{
			{
				Kind:        pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_MISSING_MODEL,
				Text:        "node 4 \"Load Checkpoint\": the model fox.safetensors is missing",
				ModelFile:   "fox.safetensors",
				ModelFolder: "checkpoints",
				ModelUrl:    "https://models.example/fox.safetensors",
				ModelBytes:  6_900_000_000,
			},
			{
				Kind:      pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_MISSING_CLASS,
				Text:      "node 7: the class FoxDetector is missing; install the node pack that has it",
				ClassName: "FoxDetector",
				Pack:      "comfyui-foxes",
			},
		},
	}
}

// upscale cannot be run and has neither prompt nor seed.
func upscale() *pb.WorkflowSummary {
	return &pb.WorkflowSummary{
		Id:       "upscale",
		Title:    "Four times the size, with a title that goes on for rather long",
		Version:  "00ff",
		Source:   pb.WorkflowSource_WORKFLOW_SOURCE_FOLDER,
		Problems: []string{"the model 4x.pth is missing", "the class Upscale is missing"},
	}
}

// unread is of a class that no ComfyUI has, so that its form is not known.
func unread() *pb.Workflow {
	return &pb.Workflow{
		Summary: &pb.WorkflowSummary{
			Id:       "faces",
			Source:   pb.WorkflowSource_WORKFLOW_SOURCE_FOLDER,
			Problems: []string{"node 5 (FaceFinder): ComfyUI has no class \"FaceFinder\"; install the node pack that has it", "a second one"},
		},
		Workers: []*pb.WorkflowFitness{{WorkerId: "gpu"}},
	}
}

// service is a server that has these workflows.
func service() *servertest.Workflows {
	return &servertest.Workflows{
		List: func(_ context.Context, r *pb.ListWorkflowsRequest) (*pb.ListWorkflowsResponse, error) {
			off := proto.Clone(portrait().GetSummary()).(*pb.WorkflowSummary)
			off.Id, off.Title, off.Disabled, off.Bookable, off.Estimates = "old", "Old", true, false, off.GetEstimates()[1:]
			return &pb.ListWorkflowsResponse{Workflows: []*pb.WorkflowSummary{portrait().GetSummary(), upscale(), off}}, nil
		},
		Get: func(_ context.Context, r *pb.GetWorkflowRequest) (*pb.GetWorkflowResponse, error) {
			if r.GetWorkflowId() == "faces" {
				return &pb.GetWorkflowResponse{Workflow: unread()}, nil
			}
			if r.GetWorkflowId() != "portrait" && r.GetWorkflowId() != "" {
				return nil, servertest.Error(codes.NotFound, "there is no workflow \""+r.GetWorkflowId()+"\"", &pb.ErrorInfo{
					Reason:   pb.ErrorReason_ERROR_REASON_NOT_FOUND,
					Metadata: map[string]string{"what": "workflow", "name": r.GetWorkflowId()},
				})
			}
			w := portrait()
			if r.GetShowHidden() {
				w.Inputs = append(w.GetInputs(), scheduler())
			}
			return &pb.GetWorkflowResponse{Workflow: w}, nil
		},
	}
}

// run runs a command line on a terminal of some columns, or in pipes when there are none.
func run(t *testing.T, s *servertest.Workflows, columns int, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	f, term := servertest.WithWorkflows(t, s)
	f.IO.SetTTY(columns, false)
	term.In.WriteString(in)
	f.Args = append([]string{"workflow"}, args...)
	code = root.Run(t.Context(), f)
	return code, term.Out.String(), term.Err.String()
}
