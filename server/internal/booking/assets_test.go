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
