package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflowfile"
)

// conversion holds the options of the command.
type conversion struct {
	objectInfo string
	form       bool
	setGet     bool
	random     float64
	now        string
}

func convertCommand() *cobra.Command {
	var c conversion
	command := &cobra.Command{
		Use:   "convert FILE",
		Short: "Print a workflow as the graph that ComfyUI's page would send, or its form",
		Long: `Print a workflow as the graph that ComfyUI's page would send (API format), or its form.

FILE is what ComfyUI saved or exported, or a PNG, WebP, EXR, MP4, WebM, FLAC, MP3 or Opus file that it made; "-" is standard
input. A workflow of the editor needs the node classes of the ComfyUI that it is for:

  curl http://127.0.0.1:8188/object_info > object_info.json
  comfyscheduler convert workflow.json --object-info object_info.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(args[0], cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	flags := command.Flags()
	flags.StringVar(&c.objectInfo, "object-info", "", "file with ComfyUI's answer to /object_info")
	flags.BoolVar(&c.form, "form", false, "print the inputs that are detected instead, as JSON")
	flags.BoolVar(&c.setGet, "set-get", false, "resolve SetNode and GetNode also where KJNodes is not installed")
	flags.Float64Var(&c.random, "random", 0, "number from 0 up to 1 that picks among {a|b}")
	flags.StringVar(&c.now, "now", "", "moment for %date%, such as 2027-03-04T15:06:07Z (default now)")
	return command
}

func (c *conversion) run(name string, stdin io.Reader, out io.Writer) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	in := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	w, err := workflowfile.Open(in, options)
	if problems, ok := errors.AsType[graph.Problems](err); ok && problems[0] == workflowfile.NeedsClasses {
		return fmt.Errorf("%s: %s; name what ComfyUI answers to /object_info with --object-info", name, problems[0].What)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be taken:\n%w", name, err)
	}
	var result any = w.Graph
	if c.form {
		result = form.Detect(w.Graph, options.Info, w.Author)
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(result)
}

func (c *conversion) options() (editor.Options, error) {
	o := editor.Options{SetGet: c.setGet, Random: func() float64 { return c.random }, Now: time.Now()}
	if c.random < 0 || c.random >= 1 {
		return o, errors.New("--random is a number from 0 up to, not including, 1")
	}
	if c.now != "" {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			return o, errors.New("--now is a moment such as 2027-03-04T15:06:07Z")
		}
		o.Now = now
	}
	if c.objectInfo == "" {
		return o, nil
	}
	data, err := os.ReadFile(c.objectInfo)
	if err != nil {
		return o, err
	}
	if o.Info, err = objectinfo.Parse(data); err != nil {
		return o, fmt.Errorf("%s: %w", c.objectInfo, err)
	}
	return o, nil
}
