//go:build linux

package torture_test

import (
	"context"
	"sync"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

const flooders = 12 // calls at a time

// flood asks for a second or two for what must be refused, so that failing updates share commits with good ones.
func (t *tormentor) flood(ctx context.Context) {
	t.whileFlooded(ctx, func() { pause(ctx, 300*time.Millisecond+t.upTo(1500*time.Millisecond)) })
}

// whileFlooded does something while there is a flood.
func (t *tormentor) whileFlooded(ctx context.Context, do func()) {
	flooding, stop := context.WithCancel(ctx)
	defer stop()
	var group sync.WaitGroup
	for i := range flooders {
		group.Go(func() {
			for flooding.Err() == nil {
				if i%3 == 0 {
					t.tryInvitation(flooding)
				} else {
					t.tryName(flooding)
				}
			}
		})
	}
	group.Go(func() {
		for flooding.Err() == nil {
			t.tryTakenSlot(flooding)
		}
	})
	do()
	stop()
	group.Wait()
}

// tryName asks for a name that is taken.
func (t *tormentor) tryName(ctx context.Context) {
	_, err := t.vandal.Identity.UpdateMe(ctx, &pb.UpdateMeRequest{Name: t.bait.display})
	t.refused(ctx, "rename to a taken name", err)
}

// tryInvitation signs in with an invitation that nobody made.
func (t *tormentor) tryInvitation(ctx context.Context) {
	_, err := t.stranger.Identity.SignIn(ctx, &pb.SignInRequest{ClientName: "stranger", Invitation: "0000-0000-0000"})
	t.refused(ctx, "sign-in with a wrong invitation", err)
}

// refused counts a call that must not have been granted.
func (t *tormentor) refused(ctx context.Context, what string, err error) {
	switch {
	case err == nil:
		t.history.violation(what + " was granted")
	case ctx.Err() == nil && connect.IsWireError(err):
		t.history.count(what)
	default:
		pause(ctx, 5*time.Millisecond) // nobody answers
	}
}

// tryTakenSlot books a slot that is somebody else's, as far as anybody knows.
func (t *tormentor) tryTakenSlot(ctx context.Context) {
	jobs, err := t.vandal.list(ctx)
	for _, j := range jobs {
		if err == nil && j.active() && j.Start > time.Now().UnixMilli() && ctx.Err() == nil {
			if c := t.vandal.bookAt(ctx, j.Start, true, ""); c.Outcome == refused {
				t.history.count("booking of a taken slot")
			}
		}
	}
	pause(ctx, 20*time.Millisecond)
}
