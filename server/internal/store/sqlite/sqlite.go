// Package sqlite keeps the store in one SQLite file. One goroutine writes, many updates to a commit; readers see what is
// committed. The taken slots are also held in memory, because "the next free start" is a question no index answers.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite" // the driver "sqlite"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/recent"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/timelines"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	readers     = 4       // reads at a time
	writerCache = "16384" // of the file's pages, in KiB: what a booking looks up stays in memory, however long the history is
)

// Syncing without the times of the files is as durable and quicker: those are journaled with each commit else. Where the
// system has no such call, nothing changes.
func init() { _, _ = sqlite.Fdatasync(true) }

// Store is a store.Store in one file.
type Store struct {
	read      *sql.DB
	write     *sql.DB
	writer    *sql.Conn
	keeper    *sql.DB                           // for checkpoints
	prepared  map[string]*sql.Stmt              // queries of the writer
	commands  map[string]driver.StmtExecContext // its commands
	arguments []driver.NamedValue               // of the one it runs, in memory that is used again
	updates   chan *update
	stopped   chan struct{}
	closing   sync.RWMutex // held for reading while an update is handed over
	closed    bool

	carried      int // pages written before the latest checkpoint was asked for; the writer's
	due          chan struct{}
	checkpointed chan struct{} // closed when there will be no more checkpoints
	committing   sync.Mutex    // held over each commit and the end of each checkpoint

	mu      sync.RWMutex // held by the writer from the first change of a batch to its commit
	lines   *timelines.Set
	deleted map[string]bool // users who are deleted, but still referred to

	log    logState // the writer's
	recent *recent.Log
}

var _ store.Store = (*Store)(nil)

// Open opens the file, making it and its folder when there is none, and brings its tables up to date. The caller has seen to
// it that no other process works with the file.
func Open(ctx context.Context, file string) (_ *Store, err error) {
	s := &Store{
		prepared:     map[string]*sql.Stmt{},
		commands:     map[string]driver.StmtExecContext{},
		updates:      make(chan *update, maxBatch),
		stopped:      make(chan struct{}),
		due:          make(chan struct{}),
		checkpointed: make(chan struct{}),
		lines:        timelines.New(),
		deleted:      map[string]bool{},
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open %s: %w", file, classify(err)), s.release())
		}
	}()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the bookings: %w", err)
	}
	if err := errors.Join(keepPrivate(file), renewLog(file)); err != nil {
		return nil, err
	}
	if err := s.connect(ctx, file); err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	go s.commitUpdates()
	go s.checkpoints()
	return s, nil
}

// connect opens all connections to the file and brings its tables up to date.
func (s *Store) connect(ctx context.Context, file string) (err error) {
	pragmas := "&_pragma=wal_autocheckpoint(" + maxLog + ")&_pragma=journal_size_limit(" + keptLog + ")" +
		"&_pragma=cache_size(-" + writerCache + ")"
	if s.write, err = open(file, pragmas); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write); err != nil {
		return err
	}
	// A life that is cut short leaves its log to the next one: many short ones would fill the disk. On a full disk it stays,
	// where it is safe and is read.
	_, _ = s.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	if s.writer, err = s.write.Conn(ctx); err != nil {
		return err
	}
	if s.read, err = open(file, "&_pragma=query_only(1)"); err != nil {
		return err
	}
	if s.keeper, err = open(file, ""); err != nil {
		return err
	}
	return errors.Join(connectAll(ctx, s.read, readers), connectAll(ctx, s.keeper, 1))
}

// release closes whatever connections there are.
func (s *Store) release() error {
	err := s.closeCommands()
	if s.writer != nil {
		err = errors.Join(err, s.writer.Close())
	}
	for _, db := range []*sql.DB{s.read, s.keeper, s.write} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

func open(file, more string) (*sql.DB, error) {
	// FULL: a commit is on disk when it returns, power cuts included.
	dsn := "file:" + (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath() +
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)" +
		"&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)" + more
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	return db, nil
}

// connectAll opens the connections of a pool, with all the files that they need, so that none has to be opened later, when
// the machine may have no more of them.
func connectAll(ctx context.Context, db *sql.DB, connections int) error {
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	for range connections {
		c, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }() // back to the pool, when all are open
		var tables int
		if err := c.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
			return err
		}
	}
	return nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder, goose.WithGoMigrations(fillSkeletons))
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > target {
		return fmt.Errorf("it was written by a newer version of the service (tables %d, known %d)", current, target)
	}
	_, err = provider.Up(ctx)
	return err
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.closing.Lock()
	if s.closed {
		s.closing.Unlock()
		return nil
	}
	s.closed = true
	close(s.updates)
	s.closing.Unlock()
	s.recent.Close()
	<-s.stopped
	<-s.checkpointed
	return s.release()
}

func (s *Store) isClosed() bool {
	s.closing.RLock()
	defer s.closing.RUnlock()
	return s.closed
}
