package workflow_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// importing is a service that notes what is imported.
func importing(sent **pb.ImportWorkflowRequest) *servertest.Workflows {
	s := service()
	s.Import = func(_ context.Context, r *pb.ImportWorkflowRequest) (*pb.ImportWorkflowResponse, error) {
		*sent = r
		return &pb.ImportWorkflowResponse{Workflow: portrait()}, nil
	}
	return s
}

func TestImportSendsTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "Fox portrait.json")
	if err := os.WriteFile(file, []byte(`{"1":{}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		in   string
		want *pb.ImportWorkflowRequest
	}{
		"a file": {
			[]string{file, "--title", "Foxes", "--id", "fox"},
			"",
			&pb.ImportWorkflowRequest{
				Source:     &pb.ImportWorkflowRequest_Content{Content: []byte(`{"1":{}}`)},
				Filename:   "Fox portrait.json",
				Title:      "Foxes",
				WorkflowId: "fox",
			},
		},
		"standard input, to look": {
			[]string{"-", "--check"},
			"\ufeff{}",
			&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte("\ufeff{}")}, CheckOnly: true},
		},
		"a template": {
			[]string{"--template", "image_fox", "--worker", "gpu"},
			"",
			&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Template{Template: "image_fox"}, WorkerId: "gpu"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var sent *pb.ImportWorkflowRequest
			code, out, errs := run(t, importing(&sent), 0, c.in, append([]string{"import", "--quiet"}, c.args...)...)
			if code != exitcode.OK || out != "portrait\n" || sent.GetRequestId() == "" {
				t.Fatalf("exit code %d: %s%s", code, out, errs)
			}
			sent.RequestId = ""
			if sent.String() != c.want.String() {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

func TestAFileIsForEveryWorker(t *testing.T) {
	var sent *pb.ImportWorkflowRequest
	code, _, errs := run(t, importing(&sent), 0, "{}", "import", "-", "--worker", "gpu")
	if code != exitcode.Usage || sent != nil || !strings.Contains(errs, "--worker goes with --template") {
		t.Errorf("exit code %d, sent %v: %s", code, sent, errs)
	}
}

// A person is told what the workflow takes, where it runs, and how it is booked.
func TestImportTellsAPersonHowToGoOn(t *testing.T) {
	var sent *pb.ImportWorkflowRequest
	code, out, errs := run(t, importing(&sent), 100, "", "import", "--template", "image_fox")
	for _, part := range []string{
		"Imported: portrait (Fox portrait)\n",
		"\nsketch ",
		"gpu: can run it;",
		"https://models.example/fox.safetensors\n",
		"\nBook it: comfysched book --workflow portrait --next --set sketch=FILE \"PROMPT\"\n",
	} {
		if code != exitcode.OK || !strings.Contains(out, part) {
			t.Errorf("exit code %d, no %q in\n%s%s", code, part, out, errs)
		}
	}
	if _, out, _ := run(t, importing(&sent), 100, "", "import", "--template", "x", "--check"); strings.Contains(out, "Book it") {
		t.Errorf("what was not imported is to be booked:\n%s", out)
	}
}

// One reason is a line; several are a line each.
func TestImportTellsWhyAFileIsRefused(t *testing.T) {
	first := &pb.FieldViolation{Field: "5", Rule: "workflow", Message: "node 5 \"Load\" (LoadImage): it has no inputs; export it again"}
	second := &pb.FieldViolation{Field: "9", Rule: "workflow", Message: "another node has the same id"}
	for want, fields := range map[string][]*pb.FieldViolation{
		"comfysched: standard input: node 5 \"Load\" (LoadImage): it has no inputs; export it again " +
			"(see 'comfysched workflow import --help')\n": {
			first,
		},
		"standard input: node 5 \"Load\" (LoadImage): it has no inputs; export it again\n" +
			"standard input: node 9: another node has the same id\n" +
			"comfysched: standard input cannot be taken, for 2 reasons (see 'comfysched workflow import --help')\n": {first, second},
		"comfysched: standard input: it is no workflow (see 'comfysched workflow import --help')\n": nil,
	} {
		s := service()
		s.Import = func(context.Context, *pb.ImportWorkflowRequest) (*pb.ImportWorkflowResponse, error) {
			return nil, servertest.Error(codes.InvalidArgument, "it is no workflow", &pb.ErrorInfo{
				Reason: pb.ErrorReason_ERROR_REASON_WORKFLOW_REFUSED,
				Fields: fields,
			})
		}
		code, out, errs := run(t, s, 0, "{}", "import", "-")
		if code != exitcode.Usage || out != "" || errs != want {
			t.Errorf("exit code %d, %q:\n%s, want\n%s", code, out, errs, want)
		}
	}
}

func TestImportRefusesWhatIsNoFile(t *testing.T) {
	var sent *pb.ImportWorkflowRequest
	for text, args := range map[string][]string{
		"say what to import":             {},
		"FILE, - for standard input, or": {"fox.json", "--template", "image_fox"},
		"no such file":                   {filepath.Join(t.TempDir(), "none.json")},
		"is a directory":                 {t.TempDir()},
		"standard input is empty":        {"-"},
	} {
		code, _, errs := run(t, importing(&sent), 0, "", append([]string{"import"}, args...)...)
		if code != exitcode.Usage || !strings.Contains(errs, text) || sent != nil {
			t.Errorf("%q: exit code %d: %s", args, code, errs)
		}
	}
	if code, _, errs := run(t, importing(&sent), 80, "", "import", "-"); code != exitcode.Usage ||
		!strings.Contains(errs, "nothing comes in") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// A file that is too large for a call is uploaded before, whole.
func TestImportUploadsALargeFile(t *testing.T) {
	content := bytes.Repeat([]byte("fox "), 600_000)
	var sent *pb.ImportWorkflowRequest
	f, term, uploads := servertest.WithUploads(t, importing(&sent))
	term.In.Write(content)
	if code := runWith(t, f, "import", "-", "--quiet"); code != exitcode.OK || sent.GetUploadId() != "upload-1" {
		t.Fatalf("exit code %d, %v: %s", code, sent, term.Err)
	}
	if got := uploads(); len(got) != 1 || !bytes.Equal(got[0], content) {
		t.Errorf("%d uploads", len(got))
	}
}
