// Package job holds what a booking is, how it may change and why it is refused. It is pure: the moment is always an
// argument. Times are milliseconds since the Unix epoch, durations milliseconds.
package job

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Status tells where a job stands in its life.
type Status string

// The statuses.
const (
	Scheduled  Status = "scheduled"
	Processing Status = "processing"
	Completed  Status = "completed"
	Failed     Status = "failed"
	Cancelled  Status = "cancelled"
)

// Active reports whether a job with this status holds its slot.
func (s Status) Active() bool { return s == Scheduled || s == Processing }

// Job is one booking and the generation it stands for.
type Job struct {
	ID              string // lower-case UUID
	UserID          string
	UserName        string // the owner's current name; filled in by the store when read
	Worker          string
	Workflow        string
	WorkflowVersion string // hash of the version it was booked with
	Status          Status
	Start           int64 // of the slot
	Duration        int64 // of the slot
	Estimate        int64 // of the generation at its place, the load included
	Load            int64 // part of the slot that is for loading models
	Basis           estimate.Basis
	Sooner          bool   // the slot is a promise "not later than": it may start earlier
	Pinned          bool   // its owner named the worker
	Promised        int64  // the latest start that its owner was promised; 0: as the slot
	Series          string // that it was booked with; empty: none
	SeriesIndex     int    // its place in the series, from 1
	Inputs          workflow.Values
	Results         []Result
	Failure         *Failure // with Failed
	Delay           *Delay   // nil: on time
	Attempt         int      // 1 for the first run
	Losses          int      // attempts that were lost with ComfyUI
	Epoch           string   // whose bookings it came into when they were copied or restored; empty: those it was booked in
	CancelRequested bool
	Version         int64
	CreatedAt       int64
	StartedAt       int64 // graph of the latest attempt posted; 0: not yet
	FinishedAt      int64 // 0: not finished
	Hidden          bool  // its private parts are left out; never so in the store
	Shortened       bool  // its long texts are cut; never so in the store
}

// Slot is the part of the worker's timeline that the job was booked for.
func (j Job) Slot() schedule.Slot { return schedule.NewSlot(j.Start, j.Duration) }

// IsMovable reports whether the job may start earlier than its slot, on a worker that would be idle until then: its owner wants it so,
// or its own slot has passed. What a pause has moved may still be wanted for a moment that is to come.
func (j Job) IsMovable() bool {
	passed := j.Delay != nil && (j.Delay.Kind == Overdue || j.Delay.Kind == Retry)
	return j.Status == Scheduled && (j.Sooner || passed)
}

// PromisedStart returns the latest start that the owner was promised.
func (j Job) PromisedStart() int64 {
	if j.Promised == 0 {
		return j.Start
	}
	return j.Promised
}

// MovedForward returns the time by which the slot was moved forward, in milliseconds.
func (j Job) MovedForward() int64 { return max(0, j.PromisedStart()-j.Start) }

// Prompt returns the text that describes what is wanted; empty where the workflow has no such input.
func (j Job) Prompt() string { return j.Inputs.Prompt() }

// Seed returns the number that randomness starts from; false where the workflow has no such input.
func (j Job) Seed() (uint64, bool) { return j.Inputs.Seed() }

// PromptID is the id of the current attempt in ComfyUI: the job's own for the first, derived from it for the others, and for
// all of a job that was taken over.
func (j Job) PromptID() string {
	if j.Attempt <= 1 && j.Epoch == "" {
		return j.ID
	}
	name := strconv.Itoa(j.Attempt)
	if j.Epoch != "" {
		name = j.Epoch + "/" + name
	}
	return uuid.NewSHA1(uuid.MustParse(j.ID), []byte(name)).String()
}

// ResultFilename is the first picture, or empty.
func (j Job) ResultFilename() string {
	for _, r := range j.Results {
		if r.Kind == Image {
			return r.Filename
		}
	}
	return ""
}

// Kind is the kind of content of a result.
type Kind string

// The kinds of results.
const (
	Image Kind = "image"
	Video Kind = "video"
	Audio Kind = "audio"
	Text  Kind = "text"
	File  Kind = "file"
)

// Result is one thing that a generation left behind.
type Result struct {
	Filename string `json:"filename,omitempty"` // relative to the output directory, forward slashes
	Kind     Kind   `json:"kind"`
	NodeID   string `json:"node_id,omitempty"`
	Text     string `json:"text,omitempty"` // with the kind Text

	// What the file was when the run had ended, so that it can be told from another of its name; zero: not known.
	Size     int64  `json:"size,omitempty"`     // bytes
	Modified int64  `json:"modified,omitempty"` // milliseconds since the Unix epoch
	Hash     string `json:"hash,omitempty"`     // BLAKE3 of the content
	Tag      string `json:"tag,omitempty"`      // of time and size, finer than Modified; ComfyUI's ETag, where its disk cannot be read

	// Overwritten says that another job has written to the same file since.
	Overwritten bool `json:"overwritten,omitempty"`
}

// FailureReason tells programs why a job failed.
type FailureReason string

// The reasons.
const (
	Rejected    FailureReason = "rejected"    // ComfyUI refused the graph
	Execution   FailureReason = "execution"   // a node raised an error
	Interrupted FailureReason = "interrupted" // from outside the service
	Lost        FailureReason = "lost"        // with ComfyUI, or with the bookings that were restored
	Timeout     FailureReason = "timeout"     // no sign of life
	NoResult    FailureReason = "no_result"   // ended well without a file
	Overrun     FailureReason = "overrun"     // far beyond its slot, in somebody's way
	InputFile   FailureReason = "input_file"  // that it takes could not be handed to ComfyUI
)

// Failure says why a job failed.
type Failure struct {
	Reason  FailureReason `json:"reason"`
	Message string        `json:"message"`
	NodeID  string        `json:"node_id,omitempty"`
}

// DelayKind tells how a job departs from the slot it was booked for.
type DelayKind string

// The kinds of delay.
const (
	Late    DelayKind = "late"    // the slot has begun, the start had to wait
	Overdue DelayKind = "overdue" // the slot ended without a start
	Retry   DelayKind = "retry"   // an attempt was lost
	Paused  DelayKind = "paused"  // the worker was paused
)

// Delay says how and why a job departs from the slot it was booked for.
type Delay struct {
	Kind         DelayKind `json:"kind"`
	Reason       string    `json:"reason"`
	BookedStart  int64     `json:"booked_start"`            // start of the slot first booked
	BookedWorker string    `json:"booked_worker,omitempty"` // and its worker, if it was another; not known of delays of an older version

	// The length of that slot, which may have grown where the job went since; 0: not known, or its owner has changed the values.
	BookedSlot     int64 `json:"booked_slot,omitempty"`
	BookedEstimate int64 `json:"booked_estimate,omitempty"`
	BookedLoad     int64 `json:"booked_load,omitempty"`
}

// OnTime bounds, in milliseconds, how late after its slot's start a job may start and still be on time.
const OnTime = 50
