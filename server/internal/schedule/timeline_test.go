package schedule_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

func TestSlotsThatTouchCollide(t *testing.T) {
	var line schedule.Timeline
	line.Add("a", schedule.NewSlot(1000, 500))
	for _, tc := range []struct {
		name            string
		start, duration int64
		free            bool
	}{
		{"starts at the end", 1500, 10, false},
		{"starts a millisecond after the end", 1501, 10, true},
		{"ends at the start", 900, 100, false},
		{"ends a millisecond before the start", 899, 100, true},
		{"short one inside", 1200, 10, false},
		{"long one around", 500, 5000, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, blocked := line.Blocking(schedule.NewSlot(tc.start, tc.duration), "")
			if blocked == tc.free {
				t.Errorf("blocked = %v, want %v", blocked, !tc.free)
			}
		})
	}
}

// model is the rule of the specification written as plainly as can be: a list, each with its own duration, and the stretch
// that is closed among them, under its own id.
type model map[string]schedule.Slot

const closed = "closed"

func (m model) blocking(slot schedule.Slot, except string) (string, bool) {
	found := ""
	for id, other := range m {
		collides := slot.Start <= other.End && slot.End >= other.Start
		earlier := found == "" || other.Start < m[found].Start || (other.Start == m[found].Start && id == closed)
		if id != except && collides && earlier {
			found = id
		}
	}
	return found, found != ""
}

func (m model) nextFree(from, duration int64, except string) int64 {
	for {
		id, blocked := m.blocking(schedule.NewSlot(from, duration), except)
		if !blocked {
			return from
		}
		from = m[id].End + 1
	}
}

// within are the ids of the bookings that overlap the slot, earliest first.
func (m model) within(slot schedule.Slot) []string {
	bookings := maps.Clone(m)
	delete(bookings, closed)
	var found []string
	for {
		id, more := bookings.blocking(slot, "")
		if !more {
			return found
		}
		found = append(found, id)
		delete(bookings, id)
	}
}

func TestTimelineAgreesWithModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var line schedule.Timeline
		naive := model{}
		start := rapid.Int64Range(0, 400)
		duration := rapid.Int64Range(0, 60)
		id := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(0, 30).Draw(t, "n")) })
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				id, slot := id.Draw(t, "id"), schedule.NewSlot(start.Draw(t, "start"), duration.Draw(t, "duration"))
				_, held := naive[id]
				free := !held && len(naive.within(slot)) == 0
				if got := line.Add(id, slot); got != free {
					t.Fatalf("Add(%s, %v) = %v, want %v", id, slot, got, free)
				}
				if free {
					naive[id] = slot
				}
			},
			"remove": func(t *rapid.T) {
				id := id.Draw(t, "id")
				_, held := naive[id]
				if got := line.Remove(id); got != held {
					t.Fatalf("Remove(%s) = %v, want %v", id, got, held)
				}
				delete(naive, id)
			},
			"close": func(t *rapid.T) {
				slot := schedule.NewSlot(start.Draw(t, "start"), duration.Draw(t, "duration"))
				line.Close(closed, slot)
				naive[closed] = slot
			},
			"open": func(*rapid.T) {
				line.Open()
				delete(naive, closed)
			},
			"closed": func(t *rapid.T) {
				slot := schedule.NewSlot(start.Draw(t, "start"), duration.Draw(t, "duration"))
				stretch, is := naive[closed]
				if got, want := line.Closed(slot), is && stretch.Overlaps(slot); got != want {
					t.Fatalf("Closed(%v) = %v, want %v", slot, got, want)
				}
			},
			"blocking": func(t *rapid.T) {
				slot, except := schedule.NewSlot(start.Draw(t, "start"), duration.Draw(t, "duration")), id.Draw(t, "except")
				want, wantBlocked := naive.blocking(slot, except)
				got, blocked := line.Blocking(slot, except)
				if got.ID != want || blocked != wantBlocked || got.Slot != naive[want] {
					t.Fatalf("Blocking(%v, except %s) = %s, want %s", slot, except, got.ID, want)
				}
			},
			"within": func(t *rapid.T) {
				slot, limit := schedule.NewSlot(start.Draw(t, "start"), duration.Draw(t, "duration")), rapid.IntRange(0, 3).Draw(t, "limit")
				want := naive.within(slot)
				if limit > 0 {
					want = want[:min(limit, len(want))]
				}
				var got []string
				for _, b := range line.Within(slot, limit) {
					got = append(got, b.ID)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("Within(%v, %d) = %v, want %v", slot, limit, got, want)
				}
			},
			"next free": func(t *rapid.T) {
				from, d, except := start.Draw(t, "from"), duration.Draw(t, "duration"), id.Draw(t, "except")
				if got, want := line.NextFree(from, d, except), naive.nextFree(from, d, except); got != want {
					t.Fatalf("NextFree(%d, %d, except %s) = %d, want %d", from, d, except, got, want)
				}
			},
			"free": func(t *rapid.T) {
				from, d := start.Draw(t, "from"), duration.Draw(t, "duration")
				for _, gap := range line.Free(from, d, 50) {
					if want := naive.nextFree(from, d, ""); gap.First != want {
						t.Fatalf("gap starts at %d, want %d", gap.First, want)
					}
					if gap.Open {
						if _, blocked := naive.blocking(schedule.Slot{Start: gap.First, End: math.MaxInt64}, ""); blocked {
							t.Fatalf("something is taken after %d", gap.First)
						}
						break
					}
					if _, blocked := naive.blocking(schedule.NewSlot(gap.Last, d), ""); blocked {
						t.Fatalf("last start %d of the gap is taken", gap.Last)
					}
					if _, blocked := naive.blocking(schedule.NewSlot(gap.Last+1, d), ""); !blocked {
						t.Fatalf("a start after the last one of the gap, %d, is free", gap.Last)
					}
					from = gap.Last + 1
				}
			},
			"": func(t *rapid.T) {
				bookings := len(naive)
				if _, is := naive[closed]; is {
					bookings--
				}
				if line.Len() != bookings {
					t.Fatalf("Len = %d, want %d", line.Len(), bookings)
				}
			},
		})
	})
}

func BenchmarkNextFree(b *testing.B) {
	for _, size := range []int{100, 10_000, 1_000_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var line schedule.Timeline
			for i := range size {
				line.Add(fmt.Sprint(i), schedule.NewSlot(int64(i)*1001, 1000))
			}
			for b.Loop() {
				line.NextFree(rand.Int64N(int64(size)*1001), 1000, "")
			}
		})
	}
}

func TestBefore(t *testing.T) {
	var line schedule.Timeline
	line.Add("a", schedule.NewSlot(100, 10))
	line.Add("b", schedule.NewSlot(200, 10))
	for _, tc := range []struct {
		moment       int64
		except, want string
	}{{100, "", ""}, {101, "", "a"}, {200, "", "a"}, {500, "", "b"}, {500, "b", "a"}, {500, "a", "b"}, {150, "a", ""}} {
		if got, found := line.Before(tc.moment, tc.except); got.ID != tc.want || found != (tc.want != "") {
			t.Errorf("before %d without %q: %+v (%v)", tc.moment, tc.except, got, found)
		}
	}
}
