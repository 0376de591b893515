package booking_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// own gives a user an asset.
func (d *desk) own(by account.Actor, id, kind string) {
	d.t.Helper()
	_, err := d.store.Update(d.t.Context(), func(ctx context.Context, tx store.Tx) error {
		return tx.PutAsset(ctx, store.OwnedAsset{Asset: store.Asset{ID: id, Kind: kind}, Owner: by.ID})
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// with is a booking of files by input.
func with(start int64, files ...string) booking.Request {
	r := booking.Request{When: booking.When{Exact: true, Moment: start}, Inputs: workflow.Values{"prompt": workflow.Text("a fox")}}
	for i := 0; i < len(files); i += 2 {
		r.Inputs[files[i]] = workflow.File{Asset: files[i+1]}
	}
	return r
}

// taken reads which assets a job takes.
func (d *desk) taken(jobID string) (ids []string) {
	d.t.Helper()
	_, err := d.store.Update(d.t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		ids, err = tx.JobAssets(ctx, jobID)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return ids
}

func TestFilesAreTakenWithTheBooking(t *testing.T) {
	d := open(t, t.TempDir())
	d.own(d.ada, "cat", "image")
	d.own(d.ada, "clip", "video")
	d.own(d.bob, "dog", "image")
	for name, c := range map[string]struct {
		request booking.Request
		want    string
	}{
		"unknown":       {with(2_000_000, "image", "none"), `inputs["image"]: there is no such file among your uploads`},
		"of Bob's":      {with(2_000_000, "image", "dog"), `inputs["image"]: there is no such file among your uploads`},
		"a wrong kind":  {with(2_000_000, "image", "clip"), `inputs["image"]: takes a picture, and the file is a video`},
		"both at once":  {with(2_000_000, "image", "clip", "sound", "cat"), `; inputs["sound"]: takes a sound, and the file is a picture`},
		"no such input": {with(2_000_000, "mask", "cat"), `inputs["mask"]: the workflow has no such input`},
	} {
		_, err := d.Book(t.Context(), d.ada, c.request)
		if !fault.Is(err, fault.InvalidFields) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		_, problems, err := d.Check(t.Context(), d.ada, c.request)
		if err != nil || len(problems) != 1 || !strings.Contains(problems[0].Message, c.want) {
			t.Errorf("%s, checked: %v, %v", name, problems, err)
		}
	}
	j, err := d.Book(t.Context(), d.ada, with(2_000_000, "image", "cat", "sound", "clip"))
	if got := d.taken(j.ID); err != nil || !slices.Equal(got, []string{"cat", "clip"}) {
		t.Fatalf("%v takes %v, %v", j, got, err)
	}
	edit := func(by account.Actor, input, asset string) error {
		j, err = d.Edit(t.Context(), by, j.ID, booking.Edit{Version: j.Version, Inputs: workflow.Values{input: workflow.File{Asset: asset}}})
		return err
	}
	before := j
	if err := edit(d.root, "image", "dog"); !fault.Is(err, fault.InvalidFields) {
		t.Errorf("an administrator takes Bob's: %v", err)
	}
	j = before
	if err := edit(d.root, "image", "cat"); err != nil {
		t.Errorf("an administrator leaves what the job has: %v", err)
	}
	if err := edit(d.ada, "sound", ""); err != nil {
		t.Fatal(err)
	}
	if got := d.taken(j.ID); !slices.Equal(got, []string{"cat"}) {
		t.Errorf("after an edit it takes %v", got)
	}
}

// takers are workers that take files up to some size each.
type takers struct {
	booking.Offers
	most map[string]int64
}

// On implements booking.Offers.
func (o takers) On(worker, id string) (workflow.Offer, bool) {
	offer, err := o.Offer(context.Background(), id, "")
	offer.MaxFile = func() int64 { return o.most[worker] }
	return offer, err == nil
}

// openTakers opens a desk with a fast worker that takes small files and a slow one, to which ten milliseconds are needed for a byte of a
// film.
func openTakers(t *testing.T) *desk {
	d := openTwo(t)
	d.Offers = takers{d.catalog, map[string]int64{"fast": 100, "slow": 1000}}
	d.Transfer = func(worker string, files map[string]int64) int64 {
		return map[string]int64{"slow": 10}[worker] * (files["film"] + files["short"])
	}
	_, err := d.store.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		for id, size := range map[string]int64{"cat": 90, "short": 200, "film": 700, "epic": 7000} {
			own := store.OwnedAsset{Asset: store.Asset{ID: id, Kind: "image", Size: size}, Owner: d.ada.ID}
			if err := tx.PutAsset(ctx, own); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A job with a large file goes where it is taken and not where it would end first, and not before it can be there.
func TestALargeFileGoesWhereItIsTaken(t *testing.T) {
	d := openTakers(t)
	wanted := func(file string, when booking.When) booking.Request {
		r := with(0, "image", file)
		r.When = when
		return r
	}
	for _, c := range []struct {
		file, worker string
		when         booking.When
		start        int64
	}{
		{"cat", "fast", next(d.in(0)), d.in(0)},
		{"film", "slow", next(d.in(0)), d.in(7000)},
		{"film", "slow", at(d.in(7000)), d.in(7000)},
	} {
		j, err := d.Book(t.Context(), d.ada, wanted(c.file, c.when))
		if err != nil || j.Worker != c.worker || j.Start != c.start {
			t.Errorf("%s is on %s at %d (%v)", c.file, j.Worker, j.Start-d.in(0), err)
		}
		if _, err := d.Cancel(t.Context(), d.ada, j.ID, j.Version); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		file, worker, want string
	}{
		"nobody takes it":           {"epic", "", "takes 1000 at most"},
		"who is named takes it not": {"film", "fast", "takes 100 at most"},
	} {
		r := wanted(c.file, next(d.in(0)))
		r.Worker = c.worker
		if _, err := d.Book(t.Context(), d.ada, r); !fault.Is(err, fault.InvalidFields) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		_, problems, err := d.Check(t.Context(), d.ada, r)
		if err != nil || len(problems) != 1 || !strings.Contains(problems[0].Message, c.want) {
			t.Errorf("%s, checked: %v, %v", name, problems, err)
		}
	}
	j, err := d.Book(t.Context(), d.ada, wanted("cat", next(d.in(0))))
	if err != nil || j.Worker != "fast" {
		t.Fatal(j, err)
	}
	edit := booking.Edit{Version: j.Version, Inputs: workflow.Values{"image": workflow.File{Asset: "film"}}}
	_, err = d.Edit(t.Context(), d.ada, j.ID, edit)
	if !fault.Is(err, fault.InvalidFields) || !strings.Contains(err.Error(), "takes 100 at most") {
		t.Errorf("an edit: %v", err)
	}
}

// An exact start before the files can be there is refused as one that is taken is, with the moment from which on they can, and a start
// that still holds when somebody has read that. It changes nothing.
func TestAnExactStartThatItsFilesCannotReach(t *testing.T) {
	d := openTakers(t)
	cannot := func(what string, err error, moment, ready int64) {
		t.Helper()
		c, is := fault.ConflictOf(err)
		if !is || c.FilesAt != ready || c.FilesWorker != "slow" || c.Slot.Start != moment || c.NextFree != ready+10_000 ||
			c.NextFreeWorker != "slow" || !strings.Contains(err.Error(), "cannot be on worker slow by then, but from 1970-01-01T00:") {
			t.Errorf("%s: %+v (%v)", what, c, err)
		}
	}
	early := with(0, "image", "film")
	early.When = at(d.in(6999))
	_, err := d.Book(t.Context(), d.ada, early)
	cannot("booked", err, d.in(6999), d.in(7000))
	_, problems, err := d.Check(t.Context(), d.ada, early)
	if err != nil || len(problems) != 1 {
		t.Fatalf("checked: %v (%v)", problems, err)
	}
	cannot("checked", problems[0], d.in(6999), d.in(7000))
	_, err = d.BookSeries(t.Context(), d.ada, booking.SeriesRequest{When: early.When, Inputs: early.Inputs, Count: 3})
	cannot("a series", err, d.in(6999), d.in(7000))
	offered := early
	offered.When = at(d.in(17_000))
	d.now.Add(9000)
	j, err := d.Book(t.Context(), d.ada, offered)
	if err != nil || j.Start != offered.When.Moment {
		t.Fatalf("as offered, after a while: %+v (%v)", j.Job, err)
	}
	back := at(d.in(500))
	_, err = d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Move: &back})
	cannot("moved", err, d.in(500), d.in(7000))
	short, err := d.Book(t.Context(), d.ada, func() booking.Request {
		r := with(0, "image", "short")
		r.When = at(d.in(2000))
		return r
	}())
	if err != nil {
		t.Fatal(err)
	}
	edit := booking.Edit{Version: short.Version, Inputs: workflow.Values{"image": workflow.File{Asset: "film"}}}
	_, err = d.Edit(t.Context(), d.ada, short.ID, edit)
	if c, is := fault.ConflictOf(err); !is || c.FilesAt != d.in(7000) || c.NextFree <= d.in(7000) {
		t.Errorf("another file: %+v (%v)", c, err)
	}
	if kept, err := d.store.Job(t.Context(), short.ID); err != nil || kept.Version != short.Version {
		t.Errorf("refused, and changed: %+v (%v)", kept, err)
	}
	d.now.Store(short.Start - 500) // its file is on its way, which an edit of other values does not mind
	wider := booking.Edit{Version: short.Version, Inputs: width(1024)}
	if _, err := d.Edit(t.Context(), d.ada, short.ID, wider); err != nil {
		t.Errorf("another size: %v", err)
	}
}
