package sqlite_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// faultyDisk stands between SQLite and the system's files. It fails an operation when told to, and knows what of each file
// is safe from a power cut: what a sync that succeeded covered. What was waiting for a sync that failed is lost for good,
// as on Linux, though it is still read: only writing it again gives another sync something to save.
type faultyDisk struct {
	mu    sync.Mutex
	files map[string]*cachedFile
	names map[uintptr]string // of open files
	seen  int                // operations of the fault's kind
	fault fault
}

// fault says which operations fail: those of a kind, from the nth on, so many of them.
type fault struct {
	operation operation
	from      int // 0: none
	times     int
	code      int32
}

type operation int

const (
	reading operation = iota
	writing
	syncing
	truncating
)

// underAll is the one under all stores that are opened between installDisk and the end of its test.
var underAll faultyDisk

// The methods of SQLite's own files, by the copies that lead here.
var ownMethods = map[uintptr]sqlite3.Tsqlite3_io_methods{}

// installDisk puts the disk below all files that SQLite opens from now on.
func installDisk(t *testing.T) *faultyDisk {
	t.Helper()
	tls := libc.NewTLS()
	system := sqlite3.Xsqlite3_vfs_find(tls, 0)
	vfs := sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	ours := (*sqlite3.Tsqlite3_vfs)(pointer(vfs))
	*ours = *(*sqlite3.Tsqlite3_vfs)(pointer(system))
	name, err := libc.CString("faulty")
	if err != nil {
		t.Fatal(err)
	}
	ours.FzName = name
	openFile := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](ours.FxOpen)
	ours.FxOpen = function(func(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
		code := openFile(tls, system, name, file, flags, out)
		if code == sqlite3.SQLITE_OK && name != 0 {
			underAll.opened(tls, file, libc.GoString(name))
		}
		return code
	})
	sqlite3.Xsqlite3_vfs_register(tls, vfs, 1)
	t.Cleanup(func() {
		sqlite3.Xsqlite3_vfs_unregister(tls, vfs)
		sqlite3.Xsqlite3_vfs_register(tls, system, 1)
		tls.Close()
	})
	return &underAll
}

// restart forgets what there was, and sets the fault of the next life.
func (d *faultyDisk) restart(f fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files, d.names, d.fault, d.seen = map[string]*cachedFile{}, map[uintptr]string{}, f, 0
}

// breaks sets a fault of this life.
func (d *faultyDisk) breaks(f fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault, d.seen = f, 0
}

// heal ends the fault, and gives how many operations of its kind there were.
func (d *faultyDisk) heal() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault.from = 0
	return d.seen
}

// longAgo stands for the moment at which all files were written, when a store is opened: one that was written since was
// written without SQLite.
var longAgo = time.Unix(1, 0)

// age makes all files old.
func (d *faultyDisk) age() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, f := range d.files {
		f.written = false
		_ = os.Chtimes(name, longAgo, longAgo) // some are gone
	}
}

// powerCut writes what is safe of all files into a folder.
func (d *faultyDisk) powerCut(t *testing.T, folder string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, f := range d.files {
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(name)), f.safe, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// opened leads the operations of a file here.
func (d *faultyDisk) opened(tls *libc.TLS, file uintptr, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[file] = name
	content, _ := os.ReadFile(name)
	info, err := os.Stat(name)
	if f := d.files[name]; f == nil || (!f.written && err == nil && info.ModTime().After(longAgo)) {
		d.files[name] = &cachedFile{cache: content, safe: append([]byte{}, content...), dirty: map[int]bool{}}
	}
	methods := (*uintptr)(pointer(file))
	own := *(*sqlite3.Tsqlite3_io_methods)(pointer(*methods))
	for led, known := range ownMethods {
		if known == own {
			*methods = led
			return
		}
	}
	led := sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(own)))
	copied := (*sqlite3.Tsqlite3_io_methods)(pointer(led))
	*copied = own
	copied.FxRead = function(d.read)
	copied.FxWrite = function(d.write)
	copied.FxSync = function(d.sync)
	copied.FxTruncate = function(d.truncate)
	ownMethods[led] = own
	*methods = led
}

// own are SQLite's own methods of a file, and what is known of it. The caller holds the lock.
func (d *faultyDisk) own(file uintptr) (sqlite3.Tsqlite3_io_methods, *cachedFile) {
	return ownMethods[*(*uintptr)(pointer(file))], d.files[d.names[file]]
}

// fails reports whether an operation fails, and with what. The caller holds the lock.
func (d *faultyDisk) fails(o operation) (code int32, fails bool) {
	if o != d.fault.operation {
		return 0, false
	}
	d.seen++
	return d.fault.code, d.fault.from > 0 && d.seen >= d.fault.from && d.seen < d.fault.from+d.fault.times
}

func (d *faultyDisk) read(tls *libc.TLS, file, into uintptr, n int32, at int64) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	own, _ := d.own(file)
	if code, fails := d.fails(reading); fails {
		return code
	}
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](own.FxRead)(tls, file, into, n, at)
}

// write writes all, or half of it when it fails.
func (d *faultyDisk) write(tls *libc.TLS, file, from uintptr, n int32, at int64) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	own, f := d.own(file)
	failure, fails := d.fails(writing)
	if fails {
		n /= 2
	}
	code := call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](own.FxWrite)(tls, file, from, n, at)
	if code == sqlite3.SQLITE_OK && n > 0 {
		f.write(unsafe.Slice((*byte)(pointer(from)), n), int(at))
	}
	if fails {
		return failure
	}
	return code
}

func (d *faultyDisk) sync(tls *libc.TLS, file uintptr, flags int32) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	own, f := d.own(file)
	failure, fails := d.fails(syncing)
	if !fails {
		f.save()
	}
	clear(f.dirty)
	if fails {
		return failure
	}
	return call[func(*libc.TLS, uintptr, int32) int32](own.FxSync)(tls, file, flags)
}

func (d *faultyDisk) truncate(tls *libc.TLS, file uintptr, size int64) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	own, f := d.own(file)
	if code, fails := d.fails(truncating); fails {
		return code
	}
	f.truncate(int(size))
	return call[func(*libc.TLS, uintptr, int64) int32](own.FxTruncate)(tls, file, size)
}

// pointer is an address in SQLite's memory, which is not Go's.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// function is the address by which SQLite calls a function.
func function[F any](f F) uintptr {
	kept = append(kept, f)
	return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f}))
}

// kept keeps the functions that only SQLite knows from being collected.
var kept []any

// call is the function behind such an address.
func call[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&struct{ address uintptr }{address}))
}
