package schedule

import "math/rand/v2"

// Timeline holds the slots taken on one worker. No two of them overlap. A stretch of it can be closed, whatever is booked
// there: nothing more goes in, and what holds a slot there keeps it until it is removed. All operations but Free and Within
// take logarithmic time: it is a treap ordered by start in which each node knows the widest gap below it.
//
// The zero value is an empty timeline. It is not safe for concurrent use.
type Timeline struct {
	root   *node
	slots  map[string]Slot
	closed *Booking // the stretch that is closed, and by what; nil: none is
}

// Booking is a slot and the id of what holds it.
type Booking struct {
	ID   string
	Slot Slot
}

type node struct {
	Booking
	priority    uint32
	left, right *node
	first, last Slot  // earliest and latest slot of this subtree
	widest      int64 // largest room between neighbours of this subtree
}

// Len is the number of slots taken.
func (t *Timeline) Len() int { return len(t.slots) }

// Slot is the slot held by id.
func (t *Timeline) Slot(id string) (Slot, bool) {
	slot, ok := t.slots[id]
	return slot, ok
}

// Close closes a stretch in the name of id, instead of the one that was closed before.
func (t *Timeline) Close(id string, slot Slot) { t.closed = &Booking{id, slot} }

// Open opens the stretch that is closed.
func (t *Timeline) Open() { t.closed = nil }

// Closed reports whether the slot has a moment in common with the stretch that is closed.
func (t *Timeline) Closed(slot Slot) bool { return t.closed != nil && t.closed.Slot.Overlaps(slot) }

// Add takes the slot for id. It reports false, and changes nothing, when the slot overlaps another or id holds one. That a
// stretch is closed does not keep it from taking a slot there: ask Closed.
func (t *Timeline) Add(id string, slot Slot) bool {
	if _, taken := t.slots[id]; taken {
		return false
	}
	if _, blocked := t.taken(slot, ""); blocked {
		return false
	}
	if t.slots == nil {
		t.slots = make(map[string]Slot)
	}
	t.slots[id] = slot
	left, right := split(t.root, slot.Start)
	added := &node{Booking: Booking{id, slot}, priority: rand.Uint32()}
	added.update()
	t.root = merge(merge(left, added), right)
	return true
}

// Remove frees the slot held by id and reports whether there was one.
func (t *Timeline) Remove(id string) bool {
	slot, ok := t.slots[id]
	if !ok {
		return false
	}
	delete(t.slots, id)
	left, rest := split(t.root, slot.Start)
	_, right := split(rest, slot.Start+1)
	t.root = merge(left, right)
	return true
}

// Blocking is the earliest booking that overlaps the slot, the one held by except left out, or the stretch that is closed.
func (t *Timeline) Blocking(slot Slot, except string) (Booking, bool) {
	found, blocked := t.taken(slot, except)
	if t.Closed(slot) && (!blocked || t.closed.Slot.Start <= found.Slot.Start) {
		return *t.closed, true
	}
	return found, blocked
}

// taken is the earliest booking that overlaps the slot, the one held by except left out.
func (t *Timeline) taken(slot Slot, except string) (Booking, bool) {
	// Slots do not overlap each other, so they are ordered by their ends too.
	var found *node
	for n := t.root; n != nil; {
		if n.Slot.End >= slot.Start {
			found, n = n, n.left
		} else {
			n = n.right
		}
	}
	if found != nil && found.ID == except {
		found = t.from(found.Slot.Start + 1)
	}
	if found == nil || !found.Slot.Overlaps(slot) {
		return Booking{}, false
	}
	return found.Booking, true
}

// Before is the last booking that starts before a moment, the one held by except left out.
func (t *Timeline) Before(moment int64, except string) (Booking, bool) {
	var found *node
	for n := t.root; n != nil; {
		if n.Slot.Start < moment {
			found, n = n, n.right
		} else {
			n = n.left
		}
	}
	switch {
	case found == nil:
		return Booking{}, false
	case found.ID == except:
		return t.Before(found.Slot.Start, "")
	}
	return found.Booking, true
}

