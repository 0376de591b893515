package booking_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// grid asks for two prompts with two seeds each, every one at two sizes.
func grid(when booking.When) booking.SeriesRequest {
	return booking.SeriesRequest{
		When:  when,
		Items: []workflow.Values{a("fox"), a("hare")},
		Count: 2,
		Axes:  []booking.Axis{{Name: "width", Values: []workflow.Value{workflow.Integer(64), workflow.Integer(128)}}},
	}
}

func TestASeriesFromAnExactStart(t *testing.T) {
	d := openTwo(t)
	booked, err := d.BookSeries(t.Context(), d.ada, grid(at(d.in(5000))))
	if err != nil || len(booked.Jobs) != 8 || booked.ID == "" {
		t.Fatalf("booked %+v (%v)", booked, err)
	}
	start := d.in(5000)
	for i, j := range booked.Jobs {
		if j.Series != booked.ID || j.SeriesIndex != i+1 || j.Start != start || j.Worker != "fast" {
			t.Errorf("job %d: %+v", i, j)
		}
		wantPromise(t, j, false, false)
		start = j.Slot().End + 1
		prompt, size := []string{"a fox", "a hare"}[i/4], workflow.Integer([]int{64, 128}[i%2])
		if j.Prompt() != prompt || j.Inputs["width"] != size {
			t.Errorf("job %d makes %v", i, j.Inputs)
		}
		// What differs by the axis alone has the same seed.
		if same := j.Inputs["seed"] == booked.Jobs[i/2*2].Inputs["seed"]; !same {
			t.Errorf("job %d has another seed than that beside it", i)
		}
	}
	if booked.Jobs[0].Inputs["seed"] == booked.Jobs[2].Inputs["seed"] {
		t.Error("two seeds are the same")
	}
	taken := grid(at(d.in(4500)))
	taken.Worker = "fast"
	_, err = d.BookSeries(t.Context(), d.bob, taken)
	c := conflict(t, err)
	if c.JobID != booked.Jobs[0].ID || c.NextFree != start {
		t.Errorf("conflict: %+v, the whole series fits at %d", c, start)
	}
	taken.When = at(c.NextFree)
	if later, err := d.BookSeries(t.Context(), d.bob, taken); err != nil || !later.Jobs[0].Pinned {
		t.Errorf("as offered: %+v (%v)", later, err)
	}
}

func TestSeedsFollowTheOneThatIsGiven(t *testing.T) {
	d := open(t, t.TempDir())
	r := booking.SeriesRequest{When: next(0), Inputs: a("fox"), Count: 3}
	r.Inputs["seed"] = workflow.Seed(41)
	booked, err := d.BookSeries(t.Context(), d.ada, r)
	if err != nil {
		t.Fatal(err)
	}
	for i, j := range booked.Jobs {
		if j.Inputs["seed"] != workflow.Seed(41+i) || !j.Sooner {
			t.Errorf("job %d: %+v", i, j)
		}
	}
}

