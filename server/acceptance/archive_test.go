//go:build linux

package acceptance_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image/color"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// unzip asks for an archive and returns its files, whose names it gives in their order.
func (s *site) unzip(c *client, path string) (names []string, files map[string][]byte) {
	s.t.Helper()
	status, raw := s.fetch(c, path)
	if status != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, status, raw)
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	files = map[string][]byte{}
	for _, f := range archive.File {
		content, err := f.Open()
		if err != nil {
			s.t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(content); err != nil {
			s.t.Errorf("%s in %s: %v", f.Name, path, err)
		}
		names = append(names, f.Name)
		if stored := f.Method == zip.Store; stored != strings.HasSuffix(f.Name, ".png") {
			s.t.Errorf("%s in %s has method %d", f.Name, path, f.Method)
		}
	}
	return names, files
}

// A zip holds what its jobs wrote, under names that do not clash, and tells what is not there any more.
func TestArchives(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*site{
		"local":  newSite(t),
		"remote": newSite(t).remote(func(http.ResponseWriter, *http.Request) bool { return false }),
	} {
		s.start()
		ada, bob := s.signIn(), s.signIn()
		var jobs []*pb.Job
		for _, request := range []*pb.BookJobRequest{withSeed("A red fox!", 42), withSeed("a red FOX", 42), withSeed("a hare", 7)} {
			if len(jobs) == 2 { // its slot has no moment in common with that of the second, which may have ended early
				request.Start = &pb.BookJobRequest_StartMs{StartMs: max(now()+500, jobs[1].TimeSlot.EndMs+1, jobs[1].FinishedAtMs+1)}
			}
			done := ada.untilEnded(ada.book(request).Id)
			if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
				t.Fatal(name, done)
			}
			jobs = append(jobs, done)
		}
		bob.untilEnded(bob.book(withSeed("not hers", 1)).Id)
		second := fmt.Sprintf("a-red-fox_seed-42_%s.png", jobs[1].Id[len(jobs[1].Id)-8:])
		names, files := s.unzip(ada, "/archives/mine")
		if want := []string{"a-red-fox_seed-42.png", second, "a-hare_seed-7.png"}; !slices.Equal(names, want) {
			t.Errorf("%s: %v, not %v", name, names, want)
		}
		for n, file := range names {
			if _, own := s.fetch(ada, "/results/"+jobs[n].Id+"/0"); len(own) == 0 || !bytes.Equal(own, files[file]) {
				t.Errorf("%s: %s is not the result of its job", name, file)
			}
		}
		if names, _ := s.unzip(bob, "/archives/jobs/"+jobs[1].Id); !slices.Equal(names, []string{"a-red-fox_seed-42.png"}) {
			t.Errorf("%s: of one job: %v", name, names)
		}
		from := fmt.Sprintf("/archives/mine?from=%d", jobs[2].TimeSlot.StartMs)
		if names, _ := s.unzip(ada, from); !slices.Equal(names, []string{"a-hare_seed-7.png"}) {
			t.Errorf("%s: from the third on: %v", name, names)
		}
		if name == "remote" {
			continue
		}
		output := filepath.Join(s.Folder, "data", "simulated", "output")
		if err := os.Remove(filepath.Join(output, jobs[0].ResultFilename)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(output, jobs[1].ResultFilename), picture(t, 8, 8, color.Black), 0o600); err != nil {
			t.Fatal(err)
		}
		names, files = s.unzip(ada, "/archives/mine")
		told := string(files["NOT-IN-THIS-ARCHIVE.txt"])
		if len(names) != 2 || files["a-hare_seed-7.png"] == nil || !strings.Contains(told, jobs[0].Id+"): the file of this result was deleted") ||
			!strings.Contains(told, jobs[1].Id+"): the file of this result was overwritten") {
			t.Errorf("%v, told %q", names, told)
		}
	}
}

func TestWhoMayHaveArchives(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("access.private_jobs", true).start()
	ada, bob := s.signIn(), s.signIn()
	done := ada.untilEnded(ada.book(nextFree("a red fox")).Id)
	waiting := ada.book(exactly(now()+600_000, "later"))
	for path, want := range map[string][3]int{ // nobody, owner, another
		"/archives/jobs/" + done.Id:              {401, 200, 404},
		"/archives/jobs/" + waiting.Id:           {401, 404, 404},
		"/archives/jobs/nobody's":                {401, 404, 404},
		"/archives/series/" + done.Id:            {401, 404, 404},
		"/archives/mine":                         {401, 200, 404}, // the other has none
		"/archives/mine?from=1&to=2":             {401, 404, 404},
		"/archives/mine?from=soon":               {401, 400, 400},
		"/archives/mine?from=2&to=1":             {401, 400, 400},
		"/archives/mine?to=99999999999999999999": {401, 400, 400},
	} {
		for n, c := range []*client{s.visitor(), ada, bob} {
			if status, answer := s.fetch(c, path); status != want[n] {
				t.Errorf("%s: %d for %d, not %d: %.200s", path, status, n, want[n], answer)
			}
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/archives/mine", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "comfyscheduler_0", Value: ada.Token})
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	named := response.Header.Get("Content-Disposition")
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(named, "attachment; filename=results-of-") {
		t.Errorf("with the cookie: %d %v", response.StatusCode, response.Header)
	}
}

// The jobs that were booked together are kept together.
func TestArchiveOfASeries(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	ada := s.signIn()
	made, err := ada.BookSeries(t.Context(), &pb.BookSeriesRequest{
		Start:  &pb.BookSeriesRequest_EarliestStartMs{EarliestStartMs: now() + 2000},
		Inputs: nextFree("A red fox").Inputs,
		Count:  3,
	})
	if err != nil || len(made.Jobs) != 3 {
		t.Fatal(made, err)
	}
	path := "/archives/series/" + made.SeriesId
	if status, _ := s.fetch(ada, path); status != http.StatusNotFound {
		t.Errorf("before any has ended: %d", status)
	}
	ada.untilEnded(ada.book(nextFree("not of it")).Id)
	var want []string
	for _, j := range made.Jobs {
		want = append(want, fmt.Sprintf("a-red-fox_seed-%d.png", ada.untilEnded(j.Id).GetSeed()))
	}
	names, _ := s.unzip(ada, path)
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("%v, not %v", names, want)
	}
}
