//go:build linux

package sqlite_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// TestPowerCuts books under strace and then lets the power fail at many moments: the disk holds what was synced, and of
// what was only written any part. Whatever had been acknowledged by then must be there.
func TestPowerCuts(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("needs strace, to see what is written and when it is synced")
	}
	folder, trace := t.TempDir(), filepath.Join(t.TempDir(), "trace")
	command := exec.Command(strace, "-f", "-y", "-xx", "-s", "1000000", "-o", trace,
		"-e", "trace=write,pwrite64,fsync,fdatasync,ftruncate", os.Args[0], "-test.run=^TestBooker$")
	command.Env = append(os.Environ(), "BOOK_IN="+folder)
	if out, err := command.CombinedOutput(); err != nil {
		t.Skipf("needs the right to trace a process: %v\n%s", err, out)
	}
	events := readTrace(t, trace)
	checkpoints := 0
	for _, e := range events {
		if strings.HasSuffix(e.call, "sync") && e.file == "bookings.db" {
			checkpoints++
		}
	}
	rng := rand.New(rand.NewPCG(3, 4)) // the trace is another one each time
	acknowledged := 0
	for range cuts {
		acknowledged = max(acknowledged, replay(t, events[:1+rng.IntN(len(events))], t.TempDir(), rng))
	}
	t.Logf("%d cuts in %d writes, syncs and acknowledgements; %d checkpoints; at most %d bookings before a cut", cuts, len(events),
		checkpoints, acknowledged)
	if acknowledged < bookings/2 || checkpoints < 2 {
		t.Error("nothing is proved: one of the figures above is too small")
	}
}

const (
	bookings = 300 // made by the traced process: enough for several checkpoints
	cuts     = 20
)

// TestBooker is the traced process: four callers book, and each booking is told on the standard output once it is acknowledged.
func TestBooker(t *testing.T) {
	folder := os.Getenv("BOOK_IN")
	if folder == "" {
		t.Skip("is a part of TestPowerCuts")
	}
	s, err := sqlite.Open(t.Context(), filepath.Join(folder, "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	user := account.User{ID: uuid.NewString()}
	if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		return tx.InsertUser(ctx, user)
	}); err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for caller := range 4 {
		callers.Go(func() {
			for n := caller; n < bookings; n += 4 {
				j := job.Job{
					ID:       uuid.NewString(),
					UserID:   user.ID,
					Worker:   "gpu",
					Status:   job.Scheduled,
					Start:    int64(n) * 1000,
					Duration: 900,
					Inputs:   workflow.Values{"prompt": workflow.Text(strings.Repeat("a fox ", 4000))},
					Attempt:  1,
					Version:  1,
				}
				if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, j) }); err != nil {
					t.Error(err)
				}
				fmt.Println("booked " + j.ID)
			}
		})
	}
	callers.Wait()
}

// event is a system call of the booker.
type event struct {
	call string
	file string
	data []byte
	at   int64
	// thread is that of a sync which others wrote beside.
	thread string
}

// readTrace reads the calls that concern the store's files, and the acknowledgements. A sync counts when it has returned,
// for what was written before it began: a checkpoint syncs beside the writer.
func readTrace(t *testing.T, file string) (events []event) {
	t.Helper()
	trace, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = trace.Close() }()
	unfinished := map[string]event{} // syncs by thread
	lines := bufio.NewScanner(trace)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		thread, line, _ := strings.Cut(lines.Text(), " ")
		if strings.Contains(line[:min(len(line), 40)], "sync resumed>") {
			if e, ours := unfinished[thread]; ours {
				events = append(events, e)
				delete(unfinished, thread)
			}
			continue
		}
		e, is := readCall(t, line)
		switch {
		case !is:
			continue
		case e.call == "write" && strings.HasPrefix(string(e.data), "booked "):
			e.call = "acknowledge"
		case !strings.HasPrefix(e.file, "bookings.db") || strings.HasSuffix(e.file, "-shm"):
			continue // the index of the log is made anew
		case strings.HasSuffix(e.call, "sync") && strings.HasSuffix(line, "<unfinished ...>"):
			e.thread = thread
			unfinished[thread] = e
			e.call = "begin"
		}
		events = append(events, e)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}

