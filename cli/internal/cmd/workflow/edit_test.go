package workflow_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Each option becomes the change that it names, typed by the form; what is not named is not sent.
func TestEditSendsWhatIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"texts": {
			[]string{"--title", "Foxes", "--description", "Many.", "--tag", "a", "--tag", "b c"},
			`{"title":"Foxes","description":"Many.","tags":{"tags":["a","b c"]}}`,
		},
		"texts taken away": {
			[]string{"--clear", "description,tags", "--clear", "thumbnail", "--clear", "main-output"},
			`{"description":"","tags":{},"mainOutputNodeId":"","thumbnailJobId":""}`,
		},
		"results": {
			[]string{"--main-output", "9", "--thumbnail", "01A20620-0a48-72b1-9629-c5af3f2a1b2c"},
			`{"mainOutputNodeId":"9","thumbnailJobId":"01a20620-0a48-72b1-9629-c5af3f2a1b2c"}`,
		},
		"at a version": {[]string{"--reset-form", "--if-version", "3f2a1b2c"}, `{"version":"3f2a1b2c","resetForm":true}`},
		"order":        {[]string{"--order", "seed,prompt"}, `{"order":["seed","prompt"]}`},
		"one input, many options": {
			[]string{"--label", "cfg=How close", "--hint", "cfg=a = b", "--min", "cfg=1", "--max", "cfg=", "--default", "cfg=2.5", "--reset", "cfg"},
			`{"inputs":[{"name":"cfg","label":"How close","help":"a = b","min":"1","max":"","default":{"number":2.5},"reset":true}]}`,
		},
		"shown and hidden": {
			[]string{"--hide", "tiled", "--show", "scheduler"},
			`{"inputs":[{"name":"scheduler","hidden":false},{"name":"tiled","hidden":true}]}`,
		},
		"roles": {
			[]string{"--role", "cfg=none", "--role", "prompt=negative-prompt"},
			`{"inputs":[{"name":"cfg","role":"INPUT_ROLE_UNSPECIFIED"},{"name":"prompt","role":"INPUT_ROLE_NEGATIVE_PROMPT"}]}`,
		},
		"choices": {
			[]string{"--choices", `sampler="a, b",c`, "--choices", "scheduler="},
			`{"inputs":[{"name":"sampler","choices":{"choices":["a, b","c"]}},{"name":"scheduler","choices":{}}]}`,
		},
		"needed or not": {
			[]string{"--optional", "sketch", "--required", "steps"},
			`{"inputs":[{"name":"sketch","optional":true},{"name":"steps","optional":false}]}`,
		},
		"defaults by kind": {
			[]string{"--default", "steps=8", "--default", "tiled=on", "--default", "sketch=fox.png", "--default", "sampler=heun"},
			`{"inputs":[{"name":"steps","default":{"integer":"8"}},{"name":"tiled","default":{"boolean":true}},` +
				`{"name":"sketch","default":{"file":{"inputFile":"fox.png"}}},{"name":"sampler","default":{"text":"heun"}}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var sent *pb.UpdateWorkflowRequest
			s := service()
			s.Update = func(_ context.Context, r *pb.UpdateWorkflowRequest) (*pb.UpdateWorkflowResponse, error) {
				sent = r
				return &pb.UpdateWorkflowResponse{Workflow: portrait()}, nil
			}
			code, out, errs := run(t, s, 0, "", append([]string{"edit", "portrait", "--quiet"}, c.args...)...)
			if code != exitcode.OK || out != "portrait\n" || sent.GetWorkflowId() != "portrait" {
				t.Fatalf("exit code %d: %s%s", code, out, errs)
			}
			sent.WorkflowId = ""
			if got, want := normal(t, protojson.Format(sent)), normal(t, c.want); got != want {
				t.Errorf("sent\n%s, want\n%s", got, want)
			}
		})
	}
}

// normal is JSON written in one way.
func normal(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	raw, _ := json.Marshal(value)
	return string(raw)
}

// What cannot be meant is refused before anything is sent.
func TestEditRefusesWhatCannotBeMeant(t *testing.T) {
	for text, args := range map[string][]string{
		"say what to change": {},
		`--label cgf: the workflow has no such input; did you mean "cfg"?`: {"--label", "cgf=Guidance"},
		`--order: the workflow has no input "sede"; did you mean "seed"?`:  {"--order", "sede"},
		`--label "cfg": write it as name=value`:                            {"--label", "cfg"},
		`--label cfg: a label has at least one character`:                  {"--label", "cfg="},
		`--min cfg: "few" is not a number`:                                 {"--min", "cfg=few"},
		`--default steps: "2.5" is not a whole number`:                     {"--default", "steps=2.5"},
		`--default tiled: "maybe" is neither true nor false`:               {"--default", "tiled=maybe"},
		`--choices steps: its kind is integer, which has no choices`:       {"--choices", "steps=1,2"},
		`--role cfg: "power" is none of prompt, negative-prompt, seed`:     {"--role", "cfg=power"},
		`--hide cfg: it is shown or hidden, not both`:                      {"--hide", "cfg", "--show", "cfg"},
		`--required cfg: it is optional or required, not both`:             {"--required", "cfg", "--optional", "cfg"},
		`--clear: "title" is none of description, tags, thumbnail`:         {"--clear", "title"},
		`--clear tags takes away what another option gives`:                {"--clear", "tags", "--tag", "a"},
		`"x" is not a job id`:                                              {"--thumbnail", "x"},
	} {
		code, _, errs := run(t, service(), 0, "", append([]string{"edit", "portrait"}, args...)...)
		if code != exitcode.Usage || !strings.Contains(errs, text) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit code %d: %s, want %s", args, code, errs, text)
		}
	}
}

// What the server refuses is told in the words of the options.
func TestEditTellsWhichOptionIsRefused(t *testing.T) {
	s := service()
	s.Update = func(context.Context, *pb.UpdateWorkflowRequest) (*pb.UpdateWorkflowResponse, error) {
		return nil, servertest.Error(codes.InvalidArgument, "bad", &pb.ErrorInfo{
			Reason: pb.ErrorReason_ERROR_REASON_INVALID_FIELDS,
			Fields: []*pb.FieldViolation{
				{Field: "inputs[1].max", Message: "ComfyUI takes at most 50"},
				{Field: "inputs[0].help", Message: "at most 500 characters"},
				{Field: "inputs[0]", Message: "something else"},
				{Field: `inputs["cfg"]`, Message: "nothing is between"},
				{Field: `order["sede"]`, Message: "is gone"},
				{Field: "title", Message: "at most 100 characters"},
				{Field: "version", Message: "too long"},
			},
		})
	}
	code, _, errs := run(t, s, 0, "", "edit", "portrait", "--max", "steps=90", "--hint", "cfg=long", "--title", "long")
	want := "comfysched: --max steps: ComfyUI takes at most 50; --hint cfg: at most 500 characters; cfg: something else; " +
		"cfg: nothing is between; --order sede: is gone; " +
		"--title: at most 100 characters; --if-version: too long (see 'comfysched workflow edit --help')\n"
	if code != exitcode.Usage || !strings.HasPrefix(errs, "comfysched: --max steps: ") || errs != want {
		t.Errorf("exit code %d:\n%s, want\n%s", code, errs, want)
	}
}