func TestARepeatedSeriesBooksOnce(t *testing.T) {
	d := open(t, t.TempDir())
	r := grid(next(0))
	r.ID, r.Hash = uuid.NewString(), []byte("one")
	first, err := d.BookSeries(t.Context(), d.ada, r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.BookSeries(t.Context(), d.ada, r)
	if err != nil || again.ID != first.ID || len(again.Jobs) != 8 || again.Jobs[7].ID != first.Jobs[7].ID {
		t.Errorf("again: %+v (%v)", again, err)
	}
	r.Hash = []byte("two")
	if _, err := d.BookSeries(t.Context(), d.ada, r); !fault.Is(err, fault.RequestIDReused) {
		t.Errorf("another series with the same id: %v", err)
	}
	events, err := d.store.Events(t.Context(), audit.Query{UserID: d.ada.ID, Limit: 9})
	if err != nil || len(events) != 1 || !strings.HasPrefix(events[0].Detail, "series "+first.ID+" of 8 jobs, from ") {
		t.Errorf("noted: %+v (%v)", events, err)
	}
}

// What is wrong is told by the places that the request has.
func TestABadSeriesSaysWhere(t *testing.T) {
	d := open(t, t.TempDir())
	for name, tc := range map[string]struct {
		change func(*booking.SeriesRequest)
		want   []string
	}{
		"an item":      {func(r *booking.SeriesRequest) { r.Items[1]["hight"] = workflow.Integer(1) }, []string{"items[1].inputs hight"}},
		"no prompt":    {func(r *booking.SeriesRequest) { r.Items[0] = nil }, []string{"items[0].inputs prompt"}},
		"a value":      {func(r *booking.SeriesRequest) { r.Axes[0].Values[1] = workflow.Integer(17) }, []string{"axes[0].values[1] "}},
		"a common one": {func(r *booking.SeriesRequest) { r.Inputs = workflow.Values{"hight": workflow.Integer(1)} }, []string{"inputs hight"}},
		"set twice": {
			func(r *booking.SeriesRequest) { r.Items[0]["width"] = workflow.Integer(64) },
			[]string{"items[0].inputs width"},
		},
		"too many": {func(r *booking.SeriesRequest) { r.Count = 26 }, []string{"items "}},
		"two seeds": {func(r *booking.SeriesRequest) {
			r.Axes[0] = booking.Axis{Name: "seed", Values: []workflow.Value{workflow.Seed(1)}}
		}, []string{"axes[0].input_name "}},
		"the start": {func(r *booking.SeriesRequest) { r.When = at(d.in(-1)) }, []string{"start_ms "}},
	} {
		r := grid(next(0))
		tc.change(&r)
		_, err := d.BookSeries(t.Context(), d.ada, r)
		var got []string
		if refused, is := fault.Of(err); is {
			for _, f := range refused.Fields {
				got = append(got, f.Name+" "+f.Key)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q (%v)", name, got, err)
		}
		if quotes, problems, err := d.CheckSeries(t.Context(), d.ada, r); err != nil || len(problems) != 1 || quotes != nil {
			t.Errorf("%s, checked: %+v %v (%v)", name, quotes, problems, err)
		}
	}
}

func TestASeriesCountsByItsJobs(t *testing.T) {
	d := open(t, t.TempDir())
	d.limit(account.Limits{OpenBookings: 9})
	d.book(d.ada, next(0))
	d.book(d.ada, next(0))
	if _, err := d.BookSeries(t.Context(), d.ada, grid(next(0))); !fault.Is(err, fault.TooManyBookings) {
		t.Errorf("two and eight: %v", err)
	}
	if _, err := d.BookSeries(t.Context(), d.bob, grid(next(0))); err != nil {
		t.Errorf("eight: %v", err)
	}
	d.limit(account.Limits{OpenTime: 7 * slot})
	_, err := d.BookSeries(t.Context(), d.root, grid(next(0)))
	if err != nil {
		t.Errorf("of an administrator: %v", err)
	}
	quotes, problems, err := d.CheckSeries(t.Context(), d.ada, grid(next(0)))
	if err != nil || len(problems) != 1 || quotes != nil {
		t.Fatalf("checked: %+v %v (%v)", quotes, problems, err)
	}
	wantTooMuch(t, problems[0], "open_minutes", "8000") // with the sixth job beside the two that are open
}

func TestACheckOfASeriesBooksNothing(t *testing.T) {
	d := openTwo(t)
	quotes, problems, err := d.CheckSeries(t.Context(), d.ada, grid(next(0)))
	if err != nil || len(problems) != 0 || len(quotes) != 8 || quotes[0].Use.Open == 0 {
		t.Fatalf("checked: %+v %v (%v)", quotes, problems, err)
	}
	if jobs, err := d.store.ActiveJobs(t.Context()); err != nil || len(jobs) != 0 {
		t.Fatalf("%d jobs (%v)", len(jobs), err)
	}
	booked, err := d.BookSeries(t.Context(), d.ada, grid(next(0)))
	if err != nil {
		t.Fatal(err)
	}
	for i, j := range booked.Jobs {
		if quotes[i].Slot != j.Slot() || quotes[i].Worker != j.Worker {
			t.Errorf("job %d is on %s at %v, quoted %+v", i, j.Worker, j.Slot(), quotes[i])
		}
	}
}

func TestCancelSeries(t *testing.T) {
	d := open(t, t.TempDir())
	booked, err := d.BookSeries(t.Context(), d.ada, grid(next(0)))
	if err != nil {
		t.Fatal(err)
	}
	running := booked.Jobs[0]
	running.StartProcessing()
	if _, err := d.store.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, running) }); err != nil {
		t.Fatal(err)
	}
	if _, err := d.CancelSeries(t.Context(), d.bob, booked.ID); !fault.Is(err, fault.NotOwner) {
		t.Errorf("by another user: %v", err)
	}
	if _, err := d.CancelSeries(t.Context(), d.ada, uuid.NewString()); !fault.Is(err, fault.NotFound) {
		t.Errorf("one that there is not: %v", err)
	}
	for range 2 { // asking again does no harm, and is no deed
		cancelled, err := d.CancelSeries(t.Context(), d.ada, booked.ID)
		if err != nil || len(cancelled.Jobs) != 8 || cancelled.Jobs[0].Status != job.Processing || !cancelled.Jobs[0].CancelRequested {
			t.Fatalf("cancelled: %+v (%v)", cancelled, err)
		}
		for _, j := range cancelled.Jobs[1:] {
			if j.Status != job.Cancelled {
				t.Errorf("job %d is %s", j.SeriesIndex, j.Status)
			}
		}
	}
	if events, err := d.store.Events(t.Context(), audit.Query{UserID: d.ada.ID, Limit: 9}); err != nil || len(events) != 2 ||
		events[0].Action != audit.Cancel || events[0].Detail != "series "+booked.ID+", 8 of 8 jobs" {
		t.Errorf("noted: %+v (%v)", events, err)
	}
}

