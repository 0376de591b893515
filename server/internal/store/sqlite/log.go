package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/recent"
)

const (
	keepLog     = time.Hour // at least, while the log is not too long
	maxLogBytes = 64 << 20  // of the table
	rowBytes    = 24        // that a row takes beside the names of its things, about
	pruneEvery  = 64        // commits; then the oldest rows are looked at
	pruneStep   = 256       // rows forgotten in one commit at most
)

// logState holds the ends of the log.
type logState struct {
	newest  store.Revision
	first   int64 // the revision after which the changes are known
	bytes   int64 // of the table
	commits int   // since the oldest rows were looked at
}

// logged collects a transaction's additions to the log.
type logged struct {
	logState
	changes []store.Change // one for each update
	anew    bool           // another epoch has begun
}

func (l logState) next() logged { return logged{logState: l} }

type thingKey struct {
	kind store.Kind
	key  string
}

// note adds to what the current update has changed. The latest value of a thing counts.
func (t *tx) note(thing store.Thing) {
	key := thingKey{thing.Kind, thing.Key}
	if i, noted := t.at[key]; noted {
		t.things[i] = thing
		return
	}
	t.at[key] = len(t.things)
	t.things = append(t.things, thing)
}

// addToLog gives the current update its revision, if it has changed anything.
func (t *tx) addToLog() {
	if len(t.things) == 0 {
		return
	}
	after := t.log.newest
	t.log.newest.Number++
	t.log.changes = append(t.log.changes, store.Change{After: after, Revision: t.log.newest, Things: t.things})
}

// writeLog writes what the updates of the transaction have changed, in one row.
func (t *tx) writeLog() error {
	l := &t.log
	if len(l.changes) == 0 {
		return nil
	}
	var text strings.Builder
	for _, c := range l.changes {
		for _, thing := range c.Things {
			text.WriteString(string(thing.Kind))
			text.WriteByte(' ')
			text.WriteString(thing.Key)
			text.WriteByte('\n')
		}
	}
	now := time.Now()
	if err := t.exec(`INSERT INTO changes (revision, at_ms, things) VALUES (?, ?, ?)`, l.newest.Number, now.UnixMilli(),
		text.String()); err != nil {
		return err
	}
	l.bytes += int64(text.Len()) + rowBytes
	if l.commits++; l.commits < pruneEvery && l.bytes <= maxLogBytes {
		return nil
	}
	l.commits = 0
	return t.pruneLog(now.Add(-keepLog).UnixMilli())
}

// pruneLog forgets the oldest rows, some of those from before a moment and of those that are too many.
func (t *tx) pruneLog(before int64) error {
	type entry struct{ revision, at, bytes int64 }
	statement, err := t.store.statement(`SELECT revision, at_ms, octet_length(things) FROM changes ORDER BY revision LIMIT ?`)
	if err != nil {
		return classify(err)
	}
	rows, err := statement.QueryContext(context.Background(), pruneStep)
	oldest, err := scanAll(rows, err, func(r row) (e entry, err error) { return e, r.Scan(&e.revision, &e.at, &e.bytes) })
	if err != nil {
		return err
	}
	first := t.log.first
	for _, e := range oldest {
		if e.revision == t.log.newest.Number || e.at >= before && t.log.bytes <= maxLogBytes {
			break
		}
		t.log.first, t.log.bytes = e.revision, t.log.bytes-e.bytes-rowBytes
	}
	if t.log.first == first {
		return nil
	}
	if err := t.exec(`DELETE FROM changes WHERE revision <= ?`, t.log.first); err != nil {
		return err
	}
	return t.exec(`UPDATE log SET first = ?`, t.log.first)
}

func (t *tx) NewEpoch(context.Context) error {
	before := t.log
	next := logState{newest: store.Revision{Epoch: uuid.NewString(), Number: before.newest.Number}, first: before.newest.Number}
	if err := t.exec(`DELETE FROM changes`); err != nil {
		return err
	}
	if err := t.exec(`UPDATE log SET epoch = ?, first = ?`, next.newest.Epoch, next.first); err != nil {
		return err
	}
	t.log = logged{logState: next, anew: true}
	t.lines.OnUndo(func() { t.log = before })
	return nil
}

// tell makes what was committed known to those who follow.
func (s *Store) tell(l logged) {
	s.log = l.logState
	if l.anew {
		s.recent.Begin(store.Revision{Epoch: l.newest.Epoch, Number: l.newest.Number - int64(len(l.changes))})
	}
	s.recent.Add(l.changes...)
}

const selectLog = `SELECT epoch, first, (SELECT max(revision) FROM changes) FROM log`

