package problem

import (
	"errors"
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
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
	taken := fmt.Sprintf("the slot is taken by %s's job %s", c.GetBlockingUserName(), jobref.Short(c.GetBlockingJobId()))
	if c.GetBlockingJobId() == "" {
		taken = "the worker is paused by " + c.GetBlockingUserName()
	}
	text := taken + " until " + e.Clock.Stamp(c.GetBlockingEndMs())
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

// pauseConflict names the bookings in the way of a pause, as many as fit a line.
func (e Explainer) pauseConflict(c *pb.PauseConflict) string {
	const most = 3
	var names []string
	for _, b := range c.GetBookings()[:min(len(c.GetBookings()), most)] {
		names = append(names, fmt.Sprintf("%s's job %s at %s", b.GetUserName(), jobref.Short(b.GetJobId()), e.Clock.Stamp(b.GetStartMs())))
	}
	if more := max(int(c.GetTotal()), len(c.GetBookings())) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("bookings are in the way: %s; --move moves them after the pause", strings.Join(names, ", "))
}
