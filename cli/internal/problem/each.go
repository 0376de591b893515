package problem

import (
	"fmt"
	"io"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
)

// Each does the same with each of several things. One alone gives its own error. Of several, each that fails is told
// about on w while the others go on; the error then only carries the first one's exit code.
func Each(w io.Writer, explain Explainer, names []string, do func(name string) error) error {
	if len(names) == 1 {
		return do(names[0])
	}
	code := exitcode.OK
	for _, name := range names {
		err := do(name)
		if err == nil {
			continue
		}
		line := explain.Line(err)
		if !strings.Contains(line, name) {
			line = name + ": " + line
		}
		fmt.Fprintln(w, "comfysched: "+line)
		if code == exitcode.OK {
			code = Code(err)
		}
		if code == exitcode.Interrupted || Code(err) == exitcode.Unavailable {
			break
		}
	}
	if code != exitcode.OK {
		return exitcode.Silent(code)
	}
	return nil
}
