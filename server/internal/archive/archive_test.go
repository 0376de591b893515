package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/archive"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func of(id, prompt string, names ...string) job.Job {
	j := job.Job{
		ID:         id,
		Worker:     "gpu",
		Workflow:   "fox_api",
		FinishedAt: 1_700_000_000_000,
		Inputs:     workflow.Values{"prompt": workflow.Text(prompt)},
	}
	for _, name := range names {
		j.Results = append(j.Results, job.Result{Filename: name, Text: "a text"})
	}
	return j
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		prompt, result string
		n              int
		want           string
	}{
		{"A red fox!", "a/b.PNG", 0, "a-red-fox.png"},
		{"A red fox!", "a/b.png", 2, "a-red-fox_3.png"},
		{"", "b.webp", 0, "fox-api.webp"},
		{"../../etc/passwd", "b.png", 0, "etc-passwd.png"},
		{"con", "b.png", 0, "con_.png"},
		{"ein Füchschen 狐", "b.png", 0, "ein-füchschen-狐.png"},
		{strings.Repeat("word ", 40), "b.png", 0, "word-word-word-word-word-word-word-word.png"},
		{"a fox", "", 0, "a-fox.txt"},
		{"a fox", "a.p\nng", 0, "a-fox"},
		{"a fox", "a." + strings.Repeat("x", 40), 0, "a-fox"},
		{"a fox", "a.", 0, "a-fox"},
	} {
		j := of("1", c.prompt, make([]string, c.n+1)...)
		j.Results[c.n].Filename = c.result
		if got := archive.FileName(j, c.n); got != c.want {
			t.Errorf("%q, %q: %q, not %q", c.prompt, c.result, got, c.want)
		}
	}
}

// packed makes a zip of jobs and returns its names with their contents.
func packed(t *testing.T, open archive.Open, jobs ...job.Job) map[string]string {
	t.Helper()
	var raw bytes.Buffer
	z := archive.New(&raw, open)
	for _, j := range jobs {
		if err := z.Add(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	read, err := zip.NewReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range read.File {
		content, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := files[f.Name]; twice {
			t.Errorf("%s is there twice", f.Name)
		}
		files[f.Name] = string(data)
	}
	return files
}

// content opens a file that holds its own name, or is gone, or away, when its name says so.
func content(_ context.Context, j job.Job, n int) (io.ReadCloser, int64, error) {
	name := j.Results[n].Filename
	switch {
	case strings.HasPrefix(name, "gone"):
		return nil, 0, fault.New(fault.ResultChanged, "it was deleted")
	case strings.HasPrefix(name, "away"):
		return nil, 0, errors.New("no answer")
	}
	return io.NopCloser(strings.NewReader(name)), -1, nil
}

func TestNamesDoNotClash(t *testing.T) {
	files := packed(t, content,
		of("aaaa00000001", "a fox", "1.png", "2.png", ""),
		of("aaaa00000002", "A FOX", "3.png"),
		of("bbbb00000002", "A fox", "4.png"),
		of("cccc00000003", "a fox 2", "5.png"),
		of("dddd00000004", "not in this archive", ""))
	for name, want := range map[string]string{
		"a-fox.png":               "1.png",
		"a-fox_2.png":             "2.png",
		"a-fox_3.txt":             "a text",
		"a-fox_00000002.png":      "3.png",
		"a-fox_00000002_2.png":    "4.png",
		"a-fox-2.png":             "5.png",
		"not-in-this-archive.txt": "",
	} {
		if want != "" && files[name] != want {
			t.Errorf("%s holds %q, not %q", name, files[name], want)
		}
	}
	if len(files) != 7 || files["not-in-this-archive_00000004.txt"] != "a text" {
		t.Errorf("%v", files)
	}
}

func TestWhatIsMissingIsTold(t *testing.T) {
	asked := 0
	counting := func(ctx context.Context, j job.Job, n int) (io.ReadCloser, int64, error) {
		asked++
		return content(ctx, j, n)
	}
	jobs := []job.Job{of("00000001", "a fox", "gone.png", "1.png")}
	for n := range 9 {
		jobs = append(jobs, of(fmt.Sprint("1000000", n), "a hare", "away.png"))
	}
	files := packed(t, counting, jobs...)
	told := strings.Split(strings.TrimSpace(files[archive.Missing]), "\r\n")
	if len(files) != 2 || files["a-fox_2.png"] != "1.png" || len(told) != 10 ||
		told[0] != "a-fox.png (result 0 of job 00000001): it was deleted" || !strings.Contains(told[9], "10000008") {
		t.Errorf("%v", files)
	}
	if asked != 2+3 {
		t.Errorf("a worker that does not answer was asked %d times", asked-2)
	}
}

func TestHalfAFileIsNoFile(t *testing.T) {
	z := archive.New(io.Discard, func(context.Context, job.Job, int) (io.ReadCloser, int64, error) {
		return io.NopCloser(strings.NewReader("half")), 8, nil
	})
	if err := z.Add(t.Context(), of("1", "a fox", "1.png")); err == nil {
		t.Error("a part of a file was taken for the whole")
	}
}

func TestAnArchiveIsBounded(t *testing.T) {
	z := archive.New(io.Discard, content)
	j := of("00000001", "a fox", make([]string, 1000)...)
	for range archive.MaxFiles / 1000 {
		if err := z.Add(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Add(t.Context(), j); !errors.Is(err, archive.ErrFull) {
		t.Errorf("beyond the bound: %v", err)
	}
	if err := z.Close(); err != nil {
		t.Error(err)
	}
}
