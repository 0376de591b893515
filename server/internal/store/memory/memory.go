// Package memory keeps a store in memory, for tests: a second implementation of the contract, as plain as can be. Several
// handles may work on one State, as several servers would on one database: each has timelines of its own, which it keeps up
// to date by the log of changes before it writes.
package memory

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/recent"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/timelines"
)

// resultFile names what a worker wrote: file names are unique on one worker only.
type resultFile struct{ worker, filename string }

// State holds all that is kept. It outlives its handles.
type State struct {
	turn        chan struct{} // filled while a handle reads or writes
	jobs        map[string]job.Job
	users       map[string]user
	numbers     map[string]int64 // counters
	tokens      map[string]token
	invitations map[string]invitation
	erasures    map[string]bool
	results     map[resultFile]string // jobs, by file
	events      map[int64]audit.Event
	requests    map[request]int64 // events
	pauses      map[string]schedule.Pause
	outages     map[string]schedule.Outage
	versions    map[string]store.WorkflowVersion
	imports     map[string]store.Import
	pictures    map[string][]byte // by workflow
	assets      map[string]store.Asset
	owners      map[ownership]store.OwnedAsset // without their assets
	jobAssets   map[string][]string            // by job
	records     map[string][]byte
	log         *recent.Log
	refusal     error // of every update; nil: none
}

type user struct {
	account.User
	skeleton string
	deleted  bool
}

type token struct {
	account.Token
	revoked bool
}

type invitation struct {
	account.Invitation
	revoked bool
}

type request struct{ userID, id string }

// NewState makes an empty state.
func NewState() *State {
	return &State{
		turn:        make(chan struct{}, 1),
		jobs:        map[string]job.Job{},
		users:       map[string]user{},
		numbers:     map[string]int64{},
		tokens:      map[string]token{},
		invitations: map[string]invitation{},
		erasures:    map[string]bool{},
		results:     map[resultFile]string{},
		events:      map[int64]audit.Event{},
		requests:    map[request]int64{},
		pauses:      map[string]schedule.Pause{},
		outages:     map[string]schedule.Outage{},
		versions:    map[string]store.WorkflowVersion{},
		imports:     map[string]store.Import{},
		pictures:    map[string][]byte{},
		assets:      map[string]store.Asset{},
		owners:      map[ownership]store.OwnedAsset{},
		jobAssets:   map[string][]string{},
		records:     map[string][]byte{},
		log:         recent.New(store.Revision{Epoch: uuid.NewString()}),
	}
}

// Refuse lets every update fail with an error from now on, as if the state were short of something; nil ends it.
func (s *State) Refuse(with error) {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.refusal = with
}

// Store is one handle on a state.
type Store struct {
	state  *State
	lines  *timelines.Set
	at     store.Revision // at which the timelines are
	closed chan struct{}
	once   sync.Once
}

var _ store.Store = (*Store)(nil)

// Open gives a handle on a state.
func Open(state *State) *Store { return &Store{state: state, closed: make(chan struct{})} }

// Close implements store.Store. The state stays.
func (s *Store) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// enter waits for the turn, in which nobody else reads or writes; leave ends it.
func (s *Store) enter(ctx context.Context) error {
	select {
	case s.state.turn <- struct{}{}:
	case <-s.closed:
		return store.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-s.closed:
		s.leave()
		return store.ErrClosed
	default:
		return nil
	}
}

func (s *Store) leave() { <-s.state.turn }

// catchUp brings the timelines up to what others have written. The caller has the turn.
func (s *Store) catchUp() {
	newest := s.state.log.Newest()
	changes, held := s.state.log.After(s.at, int(newest.Number))
	if s.lines == nil || !held {
		s.load()
	} else {
		for _, c := range changes {
			s.lines.Apply(c)
		}
	}
	s.at = newest
}

func (s *Store) load() {
	s.lines = timelines.New()
	for _, j := range s.state.jobs {
		if j.Status.Active() {
			s.lines.Load(j.Worker, j.ID, j.Slot())
			s.lines.NoteJob(j, true)
		}
	}
	for worker := range s.state.pauses {
		p, _ := s.state.pause(worker)
		s.lines.PutPause(p)
	}
	for _, o := range s.state.outages {
		s.lines.PutOutage(o)
	}
	s.lines.Keep()
}

// read runs a reading in a turn.
func read[V any](ctx context.Context, s *Store, get func(*State) (V, error)) (v V, err error) {
	if err := s.enter(ctx); err != nil {
		return v, err
	}
	defer s.leave()
	return get(s.state)
}

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error) {
	if err := s.enter(ctx); err != nil {
		return store.Revision{}, err
	}
	defer s.leave()
	s.catchUp()
	t := &tx{State: s.state, lines: s.lines, at: map[store.Thing]int{}}
	err := guarded(context.WithoutCancel(ctx), change, t)
	if err == nil {
		err = s.state.refusal
	}
	if err != nil {
		s.lines.Undo(0)
		return store.Revision{}, err
	}
	s.lines.Keep()
	after := s.state.log.Newest()
	if t.epoch != "" {
		after.Epoch = t.epoch
		s.state.log.Begin(after)
	}
	if len(t.things) > 0 {
		next := store.Revision{Epoch: after.Epoch, Number: after.Number + 1}
		s.state.log.Add(store.Change{After: after, Revision: next, Things: t.things})
	}
	s.at = s.state.log.Newest()
	return s.at, nil
}

func guarded(ctx context.Context, change func(context.Context, store.Tx) error, t *tx) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic in an update: %v\n%s", cause, debug.Stack())
		}
	}()
	return change(ctx, t)
}

// tx is an update under way.
type tx struct {
	*State
	lines  *timelines.Set
	epoch  string // that was begun
	things []store.Thing
	at     map[store.Thing]int // places of things, by kind and key
}

var _ store.Tx = (*tx)(nil)

func (t *tx) note(thing store.Thing) {
	name := store.Thing{Kind: thing.Kind, Key: thing.Key}
	if i, noted := t.at[name]; noted {
		t.things[i] = thing
		return
	}
	t.at[name] = len(t.things)
	t.things = append(t.things, thing)
}

func (t *tx) NewEpoch(context.Context) error {
	t.epoch, t.things = uuid.NewString(), nil
	clear(t.at)
	return nil
}

// Revision implements store.Log.
func (s *Store) Revision(context.Context) (store.Revision, error) {
	select {
	case <-s.closed:
		return store.Revision{}, store.ErrClosed
	default:
		return s.state.log.Newest(), nil
	}
}

// Changes implements store.Log.
func (s *Store) Changes(ctx context.Context, after store.Revision, limit int) ([]store.Change, error) {
	return read(ctx, s, func(state *State) ([]store.Change, error) {
		changes, held := state.log.After(after, limit)
		if !held {
			return nil, store.ErrForgotten
		}
		return changes, nil
	})
}

// Wait implements store.Log.
func (s *Store) Wait(ctx context.Context, after store.Revision) error {
	select {
	case <-s.closed:
		return store.ErrClosed
	default:
	}
	waiting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-s.closed:
			cancel(store.ErrClosed)
		case <-waiting.Done():
		}
	}()
	if err := s.state.log.Wait(waiting, after); err != nil {
		return context.Cause(waiting)
	}
	return nil
}
