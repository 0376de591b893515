package feed_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func booking(i int, owner string) job.Job {
	return job.Job{
		ID:       fmt.Sprintf("j%05d", i),
		UserID:   owner,
		UserName: "Name of " + owner,
		Start:    int64(i + 1),
		Status:   job.Scheduled,
		Inputs:   workflow.Values{"prompt": workflow.Text(strings.Repeat("x", 16<<10))},
	}
}

func bytesOf(deltas []feed.Delta) (n int) {
	for _, d := range deltas {
		for _, j := range d.Jobs {
			n += feed.Size(j)
		}
	}
	return n
}

func TestRenamingIsOneNameWhateverIsBooked(t *testing.T) {
	f := newFeed()
	for i := range 500 {
		write(f, booking(i, "ada"))
	}
	cursor := f.Read(feed.Cursor{}).Next
	rename(f, "ada", "Ada Lovelace")
	rename(f, "ada", "Ada Lovelace") // nothing new
	rename(f, "bob", "Bob")          // nobody here
	news := f.Read(cursor)
	if len(news.Deltas) != 3 || len(news.Deltas[0].Jobs) != 0 || fmt.Sprint(news.Deltas[0].Names) != "[{ada Ada Lovelace}]" ||
		len(news.Deltas[1].Names)+len(news.Deltas[2].Names) != 0 {
		t.Errorf("renaming is %+v", news.Deltas)
	}
}

func TestWhoIsNotSpokenOfIsForgotten(t *testing.T) {
	f := newFeed()
	disconnect := f.Connect(feed.Connection{ID: "c", UserID: "eve"}, "Eve")
	for i := range 300 {
		j := booking(i, fmt.Sprint("user", i))
		write(f, j)
		j.Status, j.FinishedAt = job.Completed, int64(i+1)
		write(f, j)
	}
	disconnect()
	old := booking(0, "user0") // it is out of view for long
	old.Status, old.FinishedAt = job.Completed, 1
	cursor := f.Read(feed.Cursor{}).Next
	write(f, old)
	if d := f.Read(cursor).Deltas; len(d) != 1 || fmt.Sprint(d[0].Names) != "[{user0 Name of user0}]" {
		t.Errorf("an old job: %+v", d)
	}
	s := f.Snapshot()
	if len(s.Jobs) != 100 || len(s.Names) != 100 || s.Names[0].UserID != "user200" {
		t.Errorf("%d jobs, %d names, the first %v", len(s.Jobs), len(s.Names), s.Names[0])
	}
}

func TestManyJobsAreSeveralChanges(t *testing.T) {
	f := newFeed()
	write(f, booking(0, "eve"))
	cursor := f.Read(feed.Cursor{}).Next
	var moved []job.Job
	for i := range 3000 {
		moved = append(moved, booking(i+1, map[bool]string{true: "ada", false: "bob"}[i < 2000]))
	}
	write(f, moved...)
	var got []job.Job
	last := cursor.Revision.Number
	for _, d := range f.Read(cursor).Deltas {
		want := last // until the change is complete
		if len(got)+len(d.Jobs) == len(moved) {
			want++
		}
		if d.Revision.Number != want || bytesOf([]feed.Delta{d}) > 1<<20 || d.ScheduledTotal != 1+len(got)+len(d.Jobs) {
			t.Errorf("revision %d after %d: %d bytes, %d scheduled", d.Revision.Number, last, bytesOf([]feed.Delta{d}), d.ScheduledTotal)
		}
		for _, j := range d.Jobs {
			if j.UserID != d.Jobs[0].UserID || j.UserName != "" || !j.Shortened {
				t.Errorf("a job of %s (%q), shortened %v", j.UserID, j.UserName, j.Shortened)
			}
		}
		got = append(got, d.Jobs...)
	}
	if len(got) != 3000 || got[2999].ID != moved[2999].ID {
		t.Errorf("%d jobs", len(got))
	}
}

func TestHistoryIsBoundedInBytes(t *testing.T) {
	f := newFeed()
	var cursors []feed.Cursor
	j := booking(1, "ada")
	for i := range 20 {
		j.Results = append(j.Results, job.Result{Kind: job.Text, Text: strings.Repeat("y", 1000), NodeID: fmt.Sprint(i)})
	}
	for range 3000 {
		write(f, j)
		cursors = append(cursors, f.Read(feed.Cursor{}).Next)
	}
	for _, cursor := range cursors {
		if news := f.Read(cursor); news.Snapshot == nil {
			kept, n := bytesOf(news.Deltas), len(news.Deltas)
			if kept > 8<<20 || n < 100 {
				t.Errorf("%d changes of %d bytes are kept", n, kept)
			}
			return
		}
	}
	t.Error("nothing is kept")
}
