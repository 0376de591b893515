package render_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
)

func fill(streams *term.Streams) *render.Table {
	t := render.NewTable(streams, "ID", "USER", "PROMPT")
	t.Row(render.Text("1"), render.Cell{Text: "Ada", Style: streams.Green}, render.Text("a red fox\n\tin the snow"))
	t.Row(render.Text("2"), render.Text("张伟"), render.Text(strings.Repeat("雪", 60)))
	return t
}

func TestPipesGetTabsAndNoHeading(t *testing.T) {
	streams, _, out, _ := term.Test()
	if err := fill(streams).Print(); err != nil {
		t.Fatal(err)
	}
	if want := "1\tAda\ta red fox in the snow\n2\t张伟\t" + strings.Repeat("雪", 60) + "\n"; out.String() != want {
		t.Errorf("%q", out)
	}
}

func TestTerminalsGetAlignedColumnsWithinTheirWidth(t *testing.T) {
	streams, _, out, _ := term.Test()
	streams.SetTTY(40, true)
	if err := fill(streams).Print(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], "\x1b[32mAda\x1b[m") {
		t.Fatalf("%q", lines)
	}
	for _, line := range lines {
		if w := ansi.StringWidth(line); w > 40 {
			t.Errorf("%d columns: %q", w, line)
		}
	}
	plain := ansi.Strip(out.String())
	want := "ID  USER  PROMPT\n1   Ada   a red fox in the snow\n2   张伟  " + strings.Repeat("雪", 14) + "…\n"
	if plain != want {
		t.Errorf("\n%s\nwant\n%s", plain, want)
	}
}

func TestNoRowsPrintNothing(t *testing.T) {
	streams, _, out, _ := term.Test()
	streams.SetTTY(80, false)
	if err := render.NewTable(streams, "ID").Print(); err != nil || out.Len() != 0 {
		t.Errorf("%q, %v", out, err)
	}
}

func TestLongNamesAreCutSoThatTheTableFits(t *testing.T) {
	streams, _, out, _ := term.Test()
	streams.SetTTY(40, false)
	rows := render.NewTable(streams, "ID", "USER", "PROMPT")
	rows.Names = []string{"USER"}
	rows.Row(render.Text("1"), render.Text(strings.Repeat("n", 40)), render.Text("a red fox in the snow"))
	if err := rows.Print(); err != nil {
		t.Fatal(err)
	}
	want := "ID  USER                    PROMPT\n1   " + strings.Repeat("n", 21) + "…  a red fox i…\n"
	if out.String() != want {
		t.Errorf("\n%s\nwant\n%s", out, want)
	}
}

// A column in which all rows are alike tells people nothing; programs count on it.
func TestAUniformColumnIsLeftOutForPeople(t *testing.T) {
	for name, c := range map[string]struct{ second, people, pipe string }{
		"alike":   {"gpu", "ID  PROMPT\n1   a fox\n2   a hare\n", "1\tgpu\ta fox\n2\tgpu\ta hare\n"},
		"several": {"cpu", "ID  WORKER  PROMPT\n1   gpu     a fox\n2   cpu     a hare\n", "1\tgpu\ta fox\n2\tcpu\ta hare\n"},
	} {
		for width, want := range map[int]string{0: c.pipe, 80: c.people} {
			streams, _, out, _ := term.Test()
			streams.SetTTY(width, false)
			first, second := render.NewTable(streams, "ID", "WORKER", "PROMPT"), render.NewTable(streams)
			first.Several = []string{"WORKER"}
			first.Row(render.Text("1"), render.Text("gpu"), render.Text("a fox"))
			second.Row(render.Text("2"), render.Text(c.second), render.Text("a hare"))
			first.Append(second)
			if err := first.Print(); err != nil || out.String() != want {
				t.Errorf("%s at %d columns: %q, %v", name, width, out, err)
			}
		}
	}
}
