package simulator_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator"
)

func TestMisbehaveFlag(t *testing.T) {
	for argument, wrong := range map[string]string{
		"slow=5s":            "",
		"hang":               "",
		"hang=3":             "",
		"deaf":               "",
		"crash":              "",
		"error":              "",
		"fail=2":             "",
		"no-result":          "",
		"empty-history":      "",
		"lose-end":           "",
		"mute-ws":            "",
		"bad-frames":         "",
		"lose-frames=0.25":   "",
		"delay-frames=300ms": "",
		"crash-on-start":     "",
		"never-open-port":    "",
		"":                   "unknown kind",
		"sulk":               "unknown kind",
		"slow":               "invalid duration",
		"slow=fast":          "invalid duration",
		"hang=0":             "counted from 1",
		"hang=x":             "invalid syntax",
		"lose-frames=2":      "want 0 to 1",
		"lose-frames=NaN":    "want 0 to 1",
		"lose-frames":        "invalid syntax",
		"delay-frames":       "invalid duration",
		"delay-frames=-1s":   "want 0 or more",
		"crash-on-start=1":   "takes no argument",
	} {
		var options simulator.Options
		set := pflag.NewFlagSet("simulate", pflag.ContinueOnError)
		options.Bind(set)
		err := set.Parse([]string{"--misbehave", argument})
		if wrong == "" && (err != nil || len(options.Misbehave) != 1) {
			t.Errorf("--misbehave %q: %v", argument, err)
		}
		if wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
			t.Errorf("--misbehave %q: %v, want an error with %q", argument, err, wrong)
		}
	}
}

func TestErrorOfANode(t *testing.T) {
	c := start(t, "--misbehave", "error=2")
	if status := at(c.run(klein(t, "a", "1")), "status", "status_str"); status != "success" {
		t.Errorf("run 1: %v, want success", status)
	}
	entry := c.run(klein(t, "a", "2"))
	if at(entry, "status", "status_str") != "error" || at(entry, "status", "messages", -1, 1, "node_id") != "13" {
		t.Errorf("run 2: %s", encode(at(entry, "status")))
	}
	marked := start(t)
	if status := at(marked.run(klein(t, "a [[fail]]", "1")), "status", "status_str"); status != "error" {
		t.Errorf("[[fail]]: %v", status)
	}
	if status := at(marked.run(klein(t, "a [[faint]] [[lose-frames=1]] [[x", "1")), "status", "status_str"); status != "success" {
		t.Errorf("text that is no marker: %v", status)
	}
}

func TestSlowReplacesTheStepTime(t *testing.T) {
	c := start(t, "--step-time", "1h")
	if status := at(c.run(klein(t, "[[slow=1ms]]", "1")), "status", "status_str"); status != "success" {
		t.Errorf("status %v", status)
	}
}

func TestHangIsDeafToInterrupts(t *testing.T) {
	c := start(t)
	s := c.dial("me", false)
	id := c.submit(klein(t, "[[hang]]", "1"))
	c.log.await(t, "told to hang")
	c.post("/interrupt", object{"prompt_id": id})
	for _, frame := range s.rest() {
		if end(frame) {
			t.Errorf("the run ended")
		}
	}
	if running := at(c.get("/queue"), "queue_running", 0, 1); running != id {
		t.Errorf("running %v, want %s", running, id)
	}
}

// A long node runs to its end whatever is asked of it.
func TestDeafRunOutlastsAnInterrupt(t *testing.T) {
	c := start(t)
	s := c.dial("me", false)
	id := c.submit(klein(t, "[[deaf]] [[slow=100ms]]", "1"))
	s.until(func(frame any) bool { return at(frame, "type") == "progress" })
	c.post("/interrupt", object{"prompt_id": id})
	if status := at(c.finished(id), "status", "status_str"); status != "success" {
		t.Errorf("status %v", status)
	}
}

func TestNoResult(t *testing.T) {
	c := start(t)
	entry := c.run(klein(t, "[[no-result]]", "1"))
	if outputs := at(entry, "outputs").(object); len(outputs) != 0 || at(entry, "status", "status_str") != "success" {
		t.Errorf("%s", encode(entry))
	}
}

func TestEmptyHistory(t *testing.T) {
	c := start(t)
	s := c.dial("me", false)
	id := c.submit(klein(t, "[[empty-history]]", "1"))
	s.until(end)
	if found := c.get("/history/" + id).(object); len(found) != 0 {
		t.Errorf("history %v", found)
	}
}

func TestLostFrames(t *testing.T) {
	c := start(t)
	s := c.dial("me", false)
	c.submit(klein(t, "[[lose-end]]", "1"))
	marker := c.submit(klein(t, "next", "1"))
	frames := s.until(end)
	if at(last(frames), "data", "prompt_id") != marker {
		t.Errorf("lose-end: the end was sent: %v", last(frames))
	}

	c.run(klein(t, "[[mute-ws]]", "2"))
	c.submit(klein(t, "loud", "3"))
	starts := 0
	for _, frame := range s.until(end) {
		if at(frame, "type") == "execution_start" {
			starts++
		}
	}
	if starts != 1 {
		t.Errorf("mute-ws: %d of two runs were heard of, want 1", starts)
	}

	deaf := start(t, "--misbehave", "lose-frames=1", "--preview-method", "auto")
	s = deaf.dial("me", false)
	deaf.run(klein(t, "a", "1"))
	frames = s.until(func(frame any) bool { _, binary := frame.([]byte); return binary })
	if len(frames) != 1 {
		t.Errorf("lose-frames=1: text frames arrived: %s", brief(frames))
	}
}

