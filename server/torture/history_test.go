package torture_test

import (
	"bufio"
	"encoding/json"
	"os"
	"sync"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// job holds the compared fields of a job: all but its owner's name and its progress.
type job struct {
	ID              string `json:"id"`
	User            string `json:"user"`
	Status          string `json:"status"`
	Start           int64  `json:"start"`
	Duration        int64  `json:"duration"`
	Worker          string `json:"worker"`
	Pinned          bool   `json:"pinned,omitempty"` // its worker was named
	Sooner          bool   `json:"sooner,omitempty"` // may start before its slot
	Promised        int64  `json:"promised"`         // the latest start that its owner was promised
	Prompt          string `json:"prompt"`
	Seed            uint64 `json:"seed,string"`
	Result          string `json:"result,omitempty"`
	Error           string `json:"error,omitempty"`
	ErrorText       string `json:"error_text,omitempty"`
	Delay           string `json:"delay,omitempty"`
	Booked          int64  `json:"booked,omitempty"` // the slot of before the delay
	Attempt         int    `json:"attempt"`
	CancelRequested bool   `json:"cancel_requested,omitempty"`
	Version         int64  `json:"version"`
	Created         int64  `json:"created"`
	Started         int64  `json:"started,omitempty"`
	Finished        int64  `json:"finished,omitempty"`
}

const (
	scheduled  = "scheduled"
	processing = "processing"
	completed  = "completed"
	failed     = "failed"
	cancelled  = "cancelled"
)

var statuses = map[pb.JobStatus]string{
	pb.JobStatus_JOB_STATUS_SCHEDULED:  scheduled,
	pb.JobStatus_JOB_STATUS_PROCESSING: processing,
	pb.JobStatus_JOB_STATUS_COMPLETED:  completed,
	pb.JobStatus_JOB_STATUS_FAILED:     failed,
	pb.JobStatus_JOB_STATUS_CANCELLED:  cancelled,
}

var failures = map[pb.JobErrorReason]string{
	pb.JobErrorReason_JOB_ERROR_REASON_REJECTED:    "rejected",
	pb.JobErrorReason_JOB_ERROR_REASON_EXECUTION:   "execution",
	pb.JobErrorReason_JOB_ERROR_REASON_INTERRUPTED: "interrupted",
	pb.JobErrorReason_JOB_ERROR_REASON_LOST:        "lost",
	pb.JobErrorReason_JOB_ERROR_REASON_TIMEOUT:     "timeout",
	pb.JobErrorReason_JOB_ERROR_REASON_NO_RESULT:   "no_result",
	pb.JobErrorReason_JOB_ERROR_REASON_OVERRUN:     "overrun",
}

var delays = map[pb.DelayKind]string{
	pb.DelayKind_DELAY_KIND_LATE:    "late",
	pb.DelayKind_DELAY_KIND_OVERDUE: "overdue",
	pb.DelayKind_DELAY_KIND_RETRY:   "retry",
}

func (j job) active() bool { return j.Status == scheduled || j.Status == processing }

func (j job) end() int64 { return j.Start + j.Duration }

func jobOf(j *pb.Job) job {
	return job{
		ID:              j.Id,
		User:            j.UserId,
		Status:          statuses[j.Status],
		Start:           j.TimeSlot.GetStartMs(),
		Duration:        j.DurationMs,
		Worker:          j.WorkerId,
		Pinned:          j.Pinned,
		Sooner:          j.Sooner,
		Promised:        j.PromisedStartMs,
		Prompt:          j.Prompt,
		Seed:            j.GetSeed(),
		Result:          j.ResultFilename,
		Error:           failures[j.Error.GetReason()],
		ErrorText:       j.Error.GetMessage(),
		Delay:           delays[j.Delay.GetKind()],
		Booked:          j.Delay.GetBookedStartMs(),
		Attempt:         int(j.Attempt),
		CancelRequested: j.CancelRequested,
		Version:         j.Version,
		Created:         j.CreatedAtMs,
		Started:         j.StartedAtMs,
		Finished:        j.FinishedAtMs,
	}
}

func jobsOf(jobs []*pb.Job) []job {
	out := make([]job, len(jobs))
	for i, j := range jobs {
		out[i] = jobOf(j)
	}
	return out
}

// revision is a place in the history of the live state.
type revision struct {
	Epoch  string `json:"epoch"`
	Number int64  `json:"number"`
}

func revisionOf(r *pb.Revision) revision { return revision{r.GetEpoch(), r.GetNumber()} }

// The outcomes of a call.
const (
	acknowledged = "ok"      // the service said that it is done
	refused      = "refused" // the service said that nothing is done
	unsent       = "unsent"  // nothing reached the service
	unknown      = "unknown" // the answer was lost
)

// call is one request and its answer. Times are microseconds since the Unix epoch.
type call struct {
	Client  string `json:"client"`
	Verb    string `json:"verb"` // book, edit, move, cancel, get
	Tag     string `json:"tag,omitempty"`
	Request string `json:"request_id,omitempty"`
	JobID   string `json:"job_id,omitempty"`
	Version int64  `json:"version,omitempty"` // that an edit or a move expects
	Prompt  string `json:"prompt,omitempty"`
	Seed    uint64 `json:"seed,string,omitempty"`
	Exact   bool   `json:"exact,omitempty"`
	Moment  int64  `json:"moment,omitempty"` // asked for, milliseconds
	Worker  string `json:"worker,omitempty"` // named

	Began    int64    `json:"began"`
	Ended    int64    `json:"ended"`
	Outcome  string   `json:"outcome"`
	Code     string   `json:"code,omitempty"`
	Message  string   `json:"message,omitempty"`
	Job      *job     `json:"job,omitempty"`
	Revision revision `json:"revision,omitzero"`
}

// sighting is one message to a watcher: a snapshot, or one delta.
type sighting struct {
	Watcher  string   `json:"watcher"`
	At       int64    `json:"at"` // milliseconds
	Revision revision `json:"revision"`
	Snapshot bool     `json:"snapshot,omitempty"`
	Jobs     []job    `json:"jobs,omitempty"`
}

// incident is an event of a process or of the disk. Times are milliseconds.
type incident struct {
	At   int64  `json:"at"`
	What string `json:"what"` // "service" or "comfyui" with a verb, or "disk full", "disk free"
	PID  int    `json:"pid,omitempty"`
	Text string `json:"text,omitempty"`
}

// history is the record of a torture: kept in memory for the check, and line by line in a file for people.
type history struct {
	mu        sync.Mutex
	file      *os.File
	out       *bufio.Writer
	calls     []call
	sightings []sighting
	incidents []incident
	lifetimes map[comfyUI]lifetime
	skew      skew
	voids     []void
	epochs    []string       // that jobs have come into, some more than once
	beside    []comfyUI      // those that ended while a second service lived
	counts    map[string]int // of what is too much to be kept one by one
	wrong     []string       // what was found wrong while it happened
}

// lifetime holds the first and the last moment at which a process was seen, in milliseconds.
type lifetime struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

func newHistory(path string) (*history, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &history{file: file, out: bufio.NewWriter(file), lifetimes: map[comfyUI]lifetime{}, skew: skew{{}}, counts: map[string]int{}}, nil
}

func (h *history) write(kind string, value any) {
	line, err := json.Marshal(map[string]any{kind: value})
	if err != nil {
		panic(err) // the types here can all be written
	}
	_, _ = h.out.Write(append(line, '\n')) // the copy in memory is what is checked
}

func (h *history) call(c call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, c)
	h.write("call", c)
}

