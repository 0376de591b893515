package problem

import (
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
	"workflow_id":       "--workflow",
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
}

// violations lists what is wrong with which option; empty when the error is not about fields.
func violations(info *pb.ErrorInfo) string {
	var lines []string
	for _, v := range info.GetFields() {
		lines = append(lines, strings.TrimPrefix(option(v.GetField())+": "+v.GetMessage(), ": "))
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
