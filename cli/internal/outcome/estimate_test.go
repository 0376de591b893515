package outcome

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }

func step(node string, n, total int32) *pb.JobProgress {
	return &pb.JobProgress{NodeId: node, Step: n, Total: total}
}

func TestRemainingFollowsTheExpectationThenTheSteps(t *testing.T) {
	e := estimate{started: start, expected: 10 * time.Second}
	if left, known := e.remaining(at(4)); left != 6*time.Second || !known {
		t.Errorf("without steps: %s, %v", left, known)
	}
	// Loading took two seconds; then a step takes one.
	for n := range int32(5) {
		e.observe(step("3", n, 20), at(2+float64(n)))
	}
	if left, known := e.remaining(at(6)); left != 16*time.Second || !known {
		t.Errorf("at step 4 of 20, one second each: %s, %v", left, known)
	}
	// The next node starts to count anew.
	e.observe(step("8", 0, 4), at(30))
	if left, known := e.remaining(at(30)); left != 0 || known {
		t.Errorf("in the next node, long after the expected end: %s, %v", left, known)
	}
}

// What the server tells of the end goes before steps and expectations.
func TestTheServerKnowsTheEnd(t *testing.T) {
	e := estimate{started: start, expected: 10 * time.Second}
	for n := range int32(5) {
		p := step("3", n, 20)
		p.ExpectedEndMs = at(30).UnixMilli()
		e.observe(p, at(float64(n)))
	}
	if left, known := e.remaining(at(6)); left != 24*time.Second || !known {
		t.Errorf("%s, %v", left, known)
	}
	if got := e.fraction(at(6)); got != .2 {
		t.Errorf("at %g of its time", got)
	}
	if left, known := e.remaining(at(31)); left != 0 || known || e.fraction(at(31)) != .99 {
		t.Errorf("after that: %s, %v", left, known)
	}
}

// Whatever is heard, the time left is not negative, and the bar stays within its frame and below its end.
func TestEstimateStaysInItsFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := estimate{started: start, expected: time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "expected"))}
		now := start.Add(time.Duration(rapid.Int64Range(-1e9, 1e9).Draw(t, "skew")))
		for range rapid.IntRange(0, 30).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 5e9).Draw(t, "pause")))
			if rapid.Bool().Draw(t, "progress") {
				e.observe(step(rapid.SampledFrom([]string{"3", "8"}).Draw(t, "node"),
					rapid.Int32Range(0, 20).Draw(t, "step"), rapid.Int32Range(0, 20).Draw(t, "total")), now)
			}
			if left, _ := e.remaining(now); left < 0 {
				t.Fatalf("%s left", left)
			}
			if f := e.fraction(now); f < 0 || f > 0.99 {
				t.Fatalf("fraction %f", f)
			}
		}
	})
}