func (h *history) saw(s sighting) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.At = time.Now().UnixMilli()
	h.sightings = append(h.sightings, s)
	h.write("saw", s)
}

func (h *history) incident(what string, pid int, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note(what, pid, text)
}

// note needs the lock.
func (h *history) note(what string, pid int, text string) {
	i := incident{time.Now().UnixMilli(), what, pid, text}
	h.incidents = append(h.incidents, i)
	h.write("incident", i)
}

// endedBeside notes that a ComfyUI ended while a second service lived.
func (h *history) endedBeside(of comfyUI) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.beside = append(h.beside, of)
	h.note("comfyui ended beside a second service", of.PID, "")
}

// blow is a moment at which something was done to a worker's ComfyUI, milliseconds.
type blow struct {
	At     int64
	Worker string
}

// blows returns all incidents of a kind.
func (h *history) blows(what string) (at []blow) {
	for _, i := range h.incidents {
		if i.What == what {
			at = append(at, blow{i.At, i.Text})
		}
	}
	return at
}

func (h *history) count(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[what]++
}

func (h *history) alive(of comfyUI) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now().UnixMilli()
	if _, known := h.lifetimes[of]; !known {
		h.lifetimes[of] = lifetime{First: now}
	}
	h.lifetimes[of] = lifetime{h.lifetimes[of].First, now}
}

func (h *history) violation(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wrong = append(h.wrong, text)
	h.write("violation", text)
}

func (h *history) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.write("lifetimes", h.lifetimes)
	if err := h.out.Flush(); err != nil {
		return err
	}
	return h.file.Close()
}
