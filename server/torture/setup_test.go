//go:build linux

package torture_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// keptFolder is a folder that stays when the test fails.
func keptFolder(t *testing.T) string {
	folder, err := os.MkdirTemp("", "torture")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() || *keep {
			t.Logf("what happened is in %s", folder)
		} else {
			_ = os.RemoveAll(folder)
		}
	})
	return folder
}

// build builds the program with failpoints and a clock that can be set.
func build(t *testing.T, folder string) string {
	t.Helper()
	args := []string{"-tags", "torture"}
	if *race {
		args = append(args, "-race")
	}
	program, err := servicetest.Build(folder, args...)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// cast is everybody who takes part.
type cast struct {
	watchers []*watcher
	bookers  []*booker
	planner  *booker
	observer *user
	*tormentor
}

// gather signs everybody in.
func (s *site) gather(ctx context.Context, seed uint64) (c cast, err error) {
	if err := s.invite(ctx); err != nil {
		return c, err
	}
	for i := range watchers + *bookers {
		u, err := s.signIn(ctx, fmt.Sprintf("c%d", i))
		if err != nil {
			return c, err
		}
		if rng := derive(seed, uint64(10+i)); i < watchers {
			c.watchers = append(c.watchers, &watcher{user: u, rng: rng})
		} else {
			c.bookers = append(c.bookers, newBooker(u, rng))
		}
	}
	var others [4]*user
	for i, name := range []string{"observer", "bait", "vandal", "planner"} {
		if others[i], err = s.signIn(ctx, name); err != nil {
			return c, err
		}
	}
	c.observer, c.planner = others[0], newBooker(others[3], derive(seed, 5))
	c.tormentor = &tormentor{
		site:     s,
		rng:      derive(seed, 1),
		stranger: newUser(s, "stranger"),
		bait:     newBooker(others[1], derive(seed, 3)),
		vandal:   newBooker(others[2], derive(seed, 4)),
	}
	return c, nil
}
