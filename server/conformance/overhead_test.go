package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// testOverhead tells how much longer a generation takes through the service than by a direct post: from the start of the
// slot to the news of the result, against from the post to the end of the run in ComfyUI's history.
func testOverhead(t *testing.T, v *service) {
	if *overhead == 0 {
		t.Skip("no measurement asked for (-args -overhead 20)")
	}
	const seconds = 0.3
	direct, booked := make([]time.Duration, *overhead), make([]time.Duration, *overhead)
	other := stranger{t, v.comfyURL}
	for i := range *overhead {
		id := uuid.NewString()
		began := time.Now()
		other.postAs(id, "stranger", seconds, "direct/"+id)
		for other.outcome(id) == "" {
			time.Sleep(5 * time.Millisecond)
		}
		direct[i] = time.Since(began)

		request := booking(uuid.NewString(), map[string]any{"seconds": seconds})
		request.Start = &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: time.Now().Add(300 * time.Millisecond).UnixMilli()}
		j := v.book(t, request)
		<-v.watch(t, j.GetId())
		booked[i] = time.Since(time.UnixMilli(j.GetTimeSlot().GetStartMs()))
	}
	slices.Sort(direct)
	slices.Sort(booked)
	at := func(sorted []time.Duration, part float64) time.Duration {
		return sorted[int(part*float64(len(sorted)-1))].Round(time.Millisecond)
	}
	for _, part := range []float64{0.5, 0.95} {
		t.Logf("p%.0f of %d: direct %v, booked %v, added %v", part*100, *overhead, at(direct, part), at(booked, part),
			at(booked, part)-at(direct, part))
	}
}
