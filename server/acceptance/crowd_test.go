//go:build linux

package acceptance_test

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// lane is the worker that the suite books on; empty: the only one there is.
var lane string

var workers = flag.Int("workers", 1, "how many simulated workers the service has; the suite books on the first of them")

// crowd gives the service as many workers as the suite is run with. The first is the one of the configuration, so that what
// holds for it alone has to hold among others.
func (s *site) crowd() {
	s.t.Helper()
	if *workers < 2 || s.Config["workers"] != nil {
		return
	}
	list := []any{map[string]any{"id": lane}}
	for n := 2; n <= *workers; n++ {
		list = append(list, map[string]any{
			"id": fmt.Sprintf("gpu-%d", n),
			"comfy_ui": map[string]any{
				"installation_type": "simulated",
				"api_host":          "127.0.0.1",
				"api_port":          freePort(s.t),
				"extra_args":        fast.Args(),
			},
		})
	}
	s.Config["workers"], s.crowded = list, true
}

// laneReady is logged each time that the worker of the suite has booted.
const laneReady = `msg="boot: ready" worker=gpu `

func (s *site) timesBooted() int { return strings.Count(s.log.String(), laneReady) }

// untilLane waits until the worker of the suite has booted once more: with several, the service opens with the first.
func (s *site) untilLane(ctx context.Context, booted int) {
	s.t.Helper()
	if !s.crowded {
		return
	}
	if err := s.log.AwaitAgain(ctx, laneReady, booted+1); err != nil {
		s.t.Fatal(err)
	}
}

// alone skips a test that is about a service with one worker.
func alone(t *testing.T) {
	t.Helper()
	if *workers > 1 {
		t.Skip("with several workers the service goes on with the others")
	}
}

// anywhere books on any worker.
func anywhere(r *pb.BookJobRequest) *pb.BookJobRequest {
	r.WorkerId = ""
	return r
}
