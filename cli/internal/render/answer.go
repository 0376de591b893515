package render

import (
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"

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
func JobResult(
	io *term.Streams, clock when.Clock, out flags.Out, answer JobAnswer, names api.Names, sentence string,
) error {
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
	return JobTable(io, clock, []*pb.Job{answer.GetJob()}, names).Print()
}

// JobSentence says what was booked or changed: which job, when, and for how long.
func JobSentence(io *term.Streams, clock when.Clock, verb string, j *pb.Job) string {
	text := fmt.Sprintf("%s %s: %s, %s", io.Green(verb), io.Bold(refs.Short(j.GetId())),
		clock.Stamp(api.StartMS(j)), when.Millis(j.GetDurationMs()))
	if j.Seed != nil {
		text += ", seed " + seed(j)
	}
	if promise := Promise(j); promise != "" {
		text += "; it " + strings.Replace(promise, "moved", "was moved", 1)
	}
	return text
}
