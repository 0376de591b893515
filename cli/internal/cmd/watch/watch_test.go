package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

var nowMS = servertest.Now.UnixMilli()

func job(n int, user string, s pb.JobStatus, startS, lengthS int64) *pb.Job {
	return &pb.Job{
		Id:         fmt.Sprintf("01a20620-0a48-72b1-9629-c5af%08d", n),
		UserId:     "id of " + user,
		WorkerId:   "main",
		Prompt:     fmt.Sprintf("prompt %d", n),
		Status:     s,
		DurationMs: lengthS * 1000,
		TimeSlot:   &pb.TimeSlot{StartMs: nowMS + startS*1000, EndMs: nowMS + (startS+lengthS)*1000},
		Seed:       new(uint64),
		Version:    1,
		Attempt:    1,
	}
}

func snapshot() *pb.WatchStateResponse {
	return &pb.WatchStateResponse{
		Snapshot: &pb.StateSnapshot{
			Revision: &pb.Revision{Epoch: "e", Number: 4},
			Users:    []*pb.UserName{{UserId: "id of ada", Name: "ada"}, {UserId: "id of eve", Name: "eve"}},
			Jobs: []*pb.Job{
				job(1, "ada", pb.JobStatus_JOB_STATUS_COMPLETED, -12, 5),
				job(2, "eve", pb.JobStatus_JOB_STATUS_PROCESSING, -3, 8),
				job(3, "ada", pb.JobStatus_JOB_STATUS_SCHEDULED, 6, 8),
			},
		},
		Statuses: []*pb.StatusUpdate{{
			Complete: true,
			System: &pb.SystemState{
				Status:  pb.SystemStatus_SYSTEM_STATUS_READY,
				Workers: []*pb.Worker{{Id: "main"}},
			},
			Workflows: []*pb.WorkflowSummary{{
				Id:        "klein",
				Estimates: []*pb.WorkflowEstimate{{WorkerId: "main", SlotDurationMs: 8_000}},
			}},
			Presence: &pb.Presence{Connections: 3, Users: 2},
		}},
		Heartbeat: &pb.Heartbeat{ServerTimeMs: nowMS},
		Progress:  []*pb.JobProgress{{JobId: job(2, "", 0, 0, 0).GetId(), Attempt: 1, NodeTitle: "KSampler", Step: 3, Total: 8}},
	}
}

func newTestScreen(width, height int) screen {
	streams, _, _, _ := term.Test()
	streams.SetTTY(width, false)
	clock := when.Clock{Now: func() time.Time { return servertest.Now }, Zone: time.UTC}
	s := newScreen(streams, clock, "http://localhost:3000", &pb.User{Id: "id of ada", Name: "Ada"})
	return after(s, tea.WindowSizeMsg{Width: width, Height: height})
}

func after(s screen, messages ...tea.Msg) screen {
	for _, m := range messages {
		next, _ := s.Update(m)
		s = next.(screen)
	}
	return s
}

func press(name rune) tea.Msg { return tea.KeyPressMsg{Code: name, Text: string(name)} }

func TestScreenShowsTheTimelineAndTheList(t *testing.T) {
	s := after(newTestScreen(80, 14), heard{snapshot()})
	got := s.View().Content
	lines := strings.Split(got, "\n")
	if len(lines) != 14 {
		t.Errorf("%d lines on a screen of 14", len(lines))
	}
	for _, line := range lines {
		if w := ansi.StringWidth(line); w > 80 {
			t.Errorf("%d columns: %q", w, line)
		}
	}
	for _, part := range []string{
		"● ready", "Ada  2 connected  12:00:00 UTC",
		"main      ·····[*ada]···[eve====][*ada===]···",
		"▲ now",
		"  00000002  11:59:57      KSampler 3/8      eve         prompt 2\n" +
			"  00000003  12:00:06      scheduled         ada         prompt 3\n" +
			"  00000001  11:59:48      completed         ada         prompt 1\n",
		"q quit",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("the screen lacks %q:\n%s", part, got)
		}
	}
}

