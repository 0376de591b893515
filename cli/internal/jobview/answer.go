package jobview

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/apijson"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Answer is the server's answer about one job.
type Answer interface {
	proto.Message
	GetJob() *pb.Job
}

// Print shows an answer as the options ask: its JSON, the job's id, a row in a pipe, and a sentence to a person.
func Print(io *iostreams.IOStreams, clock when.Clock, out outflag.Flags, answer Answer, sentence string) error {
	switch {
	case out.JSON:
		return apijson.Print(io, answer)
	case out.Quiet:
		_, err := fmt.Fprintln(io.Out, answer.GetJob().GetId())
		return err
	case io.IsStdoutTTY():
		_, err := fmt.Fprintln(io.Out, sentence)
		return err
	}
	return Table(io, clock, []*pb.Job{answer.GetJob()}).Print()
}

// Sentence says what was booked or changed: which job, when, and for how long.
func Sentence(io *iostreams.IOStreams, clock when.Clock, verb string, j *pb.Job) string {
	return fmt.Sprintf("%s %s: %s, %s, seed %s", io.Green(verb), io.Bold(jobref.Short(j.GetId())),
		clock.Stamp(j.GetTimeSlot()), when.Millis(j.GetDurationMs()), seed(j))
}
