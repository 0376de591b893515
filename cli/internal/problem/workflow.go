package problem

import (
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// byWorkflow explains what is wrong with a workflow or with a request for one; empty for other errors.
func byWorkflow(info *pb.ErrorInfo, message string) string {
	id := info.GetMetadata()["workflow_id"]
	switch info.GetReason() {
	case pb.ErrorReason_ERROR_REASON_STALE_WORKFLOW:
		text := "the workflow has changed since that version"
		if id != "" {
			text = "workflow " + id + " has changed since that version"
		}
		if changed := violations(nil, info); changed != "" {
			text += ": " + changed
		}
		return text + offer(id, "shows it as it is now, version "+info.GetMetadata()["version"])
	case pb.ErrorReason_ERROR_REASON_NOT_BOOKABLE:
		return message + offer(id, "tells more")
	case pb.ErrorReason_ERROR_REASON_WORKFLOW_REFUSED:
		return strings.Join(refusals(info), "; ")
	case pb.ErrorReason_ERROR_REASON_NOT_FOUND:
		if info.GetMetadata()["what"] == "workflow" {
			return message + "; 'comfysched workflow list' lists those there are"
		}
	}
	return ""
}

// offer names the command that shows a workflow, and what for; empty where it is not known which.
func offer(id, what string) string {
	if id == "" {
		return ""
	}
	return fmt.Sprintf("; 'comfysched workflow show %s' %s", id, what)
}

// Refusals lists why a file was not taken as a workflow; empty for other errors.
func Refusals(err error) []string {
	if api.Reason(err) != pb.ErrorReason_ERROR_REASON_WORKFLOW_REFUSED {
		return nil
	}
	return refusals(api.Info(err))
}

// wholeFile stands in the place of a node for what is wrong with the file as a whole.
const wholeFile = "file"

// refusals are the problems of a file, each with its node unless its text names it.
func refusals(info *pb.ErrorInfo) (lines []string) {
	for _, v := range info.GetFields() {
		text := v.GetMessage()
		if node := v.GetField(); node != "" && node != wholeFile && !strings.Contains(text, "node "+node) {
			text = "node " + node + ": " + text
		}
		lines = append(lines, text)
	}
	return lines
}