func TestScreenKeys(t *testing.T) {
	s := after(newTestScreen(80, 20), heard{snapshot()})
	first := s.view()
	if zoomed := after(s, press('+')).view(); zoomed.PerColumn != first.PerColumn/2 {
		t.Errorf("zoom in: %d from %d ms a column", zoomed.PerColumn, first.PerColumn)
	}
	right := after(s, press('l'))
	if right.view().StartMS <= first.StartMS || after(right, press('n')).view() != first {
		t.Errorf("moving right and back: %v, %v", right.view(), after(right, press('n')).view())
	}
	chosen := after(s, press('j'), press('j'))
	if !strings.Contains(chosen.View().Content, "> 00000003") ||
		!strings.Contains(chosen.View().Content, "01a20620-0a48-72b1-9629-c5af00000003  2026-11-23 12:00:06 UTC, 8 s") {
		t.Errorf("the chosen job is not shown:\n%s", chosen.View().Content)
	}
	if top := after(chosen, press('k'), press('k'), press('k')); !strings.Contains(top.View().Content, "> 00000002") {
		t.Errorf("going up beyond the first job:\n%s", top.View().Content)
	}
	if _, cmd := s.Update(press('q')); cmd == nil || cmd() != tea.Quit() {
		t.Error("q does not quit")
	}
}

func TestScreenTellsOfALostConnection(t *testing.T) {
	s := after(newTestScreen(90, 10), heard{snapshot()}, lost{})
	if got := s.View().Content; !strings.Contains(got, "connection lost, trying again") {
		t.Error(got)
	}
	if got := after(s, back{}).View().Content; !strings.Contains(got, "● ready") {
		t.Error(got)
	}
}

// A new name comes without the jobs of its bearer, how many are connected without who they are.
func TestScreenFollowsNamesAndPresence(t *testing.T) {
	delta := &pb.StateDelta{
		Revision: &pb.Revision{Epoch: "e", Number: 5},
		Users:    []*pb.UserName{{UserId: "id of eve", Name: "Evelyn"}},
	}
	crowd := &pb.StatusUpdate{Presence: &pb.Presence{Connections: 700, Users: 612}}
	s := after(newTestScreen(80, 14), heard{snapshot()}, heard{&pb.WatchStateResponse{
		Deltas:   []*pb.StateDelta{delta},
		Statuses: []*pb.StatusUpdate{crowd},
	}})
	got := s.View().Content
	for _, part := range []string{"612 connected", "[Evelyn=]", "Evelyn      prompt 2"} {
		if !strings.Contains(got, part) {
			t.Errorf("the screen lacks %q:\n%s", part, got)
		}
	}
}

// However low the terminal is, the keys stay in sight; so does the pause that explains an idle worker.
func TestLowScreensShowWhatMatters(t *testing.T) {
	paused := snapshot()
	paused.Statuses[0].System.Workers[0].Pause = &pb.Pause{
		TimeSlot: &pb.TimeSlot{StartMs: nowMS + 20_000, EndMs: nowMS + 60_000},
		Reason:   "driver update",
	}
	for height := 5; height <= 24; height++ {
		s := after(newTestScreen(80, height), heard{paused})
		lines := strings.Split(s.View().Content, "\n")
		if len(lines) != height || !strings.HasPrefix(lines[height-1], "q quit") {
			t.Errorf("%d rows: %q", height, lines)
		}
		if content := s.View().Content; !strings.Contains(content, "● ready") ||
			!strings.Contains(content, "paused driver update") || !strings.Contains(content, "▲ now") {
			t.Errorf("%d rows:\n%s", height, content)
		}
	}
}

func TestScreenFitsAnySize(t *testing.T) {
	for _, size := range [][2]int{{20, 3}, {1, 1}, {80, 5}, {200, 60}} {
		s := after(newTestScreen(size[0], size[1]), heard{snapshot()}, press('j'))
		for _, line := range strings.Split(s.View().Content, "\n") {
			if w := ansi.StringWidth(line); w > size[0] {
				t.Errorf("%v: %d columns: %q", size, w, line)
			}
		}
		if n := strings.Count(s.View().Content, "\n") + 1; n > size[1] {
			t.Errorf("%v: %d lines", size, n)
		}
	}
}

