package render

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// JobAnswer is the server's answer about one job.
type JobAnswer interface {
	proto.Message
	GetJob() *pb.Job
}

// JobResult shows an answer as the options ask: its JSON, the job's id, a row in a pipe, and a sentence to a person.
func JobResult(io *term.Streams, clock when.Clock, out flags.Out, answer JobAnswer, sentence string) error {
	switch {
	case out.JSON:
		return JSON(io, answer)
	case out.Quiet:
		_, err := fmt.Fprintln(io.Out, answer.GetJob().GetId())
		return err
	case io.IsStdoutTTY():
		_, err := fmt.Fprintln(io.Out, sentence)
		return err
	}
	return JobTable(io, clock, []*pb.Job{answer.GetJob()}).Print()
}

// JobSentence says what was booked or changed: which job, when, and for how long.
func JobSentence(io *term.Streams, clock when.Clock, verb string, j *pb.Job) string {
	return fmt.Sprintf("%s %s: %s, %s, seed %s", io.Green(verb), io.Bold(refs.Short(j.GetId())),
		clock.Stamp(j.GetTimeSlot()), when.Millis(j.GetDurationMs()), seed(j))
}
