package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// told holds what each write is told as.
func told(t *testing.T, s *suite) {
	ada, bob := s.user(), s.user()
	j := booking(ada, "gpu", 1000, 500)
	moved := j
	moved.Move(2000)
	pause := schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(9000, 10), UserID: ada.ID, UserName: ada.Name}
	renamed, renamedPause, gone := ada, pause, bob
	renamed.Name, renamedPause.UserName, gone.Name = "Ada", "Ada", "Deleted user"
	token := account.Token{ID: "t", UserID: bob.ID, Hash: [32]byte{3}}
	invitation := account.Invitation{ID: "i", Hash: [32]byte{4}, CreatedBy: ada.ID, ExpiresAt: 100, MaxUses: 1}
	for _, step := range []struct {
		name   string
		change func(context.Context, store.Tx) error
		want   []store.Thing
	}{
		{"a job, twice", func(ctx context.Context, tx store.Tx) error {
			return errors.Join(tx.InsertJob(ctx, j), tx.UpdateJob(ctx, moved))
		}, []store.Thing{{Kind: store.JobKind, Key: j.ID, Job: &moved}}},
		{
			"a pause", func(ctx context.Context, tx store.Tx) error { return tx.PutPause(ctx, pause) },
			[]store.Thing{{Kind: store.PauseKind, Key: "gpu", Pause: &pause}},
		},
		{
			"a name", func(ctx context.Context, tx store.Tx) error { return tx.RenameUser(ctx, ada.ID, "Ada") },
			[]store.Thing{{Kind: store.UserKind, Key: ada.ID, User: &renamed}, {Kind: store.PauseKind, Key: "gpu", Pause: &renamedPause}},
		},
		{
			"the end of a pause", func(ctx context.Context, tx store.Tx) error { return tx.DropPause(ctx, "gpu") },
			[]store.Thing{{Kind: store.PauseKind, Key: "gpu"}},
		},
		{
			"a token", func(ctx context.Context, tx store.Tx) error { return tx.InsertToken(ctx, token) },
			[]store.Thing{{Kind: store.TokenKind, Key: "t"}},
		},
		{
			"another name of a token", func(ctx context.Context, tx store.Tx) error { return tx.RenameToken(ctx, bob.ID, "t", "x") },
			[]store.Thing{{Kind: store.TokenKind, Key: "t"}},
		},
		{
			"a revoked token", func(ctx context.Context, tx store.Tx) error { return tx.RevokeToken(ctx, bob.ID, "t", 5) },
			[]store.Thing{{Kind: store.TokenKind, Key: "t"}},
		},
		{
			"an invitation", func(ctx context.Context, tx store.Tx) error { return tx.InsertInvitation(ctx, invitation) },
			[]store.Thing{{Kind: store.InvitationKind, Key: "i"}},
		},
		{"a version of a workflow", func(ctx context.Context, tx store.Tx) error {
			return tx.PutWorkflowVersion(ctx, store.WorkflowVersion{Hash: "h", Graph: []byte("{}"), Form: []byte("{}")})
		}, []store.Thing{{Kind: store.VersionKind, Key: "h"}}},
		{"an imported workflow", func(ctx context.Context, tx store.Tx) error {
			return tx.PutImport(ctx, store.Import{ID: "w", File: []byte("{}"), Edits: []byte("{}"), Importer: ada.ID})
		}, []store.Thing{{Kind: store.WorkflowKind, Key: "w"}}},
		{
			"its picture", func(ctx context.Context, tx store.Tx) error { return tx.PutWorkflowPicture(ctx, "w", []byte("p")) },
			[]store.Thing{{Kind: store.WorkflowKind, Key: "w"}},
		},
		{
			"its end", func(ctx context.Context, tx store.Tx) error { return tx.DeleteImport(ctx, "w") },
			[]store.Thing{{Kind: store.WorkflowKind, Key: "w"}},
		},
		{
			"a deleted user", func(ctx context.Context, tx store.Tx) error { return tx.DeleteUser(ctx, bob.ID, "Deleted user", 1) },
			[]store.Thing{{Kind: store.UserKind, Key: bob.ID, User: &gone}},
		},
		{
			"a forgotten user", func(ctx context.Context, tx store.Tx) error { return tx.Erased(ctx, bob.ID) },
			[]store.Thing{{Kind: store.UserKind, Key: bob.ID}},
		},
		{"a user of some sort", func(ctx context.Context, tx store.Tx) error {
			_, err := tx.SetAdministrator(ctx, ada.ID, true)
			renamed.Administrator = true
			return err
		}, []store.Thing{{Kind: store.UserKind, Key: ada.ID, User: &renamed}}},
	} {
		before := s.at()
		s.update(step.change)
		changes := s.since(before)
		if len(changes) != 1 {
			t.Fatalf("%s: %+v", step.name, changes)
		}
		want := step.want
		if step.name == "a name" { // before it became an administrator
			want[0].User = &account.User{ID: ada.ID, Name: "Ada", CreatedAt: ada.CreatedAt}
		}
		if diff := cmp.Diff(want, changes[0].Things); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
	before := s.at()
	s.update(func(ctx context.Context, tx store.Tx) error {
		err := tx.PutWorkflowVersion(ctx, store.WorkflowVersion{Hash: "h", Graph: []byte("{}"), Form: []byte("{}")})
		return errors.Join(err, tx.PutWorkflowPicture(ctx, "w", nil))
	})
	if at := s.at(); at != before {
		t.Errorf("the same version again, and no picture as before, lead to %v", at)
	}
}
