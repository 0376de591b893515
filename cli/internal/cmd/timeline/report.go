package timeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// report prints the status of a server to people and to programs.
type report struct {
	io     *term.Streams
	clock  when.Clock
	server string
	state  *pb.GetStateResponse
	today  *pb.GetDayStatsResponse
}

// pipe prints facts for programs.
func (r *report) pipe() error {
	system := r.state.GetStatus().GetSystem()
	t := render.NewTable(r.io)
	facts := [][2]string{
		{"server", r.server},
		{"version", system.GetVersion()},
		{"status", word(system.GetStatus())},
		{"reason", system.GetReason()},
		{"benchmark_ms", fmt.Sprint(system.GetBenchmarkMs())},
		{"running", fmt.Sprint(r.running())},
		{"scheduled_total", fmt.Sprint(r.state.GetSnapshot().GetScheduledTotal())},
		{"jobs_today", fmt.Sprint(r.today.GetJobs())},
		{"completed_today", fmt.Sprint(r.today.GetCompleted())},
		{"failed_today", fmt.Sprint(r.today.GetFailed())},
		{"average_generation_ms", fmt.Sprint(r.today.GetAverageDurationMs())},
		{"active_users", fmt.Sprint(r.today.GetActiveUsers())},
	}
	for _, fact := range slices.Concat(facts, r.workers(), r.pauses()) {
		t.Row(render.Text(fact[0]), render.Text(fact[1]))
	}
	return t.Print()
}

// pauses are the facts about the pauses of workers, one after the other; empty ones when no worker has a pause.
func (r *report) pauses() (facts [][2]string) {
	for _, w := range r.state.GetStatus().GetSystem().GetWorkers() {
		if p := w.GetPause(); p != nil {
			start, end := r.clock.Exact(p.GetTimeSlot().GetStartMs()), r.clock.Exact(p.GetTimeSlot().GetEndMs())
			facts = append(facts, pauseFacts(w.GetId(), start, end, p.GetReason())...)
		}
	}
	if facts == nil {
		return pauseFacts("", "", "", "")
	}
	return facts
}

func pauseFacts(worker, start, end, reason string) [][2]string {
	return [][2]string{{"pause_worker", worker}, {"pause_start", start}, {"pause_end", end}, {"pause_reason", reason}}
}

// people prints the same for a person, with the workers and what they are doing.
func (r *report) people() error {
	system := r.state.GetStatus().GetSystem()
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(r.io.Out, "%s %s\n", r.io.Faint(fmt.Sprintf("%-10s", name+":")), value)
		}
	}
	line("server", r.server+" "+r.io.Faint("version "+term.Line(system.GetVersion())))
	line("status", r.light(system.GetStatus())+because(system.GetReason()))
	line("access", access(system))
	line("limits", limits(system.GetLimits()))
	line("benchmark", duration(system.GetBenchmarkMs()))
	for _, w := range system.GetWorkers() {
		line("worker", r.worker(w))
		line("pause", r.pause(w.GetPause()))
		r.bootSteps(w)
	}
	line("workflows", r.workflows())
	line("jobs", fmt.Sprintf("%d running, %d scheduled", r.running(), r.state.GetSnapshot().GetScheduledTotal()))
	if next := r.next(); next != nil {
		owner := term.Line(api.NamesOf(r.state.GetSnapshot().GetUsers())[next.GetUserId()])
		line("next", fmt.Sprintf("%s by %s at %s", refs.Short(next.GetId()), owner, r.clock.Stamp(api.StartMS(next))))
	}
	line("today", fmt.Sprintf("%d booked, %d completed, %d failed",
		r.today.GetJobs(), r.today.GetCompleted(), r.today.GetFailed()))
	line("average", duration(r.today.GetAverageDurationMs()))
	line("users", fmt.Sprintf("%d connected", r.today.GetActiveUsers()))
	return nil
}

// pause says when nothing runs on a worker and why; empty when there is no pause.
func (r *report) pause(p *pb.Pause) string {
	if p == nil {
		return ""
	}
	text := fmt.Sprintf("%s to %s %s by %s",
		r.clock.Minute(p.GetTimeSlot().GetStartMs()), r.clock.Minute(p.GetTimeSlot().GetEndMs()), r.clock.ZoneName(), term.Line(p.GetUserName()))
	return r.io.Yellow(text) + because(p.GetReason())
}

// access says how people become users, where not everybody may.
func access(s *pb.SystemState) string {
	switch s.GetAccessMode() {
	case pb.AccessMode_ACCESS_MODE_INVITE:
		return "by invitation"
	case pb.AccessMode_ACCESS_MODE_CLOSED:
		return "users are made by administrators"
	}
	return ""
}