func TestLinesAreOneChangeEachAndResumable(t *testing.T) {
	delta := func(n int64) *pb.StateDelta {
		return &pb.StateDelta{
			Revision: &pb.Revision{Epoch: "e", Number: n},
			Jobs:     []*pb.Job{job(int(n), "ada", pb.JobStatus_JOB_STATUS_SCHEDULED, 1, 1)},
		}
	}
	var resumed []string
	type sender = grpc.ServerStreamingServer[pb.WatchStateResponse]
	f, term := servertest.With(t, &servertest.Scheduler{
		Watch: func(req *pb.WatchStateRequest, out sender) error {
			resumed = append(resumed, fmt.Sprint(req.GetResumeAfter().GetNumber()))
			after := req.GetResumeAfter().GetNumber()
			for _, r := range []*pb.WatchStateResponse{
				{ConnectionId: "c", Heartbeat: &pb.Heartbeat{}},
				{Deltas: []*pb.StateDelta{delta(after + 1), delta(after + 2)}, Progress: []*pb.JobProgress{{JobId: "x"}}},
			} {
				if err := out.Send(r); err != nil {
					return err
				}
			}
			return status.Error(codes.Unavailable, "the cable was cut")
		},
	})
	cmd := NewCmdWatch(f)
	cmd.SetArgs([]string{"--since", "e:7", "--limit", "4"})
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(term.Out.String()), "\n")
	if len(lines) != 4 || fmt.Sprint(resumed) != "[7 9]" {
		t.Fatalf("%d lines, resumed after %v:\n%s", len(lines), resumed, term.Out)
	}
	for i, line := range lines {
		const begin = `{"deltas":[{"revision":{"epoch":"e","number":"%d"},"jobs":[{"id":"01a20620-0a48-72b1-9629-c5af%08d"`
		if want := fmt.Sprintf(begin, 8+i, 8+i); !strings.HasPrefix(line, want) {
			t.Errorf("line %d is %s", i, line)
		}
	}
}

// Whoever goes on after the revision of a line misses nothing: what one commit changed is one line.
func TestDeltasOfOneRevisionAreOneLine(t *testing.T) {
	delta := func(n int64) *pb.StateDelta { return &pb.StateDelta{Revision: &pb.Revision{Epoch: "e", Number: n}} }
	parts := split(&pb.WatchStateResponse{Deltas: []*pb.StateDelta{delta(1), delta(2), delta(2), delta(3)}}, false)
	if len(parts) != 3 || len(parts[1].GetDeltas()) != 2 {
		t.Errorf("%v", parts)
	}
}

func TestSinceMustBeARevision(t *testing.T) {
	for _, text := range []string{"7", "e:", ":7", "e:x", "e:-1"} {
		if r, err := parseRevision(text); err == nil {
			t.Errorf("%q is taken as %v", text, r)
		}
	}
	if r, err := parseRevision("a:b:7"); err != nil || r.GetEpoch() != "a:b" || r.GetNumber() != 7 {
		t.Errorf("%v, %v", r, err)
	}
}

// Several workers are lanes with their titles, how they are, their load and what they run; as many as leave room for the jobs.
func TestLanesOfSeveralWorkers(t *testing.T) {
	several := snapshot()
	workers := []*pb.Worker{
		{Id: "main", Title: "Left card", Status: pb.WorkerStatus_WORKER_STATUS_READY},
		{Id: "two", Title: "two", Status: pb.WorkerStatus_WORKER_STATUS_OFFLINE},
		{Id: "three", Title: "three", OutOfService: true, OutOfServiceReason: "dust", Status: pb.WorkerStatus_WORKER_STATUS_READY},
	}
	for n := range 20 {
		workers = append(workers, &pb.Worker{Id: fmt.Sprint("w", n), Title: fmt.Sprint("w", n)})
	}
	several.Statuses[0].System.Workers = workers
	text := ansi.Strip(after(newTestScreen(140, 30), heard{several}).View().Content)
	for _, want := range []string{"Left card ", "out of service dust", "  0% offline", "  0% KSampler 3/8 eve", "… and 11 more workers"} {
		if !strings.Contains(text, want) {
			t.Errorf("does not show %q:\n%s", want, text)
		}
	}
	if narrow := ansi.Strip(after(newTestScreen(80, 30), heard{several}).View().Content); strings.Contains(narrow, "0% ") {
		t.Errorf("a narrow terminal has no room for loads:\n%s", narrow)
	}
	if one := ansi.Strip(after(newTestScreen(140, 30), heard{snapshot()}).View().Content); strings.Contains(one, "0% ") {
		t.Errorf("one worker needs no load:\n%s", one)
	}
}
