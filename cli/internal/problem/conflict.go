package problem

import (
	"errors"
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// withNext is an error whose slot conflict can be answered with a command.
type withNext struct {
	error
	command func(next string) string
}

func (w *withNext) Unwrap() error { return w.error }

// OfferNext adds to a slot conflict in err the command that takes the next free start, which it is given in RFC 3339.
func OfferNext(err error, command func(next string) string) error {
	if err == nil {
		return nil
	}
	return &withNext{err, command}
}

// conflict names who holds the slot, until when, and the command that takes the next free start.
func (e Explainer) conflict(err error, c *pb.SlotConflict) string {
	taken := "the slot is taken"
	switch {
	case c.GetJob() != nil:
		taken = fmt.Sprintf("the slot is taken by %s's job %s", c.GetJob().GetUserName(), refs.Short(c.GetJob().GetJobId()))
	case c.GetPause() != nil:
		taken = "the worker is paused by " + c.GetPause().GetUserName()
	}
	text := taken + " until " + e.Clock.Stamp(c.GetTimeSlot().GetEndMs())
	if f := c.GetFiles(); f != nil {
		text = fmt.Sprintf("its files cannot be on worker %s before %s", f.GetWorkerId(), e.Clock.Stamp(f.GetReadyMs()))
	}
	if c.GetNextFreeStartMs() == 0 {
		return text
	}
	next := e.Clock.Exact(c.GetNextFreeStartMs())
	var offer *withNext
	if errors.As(err, &offer) {
		return fmt.Sprintf("%s; the next free start is %s: %s", text, e.Clock.Stamp(c.GetNextFreeStartMs()), offer.command(next))
	}
	return fmt.Sprintf("%s; the next free start is %s", text, next)
}

// withWay is an error whose bookings in the way can be dealt with by an option.
type withWay struct {
	error
	option string
}

func (w *withWay) Unwrap() error { return w.error }

// OfferWay adds to bookings in the way in err the option that deals with them, and what it does.
func OfferWay(err error, option string) error {
	if err == nil {
		return nil
	}
	return &withWay{err, option}
}

// inTheWay names the bookings in the way of a pause or of deleting their owner, as many as fit a line, and the option that
// deals with them.
func (e Explainer) inTheWay(err error, c *pb.PauseConflict) string {
	const most = 3
	var names []string
	for _, b := range c.GetBookings()[:min(len(c.GetBookings()), most)] {
		start := e.Clock.Stamp(b.GetTimeSlot().GetStartMs())
		names = append(names, fmt.Sprintf("%s's job %s at %s", b.GetUserName(), refs.Short(b.GetJobId()), start))
	}
	if more := max(int(c.GetTotal()), len(c.GetBookings())) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	text := "bookings are in the way: " + strings.Join(names, ", ")
	var offer *withWay
	if errors.As(err, &offer) {
		text += "; " + offer.option
	}
	return text
}
