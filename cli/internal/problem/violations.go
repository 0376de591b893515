package problem

import (
	"errors"
	"regexp"
	"strings"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// options are the options by which people set the fields of requests.
var options = map[string]string{
	"start":             "the start",
	"start_ms":          "the start",
	"earliest_start_ms": "--after",
	"from_ms":           "--from",
	"window":            "--from and --to",
	"workflow_id":       "the workflow's id",
	"workflow_version":  "--workflow-version",
	"worker_id":         "--worker",
	"request_id":        "--request-id",
	"id_suffix":         "the job id",
	"job_id":            "the job id",
	"user_id":           "--user",
	"inputs":            "--set",
	"reset_inputs":      "--set",
	"version":           "--if-version",
	"name":              "the name",
	"lifetime_ms":       "--for",
	"duration_ms":       "--for",
	"max_uses":          "--uses",

	"title":               "--title",
	"description":         "--description",
	"tags":                "--tag",
	"order":               "--order",
	"main_output_node_id": "--main-output",
	"thumbnail_job_id":    "--thumbnail",
	"template":            "--template",
	"filename":            "the file's name",
	"content":             "the file",
	"query":               "the words to look for",
}

// renamed is an error about fields that a command has names of its own for.
type renamed struct {
	error
	name func(path string) string
}

func (r *renamed) Unwrap() error { return r.error }

// Rename gives the fields in err the names by which a command sets them. name gives an empty one for those that are named as
// usual.
func Rename(err error, name func(path string) string) error {
	if err == nil {
		return nil
	}
	return &renamed{err, name}
}

// violations lists what is wrong with which option; empty when the error is not about fields.
func violations(err error, info *pb.ErrorInfo) string {
	var lines []string
	var own *renamed
	named := errors.As(err, &own)
	for _, v := range info.GetFields() {
		name := ""
		if named {
			name = own.name(v.GetField())
		}
		if name == "" {
			name = option(v.GetField())
		}
		if strings.HasPrefix(v.GetMessage(), "the workflow ") { // it names itself
			name = ""
		}
		lines = append(lines, strings.TrimPrefix(name+": "+v.GetMessage(), ": "))
	}
	return strings.Join(lines, "; ")
}

// inputPath is the path of the value of an input.
var inputPath = regexp.MustCompile(`^inputs\["([^"]+)"\]`)

// option names a field as the command line does.
func option(path string) string {
	if input := inputPath.FindStringSubmatch(path); input != nil {
		switch input[1] {
		case "prompt", "seed":
			return "--" + input[1]
		}
		return "--set " + input[1]
	}
	first, _, _ := strings.Cut(path, ".")
	first, _, _ = strings.Cut(first, "[")
	if option, ok := options[first]; ok {
		return option
	}
	return path
}
