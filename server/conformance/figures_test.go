package conformance

import (
	"fmt"
	"math"
	"slices"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// figures tells how good the estimates of some jobs were.
func figures(points []*pb.EstimatePoint) string {
	var errors, slots []float64
	within := 0
	for _, p := range points {
		actual := float64(p.GetActualMs())
		errors = append(errors, 100*math.Abs(float64(p.GetExpectedMs())-actual)/actual)
		slots = append(slots, 100*float64(p.GetSlotMs())/actual)
		if p.GetActualMs() <= p.GetSlotMs() {
			within++
		}
	}
	slices.Sort(errors)
	slices.Sort(slots)
	n := len(points)
	return fmt.Sprintf("error p50 %.1f %%, p90 %.1f %%, within their slots %d of %d, slot %.0f %% of the job",
		errors[n/2], errors[n*9/10], within, n, slots[n/2])
}
