package feed

// The bounds of the history. A delta may be kept encoded for two audiences in two formats, so that it can take several
// times its size.
const (
	maxHistory      = 8192    // changes; half of them are left when there are more
	maxHistoryBytes = 4 << 20 // on the wire; half of it is left when there is more
)

// history is the latest changes, oldest first. What it has given stays as it is: it is cut by making it anew.
type history[V any] struct {
	deltas []V
	sizes  []int
	bytes  int
}

func (h *history[V]) add(delta V, size int) {
	h.deltas, h.sizes, h.bytes = append(h.deltas, delta), append(h.sizes, size), h.bytes+size
	if len(h.deltas) > maxHistory || h.bytes > maxHistoryBytes {
		h.cut()
	}
}

// cut drops the older half. It is done seldom, so that publishing stays cheap.
func (h *history[V]) cut() {
	from := max(0, len(h.deltas)-maxHistory/2)
	for _, size := range h.sizes[:from] {
		h.bytes -= size
	}
	for ; from < len(h.sizes) && h.bytes > maxHistoryBytes/2; from++ {
		h.bytes -= h.sizes[from]
	}
	h.deltas, h.sizes = append([]V(nil), h.deltas[from:]...), append([]int(nil), h.sizes[from:]...)
}

// latest gives the last n changes and reports whether they are all there.
func (h *history[V]) latest(n int64) ([]V, bool) {
	if n > int64(len(h.deltas)) {
		return nil, false
	}
	return h.deltas[int64(len(h.deltas))-n:], true
}