func TestDelayedFramesComeInOrder(t *testing.T) {
	c := start(t)
	s := c.dial("me", false)
	told := func(text string) (kinds []any) {
		c.submit(klein(t, text, "1"))
		for _, frame := range s.until(end) {
			if kind := at(frame, "type"); kind != "status" {
				kinds = append(kinds, kind, at(frame, "data", "node"), at(frame, "data", "value"))
			}
		}
		return kinds
	}
	told("first, which loads the models")
	prompt, delayed := told("prompt"), told("late [[delay-frames=20ms]]")
	if !slices.Equal(prompt, delayed) {
		t.Errorf("prompt: %v\ndelayed: %v", prompt, delayed)
	}

	late := start(t, "--misbehave", "delay-frames=1000h", "--misbehave-seed", "7")
	s = late.dial("me", false)
	late.run(klein(t, "a", "1"))
	if frames := s.rest(); len(frames) != 0 {
		t.Errorf("none is held back: %s", brief(frames))
	}
}

func TestBadFramesComeBetweenTheGoodOnes(t *testing.T) {
	c := start(t)
	s := c.dial("me", false)
	g := klein(t, "[[bad-frames]]", "1")
	set(g, "48", "steps", 100)
	c.submit(g)
	var binary, broken, progress int
	for _, frame := range s.until(end) {
		switch f := frame.(type) {
		case []byte:
			binary++
		case string:
			broken++
		default:
			if at(f, "type") == "progress" {
				progress++
			}
		}
	}
	if binary == 0 || broken == 0 || progress != 100 {
		t.Errorf("%d bad binary, %d broken text and %d progress frames, want some, some and 100", binary, broken, progress)
	}
}

// TestMain lets this test binary be the simulator: see spawn.
func TestMain(m *testing.M) {
	if os.Getenv("SIMULATE") != "" {
		if simulator.Command().Execute() != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestCrashEndsTheProcess(t *testing.T) {
	p := spawn(t)
	c := &comfy{t: t, host: p.log.await(t, `GUI go to: http://(\S+)`), log: p.log}
	s := c.dial("me", false)
	c.submit(klein(t, "[[crash]]", "1"))
	if code := p.exitCode(); code != 1 {
		t.Errorf("exit code %d, want 1; log:\n%s", code, p.log)
	}
	var seen []any
	for frame := range s.frames {
		seen = append(seen, frame)
	}
	if slices.ContainsFunc(seen, end) {
		t.Error("the run ended before the crash")
	}
}

func TestBadStarts(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, bad := range []struct {
		flags []string
		says  string
	}{
		{[]string{"--port", port}, "cannot open the port"},
		{[]string{"--misbehave", "crash-on-start"}, "told to crash on start"},
		{[]string{"--port", "99999"}, "--port 99999"},
		{[]string{"--preview-method", "mime"}, "--preview-method"},
		{[]string{"--user-directory", filepath.Join(t.TempDir(), "missing")}, "--user-directory"},
		{[]string{"--nosuchflag"}, "unknown flag"},
	} {
		p := spawn(t, bad.flags...)
		if code := p.exitCode(); code != 1 || !strings.Contains(p.log.String(), bad.says) {
			t.Errorf("%v: exit code %d, want 1 and %q; log:\n%s", bad.flags, code, bad.says, p.log)
		}
	}
}

func TestNeverOpenPort(t *testing.T) {
	p := spawn(t, "--misbehave", "never-open-port")
	p.log.await(t, "told never to open the port")
	p.interrupt()
	if code := p.exitCode(); code != 0 || strings.Contains(p.log.String(), "GUI go to") {
		t.Errorf("exit code %d; log:\n%s", code, p.log)
	}
}

func TestInterruptSignalStopsCleanly(t *testing.T) {
	p := spawn(t)
	c := &comfy{t: t, base: p.base, host: p.log.await(t, `GUI go to: http://(\S+)`), log: p.log}
	argv := at(c.get("/system_stats"), "system", "argv").([]any)
	if !slices.Contains(argv, any(p.base)) {
		t.Errorf("argv %v does not name %s", argv, p.base)
	}
	s := c.dial("me", false)
	c.submit(endless(t))
	s.until(ofType("progress"))
	p.interrupt()
	if code := p.exitCode(); code != 0 || !strings.Contains(p.log.String(), "Stopped server") {
		t.Errorf("exit code %d; log:\n%s", code, p.log)
	}
	if _, err := os.Stat(filepath.Join(p.base, "temp")); !os.IsNotExist(err) {
		t.Errorf("temp after the stop: %v", err)
	}
}

func TestLogTellsOfEachStep(t *testing.T) {
	c := start(t)
	c.run(klein(t, "a", "1"))
	c.log.await(t, "Prompt executed in ") // said after the history knows
	text := c.log.String()
	for _, want := range []string{"got prompt", "loaded completely flux2-vae.safetensors", "1/4", "100%"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the log:\n%s", want, text)
		}
	}
	if kept := c.get("/internal/logs").(string); !strings.Contains(kept, " - got prompt\n") {
		t.Errorf("/internal/logs: %s", kept)
	}
	if first := at(c.get("/internal/logs/raw"), "entries", 0, "m"); !strings.HasPrefix(text, first.(string)) {
		t.Errorf("/internal/logs/raw begins with %q", first)
	}
	c.do("POST", "/prompt", encode(object{"prompt": graph{}, "number": json.Number("1")}))
	c.log.await(t, "invalid prompt: ")
}
