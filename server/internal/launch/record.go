package launch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// record tells a service of the ComfyUI that the service before it has left when it was killed. It lies in a file of its own
// and not with the bookings, since it belongs to the machine and the data folder: in a backup it would be wrong.
type record struct {
	Instance  string     `json:"instance"`  // whose it is; another's counts for nothing
	ClientID  string     `json:"client_id"` // of the websocket: with it a restarted service gets the frames of a run that goes on
	Process   process.ID `json:"process"`
	StartedAt int64      `json:"started_ms"`
	Port      int        `json:"port"`
	Threads   []int      `json:"threads,omitempty"` // see executor
	Made      string     `json:"made,omitempty"`    // of what it was started with; empty: not known
}

// recordSize is the least length of the file. It is written in place: that takes no space, which a full disk has not, and a
// kill finds it written or not.
const recordSize = 4096

// recordFile keeps the record. What cannot be written holds all the same, and is written when that works again.
type recordFile struct {
	path string

	mu        sync.Mutex
	record    record
	unwritten bool
}

// openRecord reads the file. One that is another instance's, or damaged, counts as none; the error says so.
func openRecord(path, instance string) (*recordFile, error) {
	f := &recordFile{path: path, record: record{Instance: instance}}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return f, nil
	}
	var read record
	if err == nil {
		err = json.Unmarshal(bytes.TrimRight(data, "\x00"), &read)
	}
	switch {
	case err != nil:
		return f, fmt.Errorf("read the record of ComfyUI's process: %w", err)
	case read.Instance != instance:
		return f, fmt.Errorf("the ComfyUI in %s (pid %d) belongs to another data folder and is left alone", path, read.Process.PID)
	}
	f.record = read
	return f, nil
}

func (f *recordFile) get() record {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.record
}

// change changes the record. The error says only that it could not be written.
func (f *recordFile) change(change func(*record)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.record)
	f.unwritten = true
	return f.write()
}

// catchUp writes what could not be written before, if there is anything; wrote reports whether it did.
func (f *recordFile) catchUp() (wrote bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unwritten && f.write() == nil
}

func (f *recordFile) write() error {
	data, err := json.Marshal(f.record)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // what was written is told by the write
	padded := make([]byte, max(recordSize, len(data)))
	copy(padded, data)
	if _, err := file.WriteAt(padded, 0); err != nil {
		return err
	}
	f.unwritten = false
	return file.Truncate(int64(len(padded)))
}
