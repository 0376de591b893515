package feed

import "slices"

// The bounds of the history. A delta may be kept encoded for two audiences in two formats, so that it can take several
// times its size.
const (
	maxHistory      = 8192    // changes; half of them are left when there are more
	maxHistoryBytes = 4 << 20 // on the wire; half of it is left when there is more
)

// history is the latest changes, oldest first. What it has given stays as it is: it is cut by making it anew.
type history[V any] struct {
	deltas  []V
	numbers []int64 // of the revision that each is at; one that is not kept is at that of the one before
	sizes   []int
	bytes   int
	before  int64 // revision before the oldest
}

func (h *history[V]) add(delta V, number int64, size int) {
	h.deltas, h.numbers, h.sizes = append(h.deltas, delta), append(h.numbers, number), append(h.sizes, size)
	h.bytes += size
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
	if from > 0 {
		h.before = h.numbers[from-1]
	}
	h.deltas, h.sizes = append([]V(nil), h.deltas[from:]...), append([]int(nil), h.sizes[from:]...)
	h.numbers = append([]int64(nil), h.numbers[from:]...)
}

// since gives the changes that lead to later revisions, and what came between them; false when they are not all there.
func (h *history[V]) since(number int64) ([]V, bool) {
	from, _ := slices.BinarySearch(h.numbers, number+1)
	return h.deltas[from:], number >= h.before
}

// latest gives the last n changes and reports whether they are all there.
func (h *history[V]) latest(n int64) ([]V, bool) {
	if n > int64(len(h.deltas)) {
		return nil, false
	}
	return h.deltas[int64(len(h.deltas))-n:], true
}