// Within lists the bookings that overlap the slot, earliest first, at most limit of them; all for a limit of 0.
func (t *Timeline) Within(slot Slot, limit int) []Booking {
	var found []Booking
	for first, more := t.taken(slot, ""); more; first, more = t.taken(slot, "") {
		found = append(found, first)
		if slot.Start = first.Slot.End + 1; slot.Start > slot.End || len(found) == limit {
			break
		}
	}
	return found
}

// NextFree is the earliest start at or after from at which duration fits, as if except held nothing.
func (t *Timeline) NextFree(from, duration int64, except string) int64 {
	if own, ok := t.slots[except]; ok {
		t.Remove(except)
		defer t.Add(except, own)
	}
	start := t.nextGap(from, duration)
	if t.Closed(NewSlot(start, duration)) {
		start = t.nextGap(t.closed.Slot.End+1, duration)
	}
	return start
}

// nextGap is the earliest start at or after from at which duration fits between bookings.
func (t *Timeline) nextGap(from, duration int64) int64 {
	blocking, blocked := t.taken(NewSlot(from, duration), "")
	if !blocked {
		return from
	}
	if start, ok := firstFit(t.root, blocking.Slot.Start, duration); ok {
		return start
	}
	return t.root.last.End + 1
}

// Gap is a free stretch that holds a wanted duration: it may start anywhere in [First, Last].
type Gap struct {
	First int64
	Last  int64 // meaningless when Open
	Open  bool  // nothing is booked after it
}

// Free lists the first gaps, at most limit, that begin at or after from and hold duration.
func (t *Timeline) Free(from, duration int64, limit int) []Gap {
	var gaps []Gap
	for len(gaps) < limit {
		start := t.NextFree(from, duration, "")
		after, bounded := t.after(start)
		if !bounded {
			return append(gaps, Gap{First: start, Open: true})
		}
		gaps = append(gaps, Gap{First: start, Last: after.Start - 1 - duration})
		from = after.End + 1
	}
	return gaps
}

// after is the first slot, or closed stretch, that starts at or after start.
func (t *Timeline) after(start int64) (first Slot, found bool) {
	if n := t.from(start); n != nil {
		first, found = n.Slot, true
	}
	if c := t.closed; c != nil && c.Slot.Start >= start && (!found || c.Slot.Start < first.Start) {
		first, found = c.Slot, true
	}
	return first, found
}

// from is the first node that starts at or after start.
func (t *Timeline) from(start int64) *node {
	var found *node
	for n := t.root; n != nil; {
		if n.Slot.Start >= start {
			found, n = n, n.left
		} else {
			n = n.right
		}
	}
	return found
}

// firstFit is the first moment after a slot that starts at or after minStart where duration fits before its successor.
func firstFit(n *node, minStart, duration int64) (int64, bool) {
	if n == nil || n.widest < duration || n.last.Start < minStart {
		return 0, false
	}
	if n.Slot.Start >= minStart {
		if start, ok := firstFit(n.left, minStart, duration); ok {
			return start, true
		}
		if n.left != nil && n.left.last.Start >= minStart && room(n.left.last, n.Slot) >= duration {
			return n.left.last.End + 1, true
		}
		if n.right != nil && room(n.Slot, n.right.first) >= duration {
			return n.Slot.End + 1, true
		}
	}
	return firstFit(n.right, minStart, duration)
}

func (n *node) update() {
	n.first, n.last, n.widest = n.Slot, n.Slot, -1
	if l := n.left; l != nil {
		n.first = l.first
		n.widest = max(n.widest, l.widest, room(l.last, n.Slot))
	}
	if r := n.right; r != nil {
		n.last = r.last
		n.widest = max(n.widest, r.widest, room(n.Slot, r.first))
	}
}

// split parts the tree into the nodes that start before start and the rest.
func split(n *node, start int64) (before, rest *node) {
	if n == nil {
		return nil, nil
	}
	if n.Slot.Start < start {
		n.right, rest = split(n.right, start)
		n.update()
		return n, rest
	}
	before, n.left = split(n.left, start)
	n.update()
	return before, n
}

// merge joins two trees of which all of the first lies before all of the second.
func merge(a, b *node) *node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.priority > b.priority:
		a.right = merge(a.right, b)
		a.update()
		return a
	default:
		b.left = merge(a, b.left)
		b.update()
		return b
	}
}