// scanLog reads where the log stands. The newest row of the table is never forgotten but when an epoch begins.
func scanLog(r row) (l logState, err error) {
	var last sql.NullInt64
	if err := r.Scan(&l.newest.Epoch, &l.first, &last); err != nil {
		return l, classify(err)
	}
	l.newest.Number = max(l.first, last.Int64)
	return l, nil
}

func (s *Store) loadLog(ctx context.Context) (err error) {
	if s.log, err = scanLog(s.writer.QueryRowContext(ctx, selectLog)); err != nil {
		return err
	}
	s.recent = recent.New(s.log.newest)
	return s.writer.QueryRowContext(ctx, `SELECT coalesce(sum(octet_length(things) + ?), 0) FROM changes`, rowBytes).Scan(&s.log.bytes)
}

// Revision implements store.Log.
func (s *Store) Revision(context.Context) (store.Revision, error) {
	if s.isClosed() {
		return store.Revision{}, store.ErrClosed
	}
	return s.recent.Newest(), nil
}

// Wait implements store.Log.
func (s *Store) Wait(ctx context.Context, after store.Revision) error {
	return s.recent.Wait(ctx, after)
}

// Changes implements store.Log.
func (s *Store) Changes(ctx context.Context, after store.Revision, limit int) ([]store.Change, error) {
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	if changes, held := s.recent.After(after, limit); held {
		return changes, nil
	}
	// The names of things and their values are read as of one moment.
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, classify(err)
	}
	defer func() { _ = tx.Rollback() }() // it has only read
	return older(ctx, tx, after, limit)
}

// older reads changes that are not in memory any more, as one.
func older(ctx context.Context, tx *sql.Tx, after store.Revision, limit int) ([]store.Change, error) {
	l, err := scanLog(tx.QueryRowContext(ctx, selectLog))
	if err != nil {
		return nil, err
	}
	if after.Epoch != l.newest.Epoch || after.Number < l.first || after.Number > l.newest.Number {
		return nil, store.ErrForgotten
	}
	change := store.Change{After: after, Revision: after}
	rows, err := tx.QueryContext(ctx, `SELECT revision, things FROM changes WHERE revision > ? ORDER BY revision LIMIT ?`, after.Number, limit)
	texts, err := scanAll(rows, err, func(r row) (text string, err error) { return text, r.Scan(&change.Revision.Number, &text) })
	if err != nil || len(texts) == 0 {
		return nil, err
	}
	noted := map[thingKey]bool{}
	for _, text := range texts {
		for line := range strings.Lines(text) {
			kind, key, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if named := (thingKey{store.Kind(kind), key}); !noted[named] {
				noted[named] = true
				change.Things = append(change.Things, store.Thing{Kind: named.kind, Key: key})
			}
		}
	}
	return []store.Change{change}, fill(ctx, tx, change.Things)
}

// fill reads the values of things.
func fill(ctx context.Context, tx *sql.Tx, things []store.Thing) error {
	jobs, err := valuesOf(ctx, tx, things, store.JobKind, `SELECT `+jobColumns+fromJobs+` WHERE j.id IN (SELECT value FROM json_each(?))`,
		scanJob)
	if err != nil {
		return err
	}
	users, err := valuesOf(ctx, tx, things, store.UserKind,
		`SELECT id, name, administrator, created_ms FROM users WHERE id IN (SELECT value FROM json_each(?))`,
		func(r row) (u account.User, err error) {
			return u, r.Scan(&u.ID, &u.Name, &u.Administrator, &u.CreatedAt)
		})
	if err != nil {
		return err
	}
	pauses, err := valuesOf(ctx, tx, things, store.PauseKind, selectPauses+` WHERE p.worker IN (SELECT value FROM json_each(?))`, scanPause)
	if err != nil {
		return err
	}
	outages, err := valuesOf(ctx, tx, things, store.WorkerKind, selectOutages+` WHERE worker IN (SELECT value FROM json_each(?))`, scanOutage)
	if err != nil {
		return err
	}
	at := map[thingKey]int{}
	for i, thing := range things {
		at[thingKey{thing.Kind, thing.Key}] = i
	}
	for _, j := range jobs {
		things[at[thingKey{store.JobKind, j.ID}]].Job = &j
	}
	for _, u := range users {
		things[at[thingKey{store.UserKind, u.ID}]].User = &u
	}
	for _, p := range pauses {
		things[at[thingKey{store.PauseKind, p.Worker}]].Pause = &p
	}
	for _, o := range outages {
		things[at[thingKey{store.WorkerKind, o.Worker}]].Outage = &o
	}
	return nil
}

func valuesOf[V any](ctx context.Context, tx *sql.Tx, things []store.Thing, kind store.Kind, query string, scan func(row) (V, error)) ([]V,
	error,
) {
	var keys []string
	for _, thing := range things {
		if thing.Kind == kind {
			keys = append(keys, thing.Key)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, query, string(list))
	return scanAll(rows, err, scan)
}
