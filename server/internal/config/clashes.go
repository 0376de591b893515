package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
)

var (
	workerID = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)
	variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_()]*$`)
	// reserved are names that no folder can have on Windows.
	reserved = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])$`)
)

// ours are the variables that the service sets itself.
var ours = []string{"PYTHONUTF8", "COMFYSCHEDULER_WORKER"}

// checkWorkers checks each worker, and looks for what two cannot share.
func (c *Config) checkWorkers(problems *Problems) {
	for i := range c.Workers {
		w := &c.Workers[i]
		c.checkName(i, problems)
		c.checkComfyUI(c.place(i, ""), &w.ComfyUI, problems)
		w.checkEnvironment(i, problems)
		for j := range c.Workers[:i] {
			c.checkPair(j, i, problems)
		}
	}
	if !c.listed && len(c.Workers) == 1 {
		c.ComfyUI = c.Workers[0].ComfyUI // with its secrets
	}
}

func (c *Config) checkName(i int, problems *Problems) {
	w := c.Workers[i]
	switch {
	case !workerID.MatchString(w.ID):
		problems.add(at(i, "id"), "%q must be 1 to 32 lower-case letters, digits, dashes and underscores", w.ID)
	case reserved.MatchString(w.ID):
		problems.add(at(i, "id"), "%q cannot be the name of a folder on Windows; choose another", w.ID)
	}
	if strings.TrimSpace(w.Title) != w.Title || strings.ContainsFunc(w.Title, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		problems.add(at(i, "title"), "%q must be one line without spaces around it", w.Title)
	}
}

func (w *Worker) checkEnvironment(i int, problems *Problems) {
	if len(w.Environment) > 0 && !w.ComfyUI.IsLaunched() {
		problems.add(at(i, "environment"), "the service does not start a remote ComfyUI; set it where that is started")
		return
	}
	for name := range w.Environment {
		switch {
		case !variable.MatchString(name):
			problems.add(at(i, "environment"), "%q cannot be the name of a variable", name)
		case slices.Contains(ours, name):
			problems.add(at(i, "environment"), "%s is set by the service", name)
		}
	}
	if device := w.ComfyUI.argument("--cuda-device"); device != "" && w.Environment[visibleDevices] != "" {
		problems.add(at(i, "environment"), "%s and --cuda-device %s in extra_args both choose the GPU; keep one", visibleDevices, device)
	}
}

const visibleDevices = "CUDA_VISIBLE_DEVICES"

// checkPair looks for what a worker shares with one before it and must not.
func (c *Config) checkPair(before, i int, problems *Problems) {
	b, w := &c.Workers[before], &c.Workers[i]
	if b.ID == w.ID {
		problems.add(at(i, "id"), "%q is the id of another worker", w.ID)
		return // it cannot be told which is which
	}
	if strings.EqualFold(b.Title, w.Title) {
		problems.add(at(i, "title"), "%q is the title of the worker %s too", w.Title, b.ID)
	}
	bothLaunched := b.ComfyUI.IsLaunched() && w.ComfyUI.IsLaunched()
	switch {
	case b.ComfyUI.Port != w.ComfyUI.Port:
	case bothLaunched && b.ComfyUI.sharesHost(w.ComfyUI):
		problems.add(c.place(i, "api_port"), "%d is another worker's (%s); give each a port of its own", w.ComfyUI.Port, b.ID)
	case b.ComfyUI.Address() == w.ComfyUI.Address():
		problems.add(c.place(i, "api_host"), "%s is the address of the worker %s too; each worker is a ComfyUI of its own",
			w.ComfyUI.Address(), b.ID)
	}
	if clash := samePlace(w.ComfyUI.OutputDir); clash != "" && clash == samePlace(b.ComfyUI.OutputDir) {
		problems.add(c.place(i, "output_dir"), "%s is the folder of the worker %s too; two that write the same name would overwrite each other",
			w.ComfyUI.OutputDir, b.ID)
	}
	if !bothLaunched {
		return
	}
	for _, folder := range []struct{ argument, of, and string }{
		{"--user-directory", b.ComfyUI.userDir(), w.ComfyUI.userDir()},
		{"--temp-directory", b.ComfyUI.tempDir(), w.ComfyUI.tempDir()},
		{"--database-url", b.ComfyUI.argument("--database-url"), w.ComfyUI.argument("--database-url")},
	} {
		if folder.and != "" && samePlace(folder.of) == samePlace(folder.and) && !strings.Contains(folder.and, ":memory:") {
			problems.add(c.place(i, "extra_args"), "%s is %s for the worker %s too; give each its own", folder.argument, folder.and, b.ID)
		}
	}
}

// sharesHost reports whether two ComfyUIs of this machine that listen on one port are in each other's way.
func (comfy ComfyUI) sharesHost(other ComfyUI) bool {
	return comfy.Address() == other.Address() || comfy.listensEverywhere() || other.listensEverywhere()
}

// Remarks are about what is allowed and likely a mistake.
func (c *Config) Remarks() (all []string) {
	devices := map[string]string{} // workers by device
	for i := range c.Workers {
		w := &c.Workers[i]
		if !w.ComfyUI.IsLaunched() || w.ComfyUI.Installation == Simulated || slices.Contains(w.ComfyUI.ExtraArgs, "--cpu") {
			continue
		}
		device := w.ComfyUI.argument("--cuda-device")
		if device == "" {
			device = w.Environment[visibleDevices]
		}
		if other, is := devices[device]; is {
			all = append(all, fmt.Sprintf("the workers %s and %s run on the same GPU: choose one for each, by environment {%q: \"1\"} or "+
				"extra_args [\"--cuda-device\", \"1\"]", other, w.ID, visibleDevices))
		}
		devices[device] = w.ID
	}
	for i := range c.Workers {
		if w := &c.Workers[i]; w.ComfyUI.IsLaunched() && !w.MayRun(c.Workflow.ID) {
			all = append(all, fmt.Sprintf("the worker %s may not run the first workflow, so nothing is measured when it comes up", w.ID))
		}
	}
	for i := range c.Workers {
		w := &c.Workers[i]
		if text := outputs.InWords(outputs.New(w.ComfyUI.OutputDir, w.ComfyUI.OutputLinks...).Astray()); text != "" {
			all = append(all, "output folder of the worker "+w.ID+": "+text)
		}
	}
	return all
}
