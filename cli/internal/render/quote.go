package render

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// QuoteRowHelp describes the columns of what a booking would get for programs.
const QuoteRowHelp = `worker, start, end (RFC 3339), expected and slot (milliseconds), basis`

// QuoteTable shows the places of jobs that were only asked for, as rows for people or for pipes; titles are those of workers.
func QuoteTable(io *term.Streams, clock when.Clock, quotes []*pb.SeriesQuote, titles map[string]string) *Table {
	if !io.IsStdoutTTY() {
		t := NewTable(io)
		for _, q := range quotes {
			t.Row(
				Text(q.GetWorkerId()),
				Text(clock.Exact(q.GetTimeSlot().GetStartMs())),
				Text(clock.Exact(q.GetTimeSlot().GetEndMs())),
				Text(strconv.FormatInt(q.GetExpectedMs(), 10)),
				Text(strconv.FormatInt(q.GetSlotDurationMs(), 10)),
				Text(basis(q.GetEstimateBasis())),
			)
		}
		return t
	}
	t := NewTable(io, "#", "START ("+clock.ZoneName()+")", "TAKES", "95 % DONE BY", "WORKER", "RESTS ON")
	for i, q := range quotes {
		t.Row(
			Text(strconv.Itoa(i+1)),
			Text(clock.Cell(q.GetTimeSlot().GetStartMs())),
			Text(when.Millis(q.GetExpectedMs())),
			Text(clock.Cell(q.GetTimeSlot().GetEndMs())),
			Text(title(titles, q.GetWorkerId())),
			Text(basisWords(q.GetEstimateBasis())),
		)
	}
	return t
}

// QuoteSentence says what a booking would get: "38 s, 95 % done by 2026-11-24 14:07:20 CET, on RTX 4090".
func QuoteSentence(io *term.Streams, clock when.Clock, q *pb.SeriesQuote, titles map[string]string) string {
	text := fmt.Sprintf("%s from %s, 95 %% done by %s, on %s", io.Bold(when.Millis(q.GetExpectedMs())),
		clock.Stamp(q.GetTimeSlot().GetStartMs()), clock.Stamp(q.GetTimeSlot().GetEndMs()), title(titles, q.GetWorkerId()))
	if load := q.GetLoadMs(); load > 0 {
		text += ", " + when.Millis(load) + " of it to load models"
	}
	if q.GetEstimateBasis() == pb.EstimateBasis_ESTIMATE_BASIS_GUESS {
		text += "; a guess: nothing like it was run there"
	}
	return text
}

func title(titles map[string]string, worker string) string {
	if t := titles[worker]; t != "" {
		return term.Line(t)
	}
	return term.Line(worker)
}

func basis(b pb.EstimateBasis) string {
	return strings.ToLower(strings.TrimPrefix(b.String(), "ESTIMATE_BASIS_"))
}

func basisWords(b pb.EstimateBasis) string {
	switch b {
	case pb.EstimateBasis_ESTIMATE_BASIS_GUESS:
		return "a guess"
	case pb.EstimateBasis_ESTIMATE_BASIS_MEASURED:
		return "a measurement"
	case pb.EstimateBasis_ESTIMATE_BASIS_LEARNED:
		return "earlier runs"
	}
	return ""
}
