package torture_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// pidComesAgain has a pid come a second time: ComfyUI 1 ends, ComfyUI 2 runs a prompt of job b, and then a third has pid 1.
func pidComesAgain(e *evidence, born string) {
	for i := range e.Runs {
		e.Runs[i].Born = "10"
	}
	e.Lifetimes = map[comfyUI]lifetime{{1, "10"}: {First: 100, Last: 1085}, {2, "20"}: {First: 1100, Last: 1200}}
	e.Lifetimes[comfyUI{1, born}] = lifetime{First: 1300, Last: 5000}
	e.Runs = append(e.Runs,
		run{Event: "start", PromptID: "of somebody else", PID: 2, Born: "20", At: 1150},
		run{Event: "start", PromptID: "of somebody else too", PID: 1, Born: born, At: 1350})
}

// The system may give a pid twice: one that has it later is not the one that had it before.
func TestCheckTellsComfyUIsWithOnePidApart(t *testing.T) {
	for born, says := range map[string]string{"30": "", "10": "ComfyUI 1 runs prompt of somebody else too after another had begun"} {
		e := story()
		pidComesAgain(&e, born)
		found := strings.Join(about(check(e), "after another had begun"), "\n")
		if (says == "") != (found == "") || !strings.Contains(found, says) {
			t.Errorf("the second with pid 1 was born at %s: found %q", born, found)
		}
	}
	// Nor is a run known to it that the one before has ended.
	e := story()
	pidComesAgain(&e, "30")
	fails("lost", 2)(&e)
	if found := strings.Join(check(e), "\n"); strings.Contains(found, `failed with "lost"`) {
		t.Errorf("found %s", found)
	}
	e.Lifetimes[comfyUI{1, "10"}] = lifetime{First: 100, Last: 5000}
	if found := strings.Join(check(e), "\n"); !strings.Contains(found, `failed with "lost"`) {
		t.Errorf("of one that lived on: found %q", found)
	}
}

// A ComfyUI that a prompt has ended was ended by nobody else, whatever became of that prompt before and after the run.
func TestCheckKnowsWhatARunWasAsked(t *testing.T) {
	deadly := func(j *job) { j.Prompt = "c-1 text [[crash]]" }
	retried := func(e *evidence) { // nobody was shown the first attempt as it ran
		e.Sightings = e.Sightings[:3]
		alter(e, 0, func(r *row) { r.Status, r.Attempt = scheduled, 2 })
	}
	for name, tc := range map[string]struct {
		plant func(e *evidence)
		wrong bool
	}{
		"nothing deadly":     {func(*evidence) {}, true},
		"shown as it ran":    {func(e *evidence) { deadly(&e.Sightings[6].Jobs[0]) }, false},
		"edited before":      {func(e *evidence) { deadly(&e.Sightings[1].Jobs[0]) }, true},
		"edited, maybe":      {func(e *evidence) { retried(e); edit(e, unknown) }, false},
		"edited, refused":    {func(e *evidence) { retried(e); edit(e, refused) }, true},
		"in another attempt": {func(e *evidence) { retried(e); alter(e, 0, func(r *row) { deadly(&r.job) }) }, true},
		"taken back by a restore": {func(e *evidence) {
			deadly(&e.Sightings[6].Jobs[0])
			e.Sightings[6].At, e.Voids = 1500, []void{{From: 1000, To: 2000}}
			e.Sightings[7].Jobs, e.Sightings[8].Jobs = nil, nil
			alter(e, 0, func(r *row) { r.Status = scheduled })
		}, false},
	} {
		e := story()
		e.Runs, e.Beside = e.Runs[:1], []comfyUI{{PID: 1}}
		tc.plant(&e)
		if found := strings.Join(check(e), "\n"); strings.Contains(found, "while a second service lived") != tc.wrong {
			t.Errorf("%s: found %q", name, found)
		}
	}
}

// edit has job a be edited a second time, to what ends a ComfyUI.
func edit(e *evidence, outcome string) {
	e.Calls = append(e.Calls, call{
		Client:  "c",
		Verb:    "edit",
		JobID:   jobA,
		Version: 2,
		Prompt:  "c-1 text [[crash]]",
		Began:   900_000,
		Ended:   950_000,
		Outcome: outcome,
		Code:    "unavailable",
	})
}

// A process that was born is told from the one that has its number after it.
func TestComfyUIAtTellsBirths(t *testing.T) {
	own := comfyUIAt(os.Getpid())
	if own.Born == "" || own != comfyUIAt(os.Getpid()) {
		t.Errorf("this process: %+v", own)
	}
	child := exec.Command("true")
	if err := child.Run(); err != nil {
		t.Skip("there is no program to run:", err)
	}
	if gone := comfyUIAt(child.Process.Pid); gone.Born != "" {
		t.Errorf("one that has ended: %+v", gone)
	}
}
