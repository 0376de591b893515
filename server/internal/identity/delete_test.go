package identity_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// house is a service and what it keeps.
type house struct {
	*identity.Service
	t     *testing.T
	store *sqlite.Store
	root  identity.Caller
}

func newHouse(t *testing.T) *house {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	h := &house{
		Service: identity.New(storetest.Wrap(s), identity.Rules{Mode: account.Open, Tokens: 3, TokenLife: 60 * 24 * time.Hour}, time.Now),
		t:       t,
		store:   s,
	}
	h.root = administrator(t, h.Service)
	return h
}

func (h *house) signIn() identity.Caller {
	h.t.Helper()
	_, token, err := h.SignIn(h.t.Context(), "::1", "", "")
	if err != nil {
		h.t.Fatal(err)
	}
	return recognised(h.t, h.Service, token)
}

// insert writes n jobs of a user's, an hour apart, changed as they are to be found.
func (h *house) insert(user account.User, n int, change func(*job.Job)) (ids []string) {
	h.t.Helper()
	_, err := h.store.Update(h.t.Context(), func(ctx context.Context, tx store.Tx) error {
		for i := range n {
			j := job.Job{
				ID:       uuid.NewString(),
				UserID:   user.ID,
				UserName: user.Name,
				Worker:   "gpu",
				Status:   job.Scheduled,
				Start:    int64(i+1) * 3_600_000,
				Duration: 1000,
				Inputs:   workflow.Values{"prompt": workflow.Text("a secret fox"), "seed": workflow.Seed(7), "style": workflow.Text("a secret style")},
				Attempt:  1,
				Version:  1,
			}
			change(&j)
			ids = append(ids, j.ID)
			if err := tx.InsertJob(ctx, j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return ids
}

func (h *house) job(id string) job.Job {
	h.t.Helper()
	j, err := h.store.Job(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

func TestDeletedUserIsGoneAndItsPromptsWithIt(t *testing.T) {
	h := newHouse(t)
	ada := h.signIn()
	ended := h.insert(ada.User, 120, func(j *job.Job) {
		j.Complete(j.Start+900, []job.Result{{Filename: j.ID + ".png", Kind: job.Image}, {Kind: job.Text, Text: "a secret text"}})
	})
	failed := h.insert(ada.User, 1, func(j *job.Job) {
		j.Fail(j.Start+900, job.Failure{Reason: job.Execution, Message: "a secret reason"})
	})
	deleted, cancelled, err := h.DeleteUser(t.Context(), h.root.Actor, ada.ID, false)
	if err != nil || cancelled != 0 || !strings.HasPrefix(deleted.Name, "Deleted user ") {
		t.Fatal(deleted, cancelled, err)
	}
	if !ada.IsStale() {
		t.Error("the caller is not recognised anew")
	}
	if _, err := h.Reauthenticate(t.Context(), ada); !errors.Is(err, identity.ErrNotSignedIn) {
		t.Errorf("its token: %v", err)
	}
	for _, id := range append(ended, failed...) {
		j := h.job(id)
		if text := fmt.Sprintf("%+v %+v", j, j.Failure); strings.Contains(text, "secret") || len(j.Inputs)+len(j.Results) > 0 {
			t.Fatalf("left: %s", text)
		}
		if j.UserName != deleted.Name || j.Status.Active() || j.FinishedAt == 0 {
			t.Fatalf("the history has %+v", j)
		}
	}
	if _, err := h.store.ResultOwner(t.Context(), "gpu", ended[0]+".png"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the picture's owner: %v", err)
	}
	events, err := h.store.Events(t.Context(), audit.Query{UserID: h.root.ID, Limit: 1})
	if err != nil || len(events) != 1 || events[0].Action != audit.DeleteUser || !strings.Contains(events[0].Detail, ada.Name) {
		t.Errorf("written down: %+v (%v)", events, err)
	}
	if _, _, err := h.DeleteUser(t.Context(), h.root.Actor, ada.ID, true); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleted again: %v", err)
	}
}

func TestBookingsAreInTheWayOfDeletingTheirOwner(t *testing.T) {
	h := newHouse(t)
	ada := h.signIn()
	scheduled := h.insert(ada.User, 2, func(*job.Job) {})
	running := h.insert(ada.User, 1, func(j *job.Job) {
		j.Start += 1_800_000
		j.StartProcessing()
	})[0]
	_, _, err := h.DeleteUser(t.Context(), h.root.Actor, ada.ID, false)
	if has, is := fault.InTheWayOf(err); !is || has.Count != 3 || len(has.Bookings) != 3 || has.Bookings[0].UserName != ada.Name {
		t.Fatalf("with bookings: %v", err)
	}
	if again, err := h.Reauthenticate(t.Context(), ada); err != nil || again.User != ada.User {
		t.Fatalf("after the refusal: %+v (%v)", again, err)
	}
	left := map[string]bool{}
	h.OnLeave(func(ctx context.Context, tx store.Tx, was, is job.Job) error {
		left[was.ID] = was.Version < is.Version
		kept, err := tx.ActiveOf(ctx, ada.ID)
		if len(kept) != 1 {
			t.Errorf("while one is told of %d are kept", len(kept))
		}
		return err
	})
	if _, cancelled, err := h.DeleteUser(t.Context(), h.root.Actor, ada.ID, true); err != nil || cancelled != 3 {
		t.Fatal(cancelled, err)
	}
	for _, id := range scheduled {
		if !left[id] {
			t.Errorf("%s has left its place, and nobody was told", id)
		}
		if j := h.job(id); j.Status != job.Cancelled || !j.IsErased() {
			t.Errorf("scheduled before: %+v", j)
		}
	}
	j := h.job(running)
	if j.Status != job.Processing || !j.CancelRequested || j.IsErased() {
		t.Errorf("running before: %+v", j)
	}
	j.EndCancelled(9)
	if _, err := h.store.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) }); err != nil {
		t.Fatal(err)
	}
	if err := h.EraseDeleted(t.Context()); err != nil {
		t.Fatal(err)
	}
	if j := h.job(running); !j.IsErased() {
		t.Errorf("when it has ended: %+v", j)
	}
	if left, err := h.store.Erasures(t.Context()); len(left) != 0 || err != nil {
		t.Errorf("left to erase: %v (%v)", left, err)
	}
}

func TestLastAdministratorCannotBeDeleted(t *testing.T) {
	h := newHouse(t)
	if _, _, err := h.DeleteUser(t.Context(), h.root.Actor, h.root.ID, true); !errors.Is(err, identity.ErrLastAdministrator) {
		t.Errorf("the last administrator: %v", err)
	}
	if _, err := h.Reauthenticate(t.Context(), h.root); err != nil {
		t.Errorf("after the refusal: %v", err)
	}
	if _, _, err := h.CreateUser(t.Context(), h.root.Actor, account.User{Name: "Second", Administrator: true}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.DeleteUser(t.Context(), h.root.Actor, h.root.ID, true); err != nil {
		t.Errorf("one of two administrators: %v", err)
	}
}
