package comfy_test

import (
	"reflect"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// with runs f with a client of a handler.
func with(t *testing.T, s *scripted, f func(t *testing.T, c *comfy.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, _ := start(t, s, "me", false)
		f(t, c)
	})
}

// TestQueueInRunOrder: the recorded queue is in heap order; what ran when is in the frames after it.
func TestQueueInRunOrder(t *testing.T) {
	records := load(t, "07")
	i := slices.IndexFunc(records, func(r record) bool { return r.Path == "/queue" && r.Method == "GET" })
	s := absent(t, "x").on("GET /queue", answer{200, string(records[i].body())})
	with(t, s, func(t *testing.T, c *comfy.Client) {
		q, err := c.Queue(t.Context())
		want := comfy.Queue{
			Running: []string{"06f086a9-386a-4e3c-a713-7789aa9f1b94"},
			Pending: []string{
				"9c652764-6706-4405-8dee-ec5e6861142d", // number -5000
				"1074e84c-e538-4413-a0ef-46701b6bc7f0", // to the front
				"9da6f316-4d64-423f-90ae-84e7aa2bbf7a",
				"a3a66fd8-23ad-46a0-a0a3-907b4bc4715c",
				"my-own-id",
			},
		}
		if err != nil || !reflect.DeepEqual(q, want) {
			t.Errorf("%+v, %v", q, err)
		}
		if presence, e, err := c.Lookup(t.Context(), "x"); presence != comfy.Unknown || e != nil || err != nil {
			t.Errorf("%v %v %v", presence, e, err)
		}
	})
}

// TestQueueTies: prompts with one number run in the order of their ids.
func TestQueueTies(t *testing.T) {
	s := absent(t, "x").on("GET /queue", answer{
		200,
		`{"queue_running": [], "queue_pending": [[7.5, "b"], [7.5, "a"], [7, "c"], [7.5, "aa"]]}`,
	})
	with(t, s, func(t *testing.T, c *comfy.Client) {
		if q, err := c.Queue(t.Context()); err != nil || !slices.Equal(q.Pending, []string{"c", "a", "aa", "b"}) {
			t.Errorf("%+v, %v", q, err)
		}
	})
}

func TestLookup(t *testing.T) {
	cases := map[comfy.Presence]*scripted{
		comfy.Unknown:  absent(t, promptID),
		comfy.Pending:  absent(t, promptID).on("GET /queue", answer{200, isPending}),
		comfy.Running:  absent(t, promptID).on("GET /queue", answer{200, isRunning}),
		comfy.Finished: absent(t, promptID).on("GET /history/"+promptID, answer{200, `{}`}, answer{200, finished(promptID)}),
	}
	for want, s := range cases {
		with(t, s, func(t *testing.T, c *comfy.Client) {
			got, e, err := c.Lookup(t.Context(), promptID)
			if got != want || (e != nil) != (want == comfy.Finished) || err != nil {
				t.Errorf("want %v, got %v, %+v, %v", want, got, e, err)
			}
		})
	}
	with(t, absent(t, promptID).on("GET /queue", answer{200, `{"queue_running": [[1]]}`}), func(t *testing.T, c *comfy.Client) {
		if _, _, err := c.Lookup(t.Context(), promptID); err == nil {
			t.Error("a queue that cannot be read is no proof of absence")
		}
	})
}

func TestCancelTouchesNothingElse(t *testing.T) {
	s := absent(t, promptID)
	with(t, s, func(t *testing.T, c *comfy.Client) {
		if err := c.Cancel(t.Context(), promptID); err != nil {
			t.Error(err)
		}
		want := []string{`POST /queue {"delete":["` + promptID + `"]}`, `POST /interrupt {"prompt_id":"` + promptID + `"}`}
		if !slices.Equal(s.asked, want) {
			t.Errorf("asked %q", s.asked)
		}
		if err := c.Cancel(t.Context(), ""); err == nil {
			t.Error("an interrupt without an id hits whatever runs")
		}
		if len(s.asked) != len(want) {
			t.Errorf("asked %q", s.asked)
		}
	})
}
