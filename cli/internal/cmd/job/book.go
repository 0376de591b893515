// Package job is the commands for jobs: book, list, show, edit, move, cancel, wait, download, series and open.
package job

import (
	"context"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// bookOptions are the options of book and what it works with.
type bookOptions struct {
	*factory.Factory

	Start     flags.Start
	Sooner    flags.Sooner
	Prompt    flags.Prompt
	Seed      string
	Set       []string
	Workflow  string
	Version   string
	Worker    string
	RequestID string
	EachLine  bool
	Count     int
	Each      []string
	From      string
	DryRun    bool
	Wait      bool
	Download  string
	Out       flags.Out

	start flags.Moment
	form  *pb.Workflow // of the workflow, once it is read
	names api.Names    // what the caller is called, where rows show it
	seed  *uint64      // nil for a random one
}

// bookHelp tells all about booking.
const bookHelp = `Book a time slot on the GPU's timeline. Its length is what such a generation takes; the job starts when its slot starts.

` + when.Help + `

The prompt is an argument, --prompt, a file, or standard input; a workflow may take none. 'comfysched workflow list' tells which
workflows there are, and 'comfysched workflow show ID' what --set can set, of which kind and range. A picture, video
or sound is a file of yours, which is uploaded (--set photo=@photo.png, @- for standard input), a result of a job (job:JOB
for its first, job:JOB/2 for the third), an uploaded one (asset:ID), or one that lies in
ComfyUI's input folder.

With --count, --each and --from several jobs are booked at once as a series, all of them or none: so many seeds, each value of
an input with each of the others, and the lines of a file. Each line is a JSON object with inputs by name, such as
{"prompt": "a red fox", "steps": 8}, or {"inputs": {...}} as the API writes them; what the command sets holds for those that do
not set it. What is wrong is told by the number of the line before anything is booked. With --at and --in the jobs follow each
other on one worker; else each goes where it fits first. 'comfysched series' follows them.

--dry-run says what the booking would get, with the exit code that it would have, and books nothing. In a pipe that is one
tab-separated line for each job:
` + render.QuoteRowHelp + `

With --each-line every line that is not empty is booked as a job of its own; a line that cannot be booked does not keep the
others from it, and the exit code tells.

` + render.JobRowHelp + `.

An answer that is lost on the way is asked for again for a moment without booking twice. A script that repeats the whole
command does so safely with its own --request-id: the repeated command ends with the job that the first one booked, also
where its time, such as "in 3h", means another moment by then. An id that has booked something else is a conflict.`

// NewCmdBook makes the command.
func NewCmdBook(f *factory.Factory) *cobra.Command {
	opts := &bookOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "book {--next | --after TIME | --at TIME | --in DURATION} [PROMPT]",
		Short: "Book a time slot",
		Long:  bookHelp,
		Example: `  comfysched book --next "a red fox in the snow"
  comfysched book --at 14:30 --seed 42 --set steps=8 --wait "a lighthouse"
  comfysched book --next --workflow upscale --set picture=@fox.png
  comfysched book --next --workflow upscale --set picture=job:3f2a1b2c
  comfysched book --after "tomorrow 9:00" --download pictures < prompt.txt
  comfysched book --next --dry-run "a red fox in the snow"
  comfysched book --next --count 4 --each steps=4,8 "a red fox in the snow"
  comfysched book --next --from jobs.jsonl --set steps=8
  cat prompts.txt | comfysched book --next --each-line --quiet`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return exitcode.Usagef("put the prompt in quotes: it is one argument")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opts.Prompt.Argument = args[0]
			}
			if err := opts.check(); err != nil {
				return err
			}
			return bookRun(cmd.Context(), opts)
		},
	}
	opts.bind(cmd)
	return cmd
}

// bind makes the command's options.
func (o *bookOptions) bind(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SortFlags = false
	o.Start.Bind(fs)
	o.Sooner.Bind(fs)
	o.Prompt.Bind(fs)
	fs.BoolVar(&o.EachLine, "each-line", false, "book each line of the prompt file or of standard input")
	fs.IntVar(&o.Count, "count", 1, "book as many jobs with a seed each, drawn or from --seed on: a `number`")
	fs.StringArrayVar(&o.Each, "each", nil, "book a job for each value of an input: `name=value,value`; may be repeated")
	fs.StringVar(&o.From, "from", "", "book a job for each line of a `file` in JSON Lines; - for standard input")
	fs.BoolVar(&o.DryRun, "dry-run", false, "only say what the booking would get")
	fs.StringVar(&o.Seed, "seed", "", "`number` that decides the picture together with the prompt; random when absent")
	fs.StringArrayVar(&o.Set, "set", nil, form.SetHelp)
	fs.StringVar(&o.Workflow, "workflow", "", "`id` of the workflow; the server's first when absent")
	fs.StringVar(&o.Version, "workflow-version", "", "book only if this is still the workflow's `version`, as workflow show prints it")
	fs.StringVar(&o.Worker, "worker", "", "`id` of the worker; the one that is free first when absent")
	fs.BoolVarP(&o.Wait, "wait", "w", false, "wait until the job has ended and show its progress")
	fs.StringVarP(&o.Download, "download", "d", "", "wait, then save the results in this `directory`")
	fs.StringVar(&o.RequestID, "request-id", "", "`UUID` that makes repeating this command safe: it books once")
	o.Out.Bind(cmd, "the job's id")
	o.CompleteFlag(cmd, "workflow", factory.Workflows)
	chosen := func(ctx context.Context, client *api.Client, _ []string) (*pb.Workflow, error) {
		return refs.Workflow(ctx, client, o.Workflow)
	}
	o.CompleteSet(cmd, chosen)
	_ = cmd.RegisterFlagCompletionFunc("each", o.Inputs("=", chosen))
	o.CompleteFlag(cmd, "worker", factory.Workers)
}

// check refuses what no server is needed to refuse.
func (o *bookOptions) check() (err error) {
	if o.start, err = o.Start.Read(o.Clock); err != nil {
		return err
	}
	o.Wait = o.Wait || o.Download != ""
	if err := o.Sooner.Check(o.start); err != nil {
		return err
	}
	if err := o.Prompt.Check(); err != nil {
		return err
	}
	if o.EachLine && (o.Prompt.Text != "" || o.Prompt.Argument != "") {
		return exitcode.Usagef("--each-line reads the prompts from standard input or --prompt-file")
	}
	if err := o.checkBatch(); err != nil {
		return err
	}
	if o.EachLine && !o.Start.Next && o.Start.After == "" {
		return exitcode.Usagef("--each-line needs --next or --after: one moment holds only one slot")
	}
	if o.seed, err = flags.Seed(o.Seed, false); err != nil {
		return err
	}
	if o.RequestID == "" {
		o.RequestID = uuid.NewString()
	} else if _, err := uuid.Parse(o.RequestID); err != nil {
		return exitcode.Usagef("--request-id: %q is not a UUID", o.RequestID)
	}
	return nil
}