// limits says what a user may do at most.
func limits(l *pb.Limits) string {
	var parts []string
	if n := l.GetOpenBookings(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d open bookings", n))
	}
	if n := l.GetDaysAhead(); n > 0 {
		parts = append(parts, fmt.Sprintf("slots up to %d days ahead", n))
	}
	for _, of := range []struct {
		what string
		ms   int64
	}{{"slots up to %s long", l.GetMaxSlotMs()}, {"%s of GPU time in open bookings", l.GetOpenMs()}, {"%s of GPU time a day", l.GetDayMs()}} {
		if of.ms > 0 {
			parts = append(parts, fmt.Sprintf(of.what, when.Millis(of.ms)))
		}
	}
	return strings.Join(parts, ", ")
}

func (r *report) worker(w *pb.Worker) string {
	text := term.Line(w.GetId())
	if w.GetTitle() != "" && w.GetTitle() != w.GetId() {
		text += " (" + term.Line(w.GetTitle()) + ")"
	}
	if w.GetOutOfService() {
		text += " " + r.io.Yellow("out of service") + because(w.GetOutOfServiceReason()) + ","
	}
	text += " " + r.light(w.GetStatus()) + because(w.GetReason())
	if j := r.runningOn(w); j != nil {
		text += ", runs " + refs.Short(j.GetId())
	}
	if w.GetSimulated() {
		text += ", " + r.io.Yellow("simulated pictures")
	} else if w.GetComfyuiVersion() != "" {
		text += ", ComfyUI " + term.Line(w.GetComfyuiVersion())
	}
	if w.GetDevice() != "" && !w.GetSimulated() {
		text += ", " + term.Line(w.GetDevice())
	}
	if all := r.state.GetStatus().GetWorkflows(); len(all) > 0 { // the first is the one that is booked when none is named
		for _, e := range all[0].GetEstimates() {
			if e.GetWorkerId() == w.GetId() {
				text += fmt.Sprintf(", %s takes %s", term.Line(all[0].GetId()), when.Millis(e.GetSlotDurationMs()))
			}
		}
	}
	return text
}

// mostTold is the number of workflows from which on the live state may lack some.
const mostTold = 200

// workflows says how many workflows there are; empty when it is one.
func (r *report) workflows() string {
	all, bookable := r.state.GetStatus().GetWorkflows(), 0
	for _, w := range all {
		if w.GetBookable() {
			bookable++
		}
	}
	switch {
	case len(all) < 2:
		return ""
	case len(all) >= mostTold:
		return "many: 'comfysched workflow list --all' lists them"
	}
	return fmt.Sprintf("%d, of which %d can be booked; 'comfysched workflow list' lists them", len(all), bookable)
}

// bootSteps tells how bringing up a worker goes, as long as it is not up.
func (r *report) bootSteps(w *pb.Worker) {
	if w.GetStatus() == pb.WorkerStatus_WORKER_STATUS_READY {
		return
	}
	for _, s := range w.GetBootSteps() {
		stage := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(s.GetStage().String(), "BOOT_STAGE_")), "_", " ")
		outcome := strings.ToLower(strings.TrimPrefix(s.GetOutcome().String(), "BOOT_OUTCOME_"))
		fmt.Fprintf(r.io.Out, "           %-14s %s %s%s\n",
			stage, outcome, when.Millis(s.GetElapsedMs()), because(s.GetDetail()))
	}
}

func (r *report) light(s fmt.Stringer) string {
	switch word(s) {
	case "ready":
		return r.io.Green(word(s))
	case "offline":
		return r.io.Red(word(s))
	}
	return r.io.Yellow(word(s))
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + term.Line(reason)
}

func duration(ms int64) string {
	if ms == 0 {
		return ""
	}
	return when.Millis(ms)
}

func (r *report) running() (n int) {
	for _, j := range r.state.GetSnapshot().GetJobs() {
		if j.GetStatus() == pb.JobStatus_JOB_STATUS_PROCESSING {
			n++
		}
	}
	return n
}

// runningOn is the job that a worker runs; nil: none.
func (r *report) runningOn(w *pb.Worker) *pb.Job {
	for _, j := range r.state.GetSnapshot().GetJobs() {
		if j.GetStatus() == pb.JobStatus_JOB_STATUS_PROCESSING && j.GetWorkerId() == w.GetId() {
			return j
		}
	}
	return nil
}

// workers are the facts about the workers, one after the other.
func (r *report) workers() (facts [][2]string) {
	for _, w := range r.state.GetStatus().GetSystem().GetWorkers() {
		facts = append(facts, [][2]string{
			{"worker", w.GetId()},
			{"worker_title", w.GetTitle()},
			{"worker_status", word(w.GetStatus())},
			{"worker_out_of_service", fmt.Sprint(w.GetOutOfService())},
			{"worker_runs", r.runningOn(w).GetId()},
		}...)
	}
	return facts
}

func (r *report) next() *pb.Job {
	var next *pb.Job
	for _, j := range r.state.GetSnapshot().GetJobs() {
		if j.GetStatus() == pb.JobStatus_JOB_STATUS_SCHEDULED && (next == nil || api.StartMS(j) < api.StartMS(next)) {
			next = j
		}
	}
	return next
}