// modelsByWidth estimates pictures of different sizes as made by different models.
type modelsByWidth struct{}

// Estimate implements estimate.Estimator.
func (modelsByWidth) Estimate(_, _ string, inputs workflow.Values) (estimate.Length, bool) {
	models := "small"
	if w, _ := inputs["width"].(workflow.Integer); w > 64 {
		models = "large"
	}
	return estimate.Length{Expected: slot, Slot: slot, Models: models}, true
}

func TestASeriesLoadsItsModelsOnce(t *testing.T) {
	d := open(t, t.TempDir())
	c := d.Config
	c.Estimator = modelsByWidth{}
	d.Service = booking.New(c)
	booked, err := d.BookSeries(t.Context(), d.ada, grid(at(d.in(5000))))
	if err != nil {
		t.Fatal(err)
	}
	var sizes []workflow.Value
	jobs := slices.SortedFunc(slices.Values(booked.Jobs), func(a, b job.Job) int { return int(a.Start - b.Start) })
	for _, j := range jobs {
		sizes = append(sizes, j.Inputs["width"])
	}
	if changes := len(slices.Compact(sizes)); changes != 2 {
		t.Errorf("the sizes in the order of their slots change %d times", changes)
	}
}

// Whatever is booked already: a series is there as a whole or not at all, no two slots overlap, and from an exact start its jobs follow
// each other on one worker.
func TestASeriesIsBookedWholeOrNotAtAll(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		d := openTwo(outer)
		defer func() { _ = d.store.Close() }()
		d.limit(account.Limits{OpenBookings: rapid.IntRange(0, 12).Draw(t, "open bookings")})
		for range rapid.IntRange(0, 4).Draw(t, "bookings") {
			w := booking.When{Exact: rapid.Bool().Draw(t, "exact"), Moment: d.in(rapid.Int64Range(0, 9000).Draw(t, "start"))}
			if _, err := d.Book(outer.Context(), d.root, request(w)); err != nil && !fault.Is(err, fault.SlotTaken) {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 3).Draw(t, "series") {
			r := booking.SeriesRequest{
				When:   booking.When{Exact: rapid.Bool().Draw(t, "exact"), Moment: d.in(rapid.Int64Range(0, 9000).Draw(t, "start"))},
				Inputs: a("fox"),
				Count:  rapid.IntRange(1, 6).Draw(t, "count"),
			}
			before := active(t, outer, d.store)
			booked, err := d.BookSeries(outer.Context(), d.ada, r)
			after := active(t, outer, d.store)
			switch {
			case err != nil:
				if !fault.Is(err, fault.SlotTaken) && !fault.Is(err, fault.TooManyBookings) {
					t.Fatal(err)
				}
				if len(after) != len(before) {
					t.Fatalf("refused, and %d jobs are %d", len(before), len(after))
				}
			case len(after) != len(before)+r.Count || len(booked.Jobs) != r.Count:
				t.Fatalf("%d of %d were booked, and %d jobs are %d", len(booked.Jobs), r.Count, len(before), len(after))
			}
			for i, j := range booked.Jobs {
				if r.When.Exact && (j.Worker != booked.Jobs[0].Worker || i > 0 && j.Start != booked.Jobs[i-1].Slot().End+1) {
					t.Fatalf("job %d is on %s at %d", i, j.Worker, j.Start)
				}
			}
			for i, j := range after {
				for _, k := range after[:i] {
					if j.Worker == k.Worker && j.Slot().Overlaps(k.Slot()) {
						t.Fatal(j.Slot(), " overlaps ", k.Slot())
					}
				}
			}
		}
	})
}

func active(t *rapid.T, outer *testing.T, s store.Store) []job.Job {
	jobs, err := s.ActiveJobs(outer.Context())
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}
