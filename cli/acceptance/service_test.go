package acceptance

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// serverKey finds a script's service.
type serverKey struct{}

// service is one real service with a simulated ComfyUI. Started again it has the same port and bookings.
type service struct {
	folder  string
	site    *servicetest.Site    // nil before the first start
	process *servicetest.Process // nil while it is stopped
}

func serverCommand(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(serverKey{}).(*service)
	switch {
	case !neg && len(args) >= 1 && args[0] == "start":
		step, mode, workers := 40*time.Millisecond, "open", 1
		for _, option := range args[1:] {
			if value, ok := strings.CutPrefix(option, "mode="); ok {
				mode = value
				continue
			}
			var err error
			if value, ok := strings.CutPrefix(option, "workers="); ok {
				workers, err = strconv.Atoi(value)
				ts.Check(err)
				continue
			}
			step, err = time.ParseDuration(option)
			ts.Check(err)
		}
		url, err := s.start(step, mode, workers)
		ts.Check(err)
		ts.Setenv("COMFYSCHED_SERVER", url)
	case !neg && len(args) == 1 && args[0] == "stop":
		s.stop()
	default:
		ts.Fatalf("usage: server start [STEP-TIME] [mode=MODE] [workers=N] | server stop")
	}
}

// start runs the service and returns its address when it is ready.
func (s *service) start(step time.Duration, mode string, workers int) (url string, err error) {
	if s.site == nil {
		if s.site, err = newSite(s.folder, step, mode); err != nil {
			return "", err
		}
		if workers > 1 {
			ids := []string{"gpu"}
			for n := 2; n <= workers; n++ {
				ids = append(ids, fmt.Sprintf("gpu-%d", n))
			}
			if err := s.site.AddWorkers(nil, ids...); err != nil {
				return "", err
			}
		}
	}
	if s.process, err = s.site.Launch(&servicetest.Log{}); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := s.process.Address(ctx); err != nil {
		s.stop()
		return "", err
	}
	return fmt.Sprintf("http://localhost:%d", s.site.Config.Section("server")["port"]), nil
}

func newSite(folder string, step time.Duration, mode string) (*servicetest.Site, error) {
	program, err := servicetest.Program()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	pace := servicetest.Pace{
		Start:  10 * time.Millisecond,
		Load:   10 * time.Millisecond,
		Encode: 5 * time.Millisecond,
		Step:   step,
		Decode: 5 * time.Millisecond,
	}
	site, err := servicetest.NewSite(program, folder, pace)
	if err != nil {
		return nil, err
	}
	port, err := servicetest.FreePort()
	if err != nil {
		return nil, err
	}
	steps := map[string]any{"targets": []any{servicetest.Target("48", "steps")}, "min": 1, "max": 50}
	site.Config.Set("server.port", port).Set("server.host", "localhost").Set("server.shutdown_grace", "1s")
	site.Config.Set("access.mode", mode)
	site.Config.Set("workflow.parameter_map", servicetest.Inputs(map[string]any{"steps": steps}))
	return site, nil
}

// stop ends the service as a service manager would, and waits until it is gone.
func (s *service) stop() {
	if s.process == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_ = s.process.Stop(ctx) // how it ends is tested elsewhere
	s.process = nil
}
