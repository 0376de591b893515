//go:build linux

package torture_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

var workers = flag.Int("torture.workers", 1, "how many workers the service has: of several the last is somebody else's ComfyUI for good")

// lane is a worker of the service and its ComfyUI. What changes needs the site's lock.
type lane struct {
	id      string
	port    int
	base    string     // the folder of ComfyUI's own files
	output  string     // of its pictures
	runs    string     // its own record
	remote  bool       // ComfyUI is somebody else's: the service attaches to it
	manners []string   // of ComfyUI's websocket, as arguments
	rng     *rand.Rand // of the manners of one that is somebody else's for good; nil: they are the service's to give
}

// addLanes makes the workers. One alone is called and kept as by a configuration that names none.
func (s *site) addLanes(seed uint64) error {
	s.lanes = []*lane{{
		id:     "gpu",
		port:   s.ComfyPort,
		base:   filepath.Join(s.Folder, "simulated"),
		output: filepath.Join(s.Folder, "output"),
		runs:   filepath.Join(s.Folder, "runs.jsonl"),
	}}
	if *workers == 1 {
		return nil
	}
	s.Workers = map[string]int{}
	for i := range *workers {
		if i > 0 {
			id := fmt.Sprintf("gpu%d", i+1)
			s.lanes = append(s.lanes, &lane{
				id:     id,
				base:   filepath.Join(s.Folder, "simulated-"+id),
				output: filepath.Join(s.Folder, "output-"+id),
				runs:   filepath.Join(s.Folder, "runs-"+id+".jsonl"),
			})
		}
		port, err := servicetest.FreePort()
		if err != nil {
			return err
		}
		s.lanes[i].port, s.Workers[s.lanes[i].id] = port, port
	}
	last := s.lanes[len(s.lanes)-1]
	last.remote, last.rng = true, derive(seed, 6)
	return nil
}

// laneOf is the lane of a worker.
func (s *site) laneOf(worker string) *lane {
	for _, l := range s.lanes {
		if l.id == worker {
			return l
		}
	}
	return s.lanes[0]
}

// pidsOf lists the processes of a worker's ComfyUI.
func (s *site) pidsOf(l *lane) []int {
	if len(s.lanes) == 1 {
		return s.ComfyPIDs()
	}
	return s.ComfyPIDsOf(l.id)
}

// ownLanes are those whose ComfyUI the service starts.
func (s *site) ownLanes() (own []*lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lanes {
		if !l.remote {
			own = append(own, l)
		}
	}
	return own
}

// comfyArgs returns the arguments of a lane's ComfyUI beside those that the service sets itself.
func (s *site) comfyArgs(l *lane) []string {
	return append(append([]string{"--run-log", l.runs}, s.speed...), l.manners...)
}

// comfyConfig is the ComfyUI of the next life: one that the service starts, or attaches to.
func (s *site) comfyConfig(l *lane) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.remote {
		return map[string]any{"installation_type": "remote", "output_dir": l.output, "api_port": l.port}
	}
	return map[string]any{
		"installation_type": "simulated",
		"root_path":         l.base,
		"output_dir":        l.output,
		"api_port":          l.port,
		"extra_args":        s.comfyArgs(l),
	}
}

// configureWorkers lists the workers, where there are several.
func (s *site) configureWorkers() {
	s.Config["comfy_ui"] = s.comfyConfig(s.lanes[0])
	if len(s.lanes) == 1 {
		return
	}
	var list []any
	for _, l := range s.lanes {
		list = append(list, map[string]any{"id": l.id, "comfy_ui": s.comfyConfig(l)})
	}
	s.Config["workers"] = list
}

// aim chooses whom a blow hits: one worker's ComfyUI as a rule, or those of all at once.
func (t *tormentor) aim() []*lane {
	if len(t.lanes) == 1 {
		return t.lanes
	}
	return t.tell(t.lanes[t.rng.IntN(len(t.lanes))], t.rng.IntN(3) == 0)
}

// aimAt chooses whom a blow hits that is meant for a job: its worker's ComfyUI as a rule, or those of all at once.
func (t *tormentor) aimAt(own job) []*lane {
	if len(t.lanes) == 1 {
		return t.lanes
	}
	return t.tell(t.laneOf(own.Worker), t.rng.IntN(4) == 0)
}

func (t *tormentor) tell(one *lane, all bool) []*lane {
	if all {
		t.history.incident("aimed at all workers", 0, "")
		return t.lanes
	}
	t.history.incident("aimed at one worker", 0, one.id)
	return []*lane{one}
}

// anyWorker names one of several workers half of the time; else it leaves the choice to the service.
func (b *booker) anyWorker() string {
	lanes := b.site.lanes
	if len(lanes) == 1 || b.rng.IntN(2) == 0 {
		return ""
	}
	return lanes[b.rng.IntN(len(lanes))].id
}
