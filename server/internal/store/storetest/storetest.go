// Package storetest is what every store must pass, whatever database is behind it.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Run holds a store against the contract. open makes an empty store, or opens the one in a folder again.
func Run(t *testing.T, open func(t *testing.T, folder string) store.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"jobs keep all their fields", jobsKeepTheirFields},
		{"everything is there after opening again", openAgain},
		{"a failed update leaves nothing", failedUpdate},
		{"a bad update is taken back alone", badUpdatesAreAlone},
		{"memory and disk agree", memoryAndDiskAgree},
		{"a panic in an update is an error", panicInUpdate},
		{"of many for one slot one wins", oneWins},
		{"active slots never overlap", overlap},
		{"ended jobs free their slots", endedJobsFree},
		{"queries filter, sort and page", queries},
		{"changes are logged in order", logged},
		{"what the log tells of", told},
		{"the log goes on after opening again", logSurvives},
		{"the log is asked for what it does not know", forgotten},
		{"whoever waits for changes", waiting},
		{"an update gives its revision", revisions},
		{"what is not there", missing},
		{"the numbers of a day", dayStats},
		{"users and tokens", users},
		{"administrators", administrators},
		{"deleted users", deletion},
		{"pages of tokens and invitations", pagesOfTokens},
		{"tokens that nobody uses", oldTokens},
		{"secrets that are made anew", newSecrets},
		{"users who never booked", forgottenUsers},
		{"names that look alike", likenesses},
		{"invitations", invitations},
		{"who did what", trail},
		{"pauses keep a stretch free", pauses},
		{"workers are out of service until they return", outages},
		{"whose a result is", results},
		{"how much a user has booked", activeOfUser},
		{"jobs of a series", seriesOfJobs},
		{"series", listedSeries},
		{"how much time a user has booked", bookedTime},
		{"totals are the sums of the jobs", totals},
		{"requests", requests},
		{"records and versions of workflows", records},
		{"imported workflows", imports},
		{"assets and their owners", assets},
		{"assets that jobs take", takenAssets},
		{"assets that workers are to be given", awaitedAssets},
		{"jobs that may start earlier", movable},
		{"jobs that run", runs},
		{"closed", closed},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &suite{T: t, folder: t.TempDir(), open: open}
			s.Store = open(t, s.folder)
			t.Cleanup(func() { _ = s.Close() })
			test.run(t, s)
		})
	}
}

type suite struct {
	store.Store
	*testing.T
	folder string
	open   func(t *testing.T, folder string) store.Store
}

func (s *suite) update(change func(context.Context, store.Tx) error) {
	s.Helper()
	if _, err := s.Update(s.Context(), change); err != nil {
		s.Fatal(err)
	}
}

// try updates and gives the error.
func (s *suite) try(change func(context.Context, store.Tx) error) error {
	_, err := s.Update(s.Context(), change)
	return err
}

func (s *suite) user() account.User {
	s.Helper()
	var user account.User
	id := uuid.NewString()
	s.update(func(ctx context.Context, tx store.Tx) (err error) {
		n, err := tx.NextUserNumber(ctx)
		user = account.User{ID: id, Name: fmt.Sprintf("User-%d", n), CreatedAt: 1}
		return errors.Join(err, tx.InsertUser(ctx, user))
	})
	return user
}

func booking(user account.User, worker string, start, duration int64) job.Job {
	return job.Job{
		ID:              uuid.Must(uuid.NewV7()).String(),
		UserID:          user.ID,
		UserName:        user.Name,
		Worker:          worker,
		Workflow:        "w",
		WorkflowVersion: "t",
		Status:          job.Scheduled,
		Start:           start,
		Duration:        duration,
		Estimate:        duration,
		Load:            duration / 4,
		Basis:           estimate.Learned,
		Sooner:          true,
		Pinned:          true,
		Promised:        start + 1,
		Series:          "series",
		SeriesIndex:     3,
		Inputs:          workflow.Values{"prompt": workflow.Text("a fox")},
		Attempt:         1,
		Version:         1,
		CreatedAt:       5,
	}
}

func (s *suite) insert(jobs ...job.Job) {
	s.Helper()
	for _, j := range jobs {
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, j) })
	}
}

func (s *suite) job(id string) job.Job {
	s.Helper()
	j, err := s.Store.Job(s.Context(), id)
	if err != nil {
		s.Fatal(err)
	}
	return j
}

func openAgain(t *testing.T, s *suite) {
	user := s.user()
	j := booking(user, "gpu", 1000, 500)
	s.insert(j)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.Store = s.open(t, s.folder)
	if diff := cmp.Diff(j, s.job(j.ID)); diff != "" {
		t.Error(diff)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		if id, found, _ := tx.Blocking(ctx, "gpu", schedule.NewSlot(1500, 1), ""); !found || id != j.ID {
			t.Errorf("the slot is free after opening again")
		}
		return nil
	})
}

func failedUpdate(t *testing.T, s *suite) {
	user := s.user()
	j := booking(user, "gpu", 1000, 500)
	refusal := errors.New("changed my mind")
	_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := tx.InsertJob(ctx, j); err != nil {
			return err
		}
		return refusal
	})
	if !errors.Is(err, refusal) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Store.Job(t.Context(), j.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the job of the failed update: %v", err)
	}
	s.insert(j) // its slot is free as well
}

func panicInUpdate(t *testing.T, s *suite) {
	if _, err := s.Update(t.Context(), func(context.Context, store.Tx) error { panic("oh no") }); err == nil {
		t.Error("no error")
	}
	s.user() // it goes on
}
