//go:build linux

package torture_test

import (
	"fmt"
	"strings"
	"time"
)

// markers make ComfyUI misbehave in the run of that prompt.
var markers = []struct {
	part float64
	text string
}{
	{0.05, "[[slow=80ms]]"},
	{0.02, "[[slow=200ms]]"},
	{0.03, "[[fail]]"},
	{0.015, "[[crash]]"},
	{0.03, "[[lose-end]]"},
	{0.03, "[[mute-ws]]"},
	{0.03, "[[bad-frames]]"},
	{0.04, "[[delay-frames=300ms]]"},
	{0.03, "[[delay-frames=3s]]"},
	{0.02, "[[no-result]]"},
	{0.01, "[[empty-history]]"},
	{0.005, hang},
}

// marker is one of the markers, or none.
func (b *booker) marker() string {
	dice := b.rng.Float64()
	for _, m := range markers {
		if dice -= m.part; dice < 0 && (m.text != hang || *duration >= time.Minute) {
			return m.text
		}
	}
	return ""
}

// text is a prompt. It begins with the booking's tag for good, whatever is edited.
func (b *booker) text(tag, marker string) string {
	b.count++
	return strings.TrimSpace(fmt.Sprintf("%s text %d %s", tag, b.count, marker))
}
