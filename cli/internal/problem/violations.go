package problem

import (
	"fmt"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/grpc/status"
)

// flags are the options by which people set the fields of requests.
var flags = map[string]string{
	"prompt": "--prompt", "seed": "--seed", "time_slot": "the start", "next_free_from": "--after",
	"workflow_id": "--workflow", "worker_id": "--worker", "request_id": "--request-id",
	"job_id": "the job id", "user_id": "--user", "from_ms": "--from", "window": "--from and --to",
	"version": "--if-version", "name": "the name", "lifetime_ms": "--for", "duration_ms": "--for", "max_uses": "--uses",
}

// violations lists what is wrong with which option; empty when the error is not about fields.
func violations(st *status.Status) string {
	var lines []string
	for _, d := range st.Details() {
		list, ok := d.(*validate.Violations)
		if !ok {
			continue
		}
		for _, v := range list.GetViolations() {
			lines = append(lines, strings.TrimPrefix(field(v.GetField())+": "+v.GetMessage(), ": "))
		}
	}
	return strings.Join(lines, "; ")
}

// field names a field as the command line does.
func field(path *validate.FieldPath) string {
	elements := path.GetElements()
	if len(elements) > 1 && elements[0].GetFieldName() == "edit" {
		elements = elements[1:]
	}
	if len(elements) == 0 {
		return ""
	}
	first := elements[0]
	if first.GetFieldName() == "parameters" {
		if key := first.GetStringKey(); key != "" {
			return "--set " + key
		}
		return "--set"
	}
	if flag, ok := flags[first.GetFieldName()]; ok {
		return flag
	}
	var names []string
	for _, e := range elements {
		name := e.GetFieldName()
		if e.HasIndex() {
			name += fmt.Sprintf("[%d]", e.GetIndex())
		}
		names = append(names, name)
	}
	return strings.Join(names, ".")
}
