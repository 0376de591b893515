package job_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Editors and shells of Windows put a byte order mark first.
// The case prompts_with_mark.
func TestAByteOrderMarkIsNoPartOfAPrompt(t *testing.T) {
	const marked = "\uFEFFa red fox\r\na hare\r\n"
	file := filepath.Join(t.TempDir(), "prompts.txt")
	if err := os.WriteFile(file, []byte(marked), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"file":       {[]string{"--prompt-file", file}, "a red fox\r\na hare"},
		"stdin":      {nil, "a red fox\r\na hare"},
		"lines":      {[]string{"--each-line"}, "a red fox|a hare"},
		"file lines": {[]string{"--each-line", "--prompt-file", file}, "a red fox|a hare"},
	} {
		var prompts []string
		f, term := servertest.With(t, &servertest.Scheduler{
			Book: func(_ context.Context, req *pb.BookJobRequest) (*pb.BookJobResponse, error) {
				prompts = append(prompts, req.GetInputs()["prompt"].GetText())
				return booked(req), nil
			},
		})
		term.In.WriteString(marked)
		f.Args = append([]string{"book", "--next"}, c.args...)
		if code := root.Run(t.Context(), f); code != exitcode.OK || strings.Join(prompts, "|") != c.want {
			t.Errorf("%s: exit code %d, %q", name, code, prompts)
		}
	}
}

func TestAPromptMustBeText(t *testing.T) {
	f, term := servertest.With(t, &servertest.Scheduler{})
	term.In.WriteString("caf\xe9")
	f.Args = []string{"book", "--next"}
	if code := root.Run(t.Context(), f); code != exitcode.Usage || !strings.Contains(term.Err.String(), "not UTF-8") {
		t.Errorf("exit code %d: %s", code, term.Err)
	}
}
