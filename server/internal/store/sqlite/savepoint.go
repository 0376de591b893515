package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// mark says how the rows that an update has written can be taken back without those of the updates before it.
type mark int

const (
	unwritten mark = iota // there are none
	whole                 // they are all that the transaction has written: it is begun anew
	savepoint             // they were written behind a savepoint
)

// run runs an update. One that fails, or panics, is taken back alone.
func (t *tx) run(ctx context.Context, change func(context.Context, store.Tx) error) error {
	begun := t.lines.Mark()
	t.things, t.marked = nil, unwritten
	clear(t.at)
	if err := guarded(ctx, change, t); err != nil {
		t.lines.Undo(begun)
		t.setFault(t.takeBack())
		return err
	}
	t.setFault(t.keep())
	t.addToLog()
	return nil
}

// guarded keeps a panic in a change from ending the writer.
func guarded(ctx context.Context, change func(context.Context, store.Tx) error, tx *tx) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic in an update: %v\n%s", cause, debug.Stack())
		}
	}()
	return change(ctx, tx)
}

// write makes sure, before a row is written, that it can be taken back.
func (t *tx) write() error {
	switch {
	case t.fault != nil:
		return t.fault // what is written now would be committed by itself
	case t.marked != unwritten:
		return nil
	case !t.kept:
		t.marked = whole
		return nil
	}
	t.marked = savepoint
	return t.setFault(t.store.command("SAVEPOINT change"))
}

// keep makes the rows of the update a part of the transaction.
func (t *tx) keep() error {
	t.kept = t.kept || t.marked != unwritten
	if t.marked != savepoint {
		return nil
	}
	return t.store.command("RELEASE change")
}

// takeBack makes the rows of the update undone.
func (t *tx) takeBack() error {
	switch t.marked {
	case whole:
		return errors.Join(t.store.command("ROLLBACK"), t.store.command("BEGIN IMMEDIATE"))
	case savepoint:
		return errors.Join(t.store.command("ROLLBACK TO change"), t.store.command("RELEASE change"))
	}
	return nil
}

// noteFault passes an error on and notes it when it concerns more than one update: after anything but a row that breaks a
// rule SQLite may have rolled back the whole transaction by itself.
func (t *tx) noteFault(err error) error {
	var fault *sqlite.Error
	if errors.As(err, &fault) && fault.Code()&0xff != sqlite3.SQLITE_CONSTRAINT {
		return t.setFault(err)
	}
	return err
}

// setFault notes what made the transaction worthless.
func (t *tx) setFault(err error) error {
	if t.fault == nil {
		t.fault = err
	}
	return err
}

// together does what belongs together in the file and in memory: when a part of it fails, memory is as it was before.
func (t *tx) together(do func() error) error {
	begun := t.lines.Mark()
	err := do()
	if err != nil {
		t.lines.Undo(begun)
	}
	return err
}
