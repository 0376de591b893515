package day

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// order tells what somebody wants. It is drawn before anything is played, the same for all ways of playing the day.
type order struct {
	number   int
	after    time.Duration // from the beginning of the day
	user     int
	workflow string
	values   workflow.Values
	kind     kind
	ahead    time.Duration // of the moment that is wanted
	cancel   time.Duration // after it was booked; 0: it stays
}

type kind int

const (
	nextFree kind = iota // as soon as may be
	later                // the next free start from a moment on
	exact                // at a moment
)

const users = 20

// plan draws a day: a quiet morning, a rush before noon and one in the afternoon.
func plan(d Day) []order {
	rnd := rand.New(rand.NewPCG(d.Seed, 500))
	all := make([]order, d.Bookings)
	for i := range all {
		o := order{after: moment(rnd, time.Duration(d.Bookings)*every), user: rnd.IntN(users)}
		p := &products[pick(rnd, 45, 30, 25)]
		o.workflow, o.values = p.id, p.draw(rnd)
		switch o.kind = kind(pick(rnd, 55, 15, 30)); o.kind {
		case later:
			o.ahead = time.Duration(10+rnd.IntN(110)) * time.Minute
		case exact:
			o.ahead = time.Duration(2+rnd.IntN(178)) * time.Minute
		}
		if rnd.IntN(100) < 8 {
			o.cancel = time.Duration(rnd.ExpFloat64() * float64(10*time.Minute))
		}
		all[i] = o
	}
	slices.SortFunc(all, func(a, b order) int { return int(a.after - b.after) })
	for i := range all {
		all[i].number = i
	}
	return all
}

func moment(rnd *rand.Rand, length time.Duration) time.Duration {
	at := rnd.Float64()
	switch pick(rnd, 50, 25, 25) {
	case 1:
		at = .35 + .06*rnd.NormFloat64()
	case 2:
		at = .75 + .06*rnd.NormFloat64()
	}
	return time.Duration(math.Abs(at) * float64(length))
}

// pick draws an index by shares.
func pick(rnd *rand.Rand, shares ...int) int {
	sum := 0
	for _, s := range shares {
		sum += s
	}
	at := rnd.IntN(sum)
	for i, s := range shares {
		if at -= s; at < 0 {
			return i
		}
	}
	return 0
}

// when says what the order asks for at a moment.
func (o *order) when(now time.Time, sooner bool) booking.When {
	at := now.Add(o.ahead)
	if o.kind == exact {
		return booking.When{Exact: true, Moment: at.Truncate(time.Minute).UnixMilli()}
	}
	return booking.When{Moment: at.UnixMilli(), Fixed: !sooner}
}
