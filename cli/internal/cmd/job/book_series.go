package job

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/handin"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// longestLine is room for the longest prompt that a server takes, and for a clear complaint about a longer one.
const longestLine = 1 << 20

// seriesRun books each line of the input. It goes on after a line that is refused, and gives up when nobody answers.
func seriesRun(ctx context.Context, opts *bookOptions) error {
	in, err := opts.Prompt.Open(opts.IO)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	client, err := opts.Client()
	if err != nil {
		return err
	}
	template, err := opts.request(ctx, client)
	if err != nil {
		return err
	}
	if form.ByRole(opts.form, pb.InputRole_INPUT_ROLE_PROMPT) == nil {
		return lacks("--each-line", "prompt", opts.form)
	}
	if err := handin.Resolve(ctx, client, opts.IO, template.GetInputs()); err != nil {
		return err
	}
	if showsRows(opts.Factory, opts.Out) {
		opts.names = ownName(ctx, client)
	}
	s := series{opts: opts, client: client, template: template, base: uuid.MustParse(opts.RequestID)}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	for number := 1; s.stop == nil && lines.Scan(); number++ {
		if text := strings.TrimSpace(lines.Text()); text != "" {
			s.book(ctx, number, text)
		}
	}
	if err := lines.Err(); err != nil {
		s.stop = fmt.Errorf("reading the prompts: %w", err)
	}
	return s.finish(ctx)
}

// series is the state of one run over many lines.
type series struct {
	opts     *bookOptions
	client   *api.Client
	template *pb.BookJobRequest
	base     uuid.UUID

	total  int
	booked []*pb.Job
	first  error // of the first line that was refused
	stop   error // why no further line is tried
}

// book books one line. Its request id follows from the series' id and the line's number, so a repeated series is the
// same series.
func (s *series) book(ctx context.Context, number int, text string) {
	s.total++
	req := proto.Clone(s.template).(*pb.BookJobRequest)
	req.RequestId = uuid.NewSHA1(s.base, fmt.Appendf(nil, "line %d", number)).String()
	req.Inputs = maps.Clone(s.template.GetInputs()) // a copy of an empty one would be nil
	err := setPrompt(s.opts.form, req.Inputs, text)
	var answer *pb.BookJobResponse
	if err == nil {
		answer, err = s.opts.send(ctx, s.client, req)
	}
	if err != nil {
		if s.first == nil {
			s.first = err
		}
		fmt.Fprintf(s.opts.IO.Err, "line %d: %s\n", number, s.opts.Explainer().Line(err))
		if hopeless(err) {
			s.stop = err
		}
		return
	}
	s.booked = append(s.booked, answer.GetJob())
	if !s.opts.Wait {
		if err := s.opts.show(answer); err != nil {
			s.stop = err
		}
	}
}

// hopeless reports whether the lines after one that was refused would be refused too.
func hopeless(err error) bool {
	switch problem.Code(err) {
	case exitcode.Unavailable, exitcode.NotAllowed, exitcode.Interrupted:
		return true
	}
	return api.Reason(err) == pb.ErrorReason_ERROR_REASON_TOO_MANY_BOOKINGS
}

// finish tells how the series went. The exit code is that of the first line that was refused, else that of the first
// job that did not end well.
func (s *series) finish(ctx context.Context) error {
	if !s.opts.Out.Quiet {
		s.summary()
	}
	var waited error
	if s.opts.Wait && len(s.booked) > 0 {
		waited = s.opts.await(ctx, s.client, s.booked...)
	}
	switch {
	case s.first != nil:
		if line := s.opts.Explainer().Line(waited); line != "" {
			fmt.Fprintln(s.opts.IO.Err, "comfysched: "+line)
		}
		return exitcode.Silent(problem.Code(s.first))
	case s.stop != nil:
		return s.stop
	}
	return waited
}

func (s *series) summary() {
	text := fmt.Sprintf("booked %d of %d lines", len(s.booked), s.total)
	if n := len(s.booked); n > 0 {
		first, last := s.opts.Clock.Stamp(api.StartMS(s.booked[0])), s.opts.Clock.Stamp(api.EndMS(s.booked[n-1]))
		text += fmt.Sprintf(", from %s to %s", first, last)
	}
	if s.stop != nil {
		text += "; the lines after that were not tried"
	}
	fmt.Fprintln(s.opts.IO.Err, text)
}
