package day

import (
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// Figures tell how days went. Times are in milliseconds.
type Figures struct {
	Starts  int
	OnTime  int    // no more than 50 ms later than was promised when it was booked
	Behind  int    // whose promised start came while a run on that worker was beyond its slot
	Late    []Late // all others that were not on time
	Longest int64  // that a start was later than promised
	Delayed int64  // all that starts were later than promised

	Ended     int // runs, without those that were cancelled
	Outlasted int // of them, that took longer than their slots
	Slots     int64
	Ran       int64

	Busy int64 // time that GPUs ran
	Open int64 // time from the first start to the last end, of each GPU

	Waits  int   // runs that were booked for the next free start
	Waited int64 // from booking to end
}

// Late is a start that nothing explains.
type Late struct {
	Job job.Job // as it started
	By  int64
}

// Kept gives the share of the starts that were on time, of all that were not behind an overrun.
func (f *Figures) Kept() float64 { return 1 - part(len(f.Late), f.Starts-f.Behind) }

// Add takes in another day.
func (f *Figures) Add(d *Figures) {
	f.Starts += d.Starts
	f.OnTime += d.OnTime
	f.Behind += d.Behind
	f.Late = append(f.Late, d.Late...)
	f.Longest = max(f.Longest, d.Longest)
	f.Delayed += d.Delayed
	f.Ended += d.Ended
	f.Outlasted += d.Outlasted
	f.Slots += d.Slots
	f.Ran += d.Ran
	f.Busy += d.Busy
	f.Open += d.Open
	f.Waits += d.Waits
	f.Waited += d.Waited
}

func part(n, of int) float64 { return float64(n) / float64(max(1, of)) }

func (h *house) figures() (f Figures) {
	var runs []ran
	for _, worker := range workers {
		runs = append(runs, h.gpus[worker].runs...)
	}
	if len(runs) == 0 {
		return f
	}
	first, last := runs[0].began, runs[0].end
	for _, r := range runs {
		first, last = min(first, r.began), max(last, r.end)
		h.count(&f, r)
	}
	f.Open = int64(len(workers)) * (last - first)
	return f
}

// count takes in a run.
func (h *house) count(f *Figures, r ran) {
	b, took := h.booked[r.job.ID], r.end-r.began
	late, behind := r.began-b.Start, h.isBehind(b)
	f.Starts++
	f.Busy += took
	f.Longest = max(f.Longest, late)
	f.Delayed += max(0, late)
	if behind {
		f.Behind++
	}
	if late <= job.OnTime {
		f.OnTime++
	} else if !behind {
		f.Late = append(f.Late, Late{r.job, late})
	}
	if r.cut {
		return
	}
	f.Ended++
	f.Slots += r.job.Duration
	f.Ran += took
	if took > r.job.Duration {
		f.Outlasted++
	}
	if b.order.kind == nextFree {
		f.Waits++
		f.Waited += r.end - b.at
	}
}

// isBehind reports whether the start that a job was promised came while a run on that worker was beyond its own slot.
func (h *house) isBehind(b booked) bool {
	return slices.ContainsFunc(h.gpus[b.Worker].runs, func(r ran) bool {
		return r.job.ID != b.ID && r.job.Slot().End < b.Start && r.end >= b.Start-job.OnTime
	})
}
