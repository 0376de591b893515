package feed_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
)

// guest follows the connections as a client of a user would.
type guest struct {
	user   string
	cursor feed.Cursor
	seen   map[string]feed.Connection
	count  feed.Presence
}

func (g *guest) read(f *feed.Feed[feed.Delta]) {
	news := f.Read(g.cursor)
	take := func(connections []feed.Connection, gone []string) {
		for _, c := range connections {
			g.seen[c.ID] = c
		}
		for _, id := range gone {
			delete(g.seen, id)
		}
	}
	if s := news.Snapshot; s != nil {
		g.seen, g.count = map[string]feed.Connection{}, s.Presence
		take(s.Connections, nil)
		take(s.Own[g.user].Connections, nil)
	}
	for _, d := range news.Deltas {
		take(d.Connections, d.Disconnected)
		take(d.Own[g.user].Connections, d.Own[g.user].Disconnected)
		if d.Presence != nil {
			g.count = *d.Presence
		}
	}
	g.cursor = news.Next
}

// TestConnectionsBeyondTheList: whoever reads when, each sees its own connections, 20 at least of many, and no more than a
// list of others, and the counts are true.
func TestConnectionsBeyondTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFeed()
		users := []string{"ada", "bob", "eve"}
		guests := []*guest{{user: "ada"}, {user: "ada"}, {user: "bob"}}
		open, made := map[string]func(){}, 0
		owner := map[string]string{}
		t.Repeat(map[string]func(*rapid.T){
			"come": func(t *rapid.T) {
				user := rapid.SampledFrom(users).Draw(t, "user")
				for range rapid.SampledFrom([]int{1, 2, 150}).Draw(t, "how many") {
					made++
					id := fmt.Sprintf("c%05d", made)
					open[id], owner[id] = f.Connect(feed.Connection{ID: id, UserID: user}, user), user
				}
			},
			"go": func(t *rapid.T) {
				ids := slices.Sorted(maps.Keys(open))
				for range min(rapid.SampledFrom([]int{1, 2, 150}).Draw(t, "how many"), len(ids)) {
					i := rapid.IntRange(0, len(ids)-1).Draw(t, "which")
					open[ids[i]]()
					delete(open, ids[i])
					delete(owner, ids[i])
					ids = slices.Delete(ids, i, i+1)
				}
			},
			"read": func(t *rapid.T) { rapid.SampledFrom(guests).Draw(t, "guest").read(f) },
		})
		for _, g := range append(guests, &guest{user: "eve"}) {
			g.read(f)
			others, own, ownSeen := 0, 0, 0
			for _, user := range owner {
				if user == g.user {
					own++
				}
			}
			for id := range g.seen {
				if open[id] == nil {
					t.Fatalf("%s sees %s, which is gone", g.user, id)
				}
				if owner[id] != g.user {
					others++
				} else {
					ownSeen++
				}
			}
			if ownSeen < min(own, 20) || len(open) <= 200 && len(g.seen) != len(open) {
				t.Fatalf("%s sees %d of its %d, %d of all %d", g.user, ownSeen, own, len(g.seen), len(open))
			}
			if others > 200 || g.count.Connections != len(open) || g.count != f.Presence() {
				t.Fatalf("%s sees %d of others, %v of %d", g.user, others, g.count, len(open))
			}
		}
	})
}

// TestCrowdOfOneUserIsNotSquare: nor do many connections of one user cost the square.
func TestCrowdOfOneUserIsNotSquare(t *testing.T) {
	f := newFeed()
	for i := range 3000 {
		f.Connect(feed.Connection{ID: fmt.Sprint(i), UserID: "ada"}, "Ada")
	}
	if s := f.Snapshot(); len(s.Connections) != 200 || len(s.Own["ada"].Connections) != 20 {
		t.Errorf("listed %d, to herself %d", len(s.Connections), len(s.Own["ada"].Connections))
	}
}

// TestCrowdIsNotSquare: many connections cost what everybody is told of them in proportion to their number, at most.
func TestCrowdIsNotSquare(t *testing.T) {
	f := newFeed()
	cursor := f.Read(feed.Cursor{}).Next
	told := 0
	tally := func() {
		news := f.Read(cursor)
		cursor = news.Next
		for _, d := range news.Deltas {
			told += len(d.Connections) + len(d.Disconnected)
		}
	}
	var disconnects []func()
	for i := range 3000 {
		disconnects = append(disconnects, f.Connect(feed.Connection{ID: fmt.Sprint(i), UserID: fmt.Sprint("user", i)}, ""))
		tally()
	}
	s := f.Snapshot()
	if told != 200 || len(s.Connections) != 200 || len(s.Own) != 2800 || s.Presence != (feed.Presence{Connections: 3000, Users: 3000}) {
		t.Errorf("told of %d; listed %d and to themselves %d, %v", told, len(s.Connections), len(s.Own), s.Presence)
	}
	for _, disconnect := range disconnects {
		disconnect()
		tally()
	}
	if told > 3*200+200 || f.Presence() != (feed.Presence{}) {
		t.Errorf("told of %d; %v are left", told, f.Presence())
	}
}
