package schedule_test

import (
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// A slot that begins where another ends collides with it: both ends belong to a slot.
func ExampleTimeline() {
	var line schedule.Timeline
	line.Add("fox", schedule.NewSlot(1000, 500))
	fmt.Println(line.Add("owl", schedule.NewSlot(1500, 500)))
	start := line.NextFree(1000, 500, "")
	fmt.Println(start, line.Add("owl", schedule.NewSlot(start, 500)))
	blocking, _ := line.Blocking(schedule.NewSlot(1400, 50), "")
	fmt.Println(blocking.ID)
	// Output:
	// false
	// 1501 true
	// fox
}