// readCall reads a line such as pwrite64(7</x/bookings.db-wal>, "...", 24, 4152) = 24, its texts in hexadecimal.
func readCall(t *testing.T, line string) (e event, is bool) {
	t.Helper()
	call, rest, _ := strings.Cut(strings.TrimLeft(line, " "), "(")
	_, rest, _ = strings.Cut(rest, "<")
	name, rest, is := strings.Cut(rest, ">")
	if !is {
		return e, false
	}
	e = event{call: call, file: filepath.Base(string(unescape(t, name)))}
	if text, quoted := strings.CutPrefix(rest, `, "`); quoted {
		text, rest, _ = strings.Cut(text, `"`)
		e.data = unescape(t, text)
	}
	numbers := strings.FieldsFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	switch {
	case call == "pwrite64":
		e.at = number(t, numbers[1])
	case call == "ftruncate":
		e.at = number(t, numbers[0])
	}
	return e, true
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func unescape(t *testing.T, text string) []byte {
	t.Helper()
	plain, err := hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// disk is a file: what is safe, and what was written since.
type disk struct {
	safe    []byte
	pending []event
	begun   map[string]int // of what is pending, how much a sync under way covers, by thread
}

// sector is the least that a disk writes as one.
const sector = 512

func (d *disk) apply(e event) {
	if e.call == "ftruncate" {
		d.safe = append(d.safe, make([]byte, max(0, int(e.at)-len(d.safe)))...)[:e.at]
		return
	}
	d.safe = append(d.safe, make([]byte, max(0, int(e.at)+len(e.data)-len(d.safe)))...)
	copy(d.safe[e.at:], e.data)
}

// begin notes what a sync covers.
func (d *disk) begin(thread string) {
	if d.begun == nil {
		d.begun = map[string]int{}
	}
	d.begun[thread] = len(d.pending)
}

// sync makes safe what was written before it began.
func (d *disk) sync(thread string) {
	covered, beside := d.begun[thread]
	if !beside {
		covered = len(d.pending)
	}
	delete(d.begun, thread)
	for _, e := range d.pending[:covered] {
		d.apply(e)
	}
	d.pending = d.pending[covered:]
	for other, n := range d.begun {
		d.begun[other] = max(0, n-covered)
	}
}

// fail makes a part of what is pending safe: nothing, or any sectors.
func (d *disk) fail(rng *rand.Rand) {
	part := rng.Float64() * float64(rng.IntN(2))
	for _, e := range d.pending {
		if e.call == "ftruncate" {
			if rng.Float64() < part {
				d.apply(e)
			}
			continue
		}
		for from := 0; from < len(e.data); from += sector {
			if rng.Float64() < part {
				d.apply(event{at: e.at + int64(from), data: e.data[from:min(len(e.data), from+sector)]})
			}
		}
	}
}

// replay lets the power fail after the events, opens what is left, and counts the acknowledged bookings, which are all there.
func replay(t *testing.T, events []event, folder string, rng *rand.Rand) (acknowledged int) {
	t.Helper()
	disks := map[string]*disk{}
	var booked []string
	for _, e := range events {
		if e.call == "acknowledge" {
			booked = append(booked, strings.TrimSpace(strings.TrimPrefix(string(e.data), "booked ")))
			continue
		}
		d := disks[e.file]
		if d == nil {
			d = &disk{}
			disks[e.file] = d
		}
		switch {
		case e.call == "begin":
			d.begin(e.thread)
		case strings.HasSuffix(e.call, "sync"):
			d.sync(e.thread)
		default:
			d.pending = append(d.pending, e)
		}
	}
	for name, d := range disks {
		if name == "bookings.db-journal" {
			continue // of the time before the first booking
		}
		d.fail(rng)
		if err := os.WriteFile(filepath.Join(folder, name), d.safe, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(booked) == 0 {
		return 0
	}
	file := filepath.Join(folder, "bookings.db")
	s, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatalf("after %d bookings: %v", len(booked), err)
	}
	for _, id := range booked {
		if _, err := s.Job(t.Context(), id); err != nil {
			t.Errorf("job %s is lost: %v", id, err)
		}
	}
	if err := errors.Join(s.Close(), sqlite.Check(t.Context(), file)); err != nil {
		t.Errorf("after %d bookings: %v", len(booked), err)
	}
	return len(booked)
}
