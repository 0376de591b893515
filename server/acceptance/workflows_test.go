//go:build linux

package acceptance_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// example reads a workflow that is shipped.
func example(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "workflows", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (c *client) imports(r *pb.ImportWorkflowRequest) *pb.Workflow {
	c.t.Helper()
	made, err := c.Workflows.ImportWorkflow(c.t.Context(), r)
	if err != nil {
		c.t.Fatal(err)
	}
	return made.Workflow
}

func (c *client) workflow(id string, hidden bool) *pb.Workflow {
	c.t.Helper()
	found, err := c.Workflows.GetWorkflow(c.t.Context(), &pb.GetWorkflowRequest{WorkflowId: id, ShowHidden: hidden})
	if err != nil {
		c.t.Fatal(err)
	}
	return found.Workflow
}

func inputOf(w *pb.Workflow, name string) *pb.Input {
	for _, in := range w.Inputs {
		if in.Name == name {
			return in
		}
	}
	return &pb.Input{}
}

// bookingOf asks for the next free slot for a workflow.
func bookingOf(id string, inputs map[string]*pb.InputValue) *pb.BookJobRequest {
	r := nextFree("")
	r.WorkflowId, r.Inputs = id, inputs
	return r
}

// A file of ComfyUI's page, from the moment in which somebody drops it.
func TestAWorkflowFromItsFileToItsEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user, root := s.signIn(), s.administrator()
	file := &pb.ImportWorkflowRequest{
		Source:    &pb.ImportWorkflowRequest_Content{Content: example(t, "text_to_image.json")},
		Filename:  "text_to_image.json",
		CheckOnly: true,
	}
	if _, err := user.Workflows.ImportWorkflow(t.Context(), file); connect.CodeOf(err) != connect.CodePermissionDenied {
		t.Errorf("by a user: %v", err)
	}
	if w := root.imports(file); !w.Summary.Bookable || inputOf(w, "prompt").Role != pb.InputRole_INPUT_ROLE_PROMPT {
		t.Errorf("only checked: %v", w)
	}
	file.CheckOnly = false
	w := root.imports(file)
	id, first := w.Summary.Id, w.Summary.Version
	if id != "text_to_image" || !w.Editable || w.Filename != file.Filename || w.Summary.Source != pb.WorkflowSource_WORKFLOW_SOURCE_IMPORT ||
		len(w.Workers) != *workers || w.Workers[0].State != pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_RUNS || len(w.Outputs) == 0 {
		t.Errorf("imported: %v", w)
	}
	if again, err := root.Workflows.ImportWorkflow(t.Context(), file); err != nil || !again.Known {
		t.Errorf("once more: %v (%v)", again, err)
	}
	if seen := user.workflow(id, false); seen.Editable || inputOf(seen, "steps").GetInteger().GetMax() == 0 {
		t.Errorf("as a user sees it: %v", seen)
	}

	book := nextFree("a fox")
	book.WorkflowId, book.WorkflowVersion = id, first
	booked, err := user.BookJob(t.Context(), book)
	if err != nil {
		t.Fatal(err)
	}
	done := user.untilEnded(booked.Job.Id)
	if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.WorkflowId != id || done.WorkflowVersion != first || done.Prompt != "a fox" ||
		done.Seed == nil {
		t.Fatalf("ran as %v", done)
	}

	// Somebody changes the form, its texts and its picture.
	changed, err := root.Workflows.UpdateWorkflow(t.Context(), &pb.UpdateWorkflowRequest{
		WorkflowId:     id,
		Version:        first,
		Title:          proto.String("Foxes"),
		Tags:           &pb.WorkflowTags{Tags: []string{"animals"}},
		ThumbnailJobId: &booked.Job.Id,
		Inputs: []*pb.InputEdit{
			{Name: "steps", Label: proto.String("Quality"), Max: proto.String("8"), Default: servicetest.Integer(4)},
			{Name: "negative_prompt", Hidden: proto.Bool(true)},
		},
		Order: []string{"steps"},
	})
	if err != nil {
		t.Fatal(err)
	}
	w = changed.Workflow
	if w.Summary.Title != "Foxes" || w.Summary.Version == first || w.Inputs[0].Label != "Quality" || w.Inputs[0].GetInteger().GetMax() != 8 ||
		w.Inputs[0].GetInteger().GetDefault() != 4 || inputOf(w, "negative_prompt").Name != "" || w.Summary.Thumbnail == "" {
		t.Errorf("changed: %v", w)
	}
	if in := inputOf(root.workflow(id, true), "negative_prompt"); !in.Hidden || len(in.Targets) != 1 {
		t.Errorf("hidden: %v", in)
	}
	picture, err := root.HTTP.Get(s.url + w.Summary.Thumbnail)
	if err != nil {
		t.Fatal(err)
	}
	head, _ := io.ReadAll(picture.Body)
	_ = picture.Body.Close()
	if picture.StatusCode != http.StatusOK || http.DetectContentType(head) != "image/jpeg" {
		t.Errorf("picture: %s", picture.Status)
	}
	_, err = user.BookJob(t.Context(), book)
	if info := reasonOf(t, err); info.Reason != pb.ErrorReason_ERROR_REASON_STALE_WORKFLOW || len(info.Fields) != 2 {
		t.Errorf("by the form of before: %v", err)
	}
	old := &pb.GetWorkflowRequest{WorkflowId: id, Version: first}
	if _, err := user.Workflows.GetWorkflow(t.Context(), old); reasonOf(t, err).Reason != pb.ErrorReason_ERROR_REASON_STALE_WORKFLOW {
		t.Errorf("the form of before, when the current one is wanted: %v", err)
	}
	old.AnyVersion = true
	before, err := user.Workflows.GetWorkflow(t.Context(), old)
	if w := before.GetWorkflow(); err != nil || w.Summary.Version != first || w.Summary.Bookable || inputOf(w, "negative_prompt").Label == "" {
		t.Errorf("the form of before: %v (%v)", w, err)
	}
	old.Version = "of yesterday"
	if _, err := user.Workflows.GetWorkflow(t.Context(), old); connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("a form that never was: %v", err)
	}
	late := &pb.UpdateWorkflowRequest{WorkflowId: id, Version: first, Title: proto.String("Late")}
	if _, err := root.Workflows.UpdateWorkflow(t.Context(), late); connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("changed by a look at the form of before: %v", err)
	}
	found, err := user.Workflows.ListWorkflows(t.Context(), &pb.ListWorkflowsRequest{Query: "ANIMALS foxes"})
	if err != nil || len(found.Workflows) != 1 || found.Workflows[0].Id != id {
		t.Errorf("found: %v (%v)", found, err)
	}

	// It is switched off, and deleted; what was booked runs, and its history stays.
	waiting, err := user.BookJob(t.Context(), bookingOf(id, servicetest.Prompt("a hare")))
	if err != nil {
		t.Fatal(err)
	}
	off := &pb.UpdateWorkflowRequest{WorkflowId: id, Disabled: proto.Bool(true)}
	if _, err := root.Workflows.UpdateWorkflow(t.Context(), off); err != nil {
		t.Fatal(err)
	}
	_, err = user.BookJob(t.Context(), bookingOf(id, servicetest.Prompt("an owl")))
	if reasonOf(t, err).Reason != pb.ErrorReason_ERROR_REASON_NOT_BOOKABLE {
		t.Errorf("booked while it is switched off: %v", err)
	}
	gone := &pb.DeleteWorkflowRequest{WorkflowId: id}
	if _, err := user.Workflows.DeleteWorkflow(t.Context(), gone); connect.CodeOf(err) != connect.CodePermissionDenied {
		t.Errorf("deleted by a user: %v", err)
	}
	if _, err := root.Workflows.DeleteWorkflow(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if _, err := user.Workflows.GetWorkflow(t.Context(), &pb.GetWorkflowRequest{WorkflowId: id}); connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("after its end: %v", err)
	}
	if done := user.untilEnded(waiting.Job.Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.Inputs["steps"].GetInteger() != 4 {
		t.Errorf("what was booked ran as %v", done)
	}
	events, err := root.Admin.ListAuditEvents(t.Context(), &pb.ListAuditEventsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[pb.AuditAction]int{}
	for _, e := range events.Events {
		seen[e.Action]++
	}
	if seen[pb.AuditAction_AUDIT_ACTION_IMPORT_WORKFLOW] != 1 || seen[pb.AuditAction_AUDIT_ACTION_UPDATE_WORKFLOW] != 2 ||
		seen[pb.AuditAction_AUDIT_ACTION_DELETE_WORKFLOW] != 1 {
		t.Errorf("who did what: %v", seen)
	}
}

func TestAFileThatIsNoWorkflowIsRefusedWithWords(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	root := s.administrator()
	_, err := root.Workflows.ImportWorkflow(t.Context(), &pb.ImportWorkflowRequest{
		Source: &pb.ImportWorkflowRequest_Content{Content: []byte(`{"3": {"class_type": "X", "inputs": {"a": ["4", 0]}}}`)},
	})
	info := reasonOf(t, err)
	if info.Reason != pb.ErrorReason_ERROR_REASON_WORKFLOW_REFUSED || len(info.Fields) != 1 || info.Fields[0].Field != "3" {
		t.Errorf("got %v (%v)", info, err)
	}
	_, err = root.Workflows.ImportWorkflow(t.Context(), &pb.ImportWorkflowRequest{
		Source:   &pb.ImportWorkflowRequest_Content{Content: example(t, "upscale.json")},
		WorkerId: "gpu",
	})
	info = reasonOf(t, err)
	if connect.CodeOf(err) != connect.CodeInvalidArgument || len(info.Fields) != 1 || info.Fields[0].Field != "worker_id" {
		t.Errorf("a file for one worker: got %v (%v)", info, err)
	}
}

// Files come and go in the watched folder while the service runs.
func TestTheFolderOfWorkflows(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	folder := filepath.Join(s.Folder, "workflows")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("upscale.json", example(t, "upscale.json"))
	put("upscale.form.json", example(t, "upscale.form.json"))
	s.start()
	user := s.signIn()
	told := func(id string) *pb.WorkflowSummary {
		state, err := user.GetState(t.Context(), &pb.GetStateRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range state.Status.Workflows {
			if w.Id == id {
				return w
			}
		}
		return nil
	}
	s.eventually("what is there is offered", func() bool { return told("upscale").GetBookable() })
	w := user.workflow("upscale", false)
	if w.Summary.Title != "Upscale" || inputOf(w, "prompt").Name != "" || w.Summary.Source != pb.WorkflowSource_WORKFLOW_SOURCE_FOLDER {
		t.Errorf("offered: %v", w)
	}
	booked, err := user.BookJob(t.Context(), bookingOf("upscale", nil))
	if err != nil {
		t.Fatalf("one that needs no words: %v", err)
	}
	if done := user.untilEnded(booked.Job.Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.Prompt != "" || done.Seed != nil {
		t.Errorf("ran as %v", done)
	}

	put("sound.json", example(t, "sound.json"))
	s.eventually("a new file is offered", func() bool { return told("sound").GetBookable() })
	before := told("sound").Version
	put("sound.form.json", []byte(`{"title": "Noise", "inputs": [{"name": "seed", "hidden": true}]}`))
	s.eventually("its side file is taken in", func() bool { return told("sound").GetTitle() == "Noise" && told("sound").Version != before })
	put("sound.json", []byte("{"))
	if _, err := user.BookJob(t.Context(), bookingOf("sound", servicetest.Prompt("rain"))); err != nil {
		t.Errorf("while its file is half written: %v", err)
	}
	if err := os.Remove(filepath.Join(folder, "sound.json")); err != nil {
		t.Fatal(err)
	}
	s.eventually("it is gone with its file", func() bool { return told("sound") == nil })
}

// A workflow without words and without a seed can be the first one, found out by itself.
func TestTheFirstWorkflowMayHaveNeitherPromptNorSeed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	file := filepath.Join(s.Folder, "plain_api.json")
	plain := `{"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "plain"}}}`
	if err := os.WriteFile(file, []byte(plain), 0o644); err != nil {
		t.Fatal(err)
	}
	s.Config["workflow"] = map[string]any{"template_file": file}
	s.start()
	user := s.signIn()
	s.eventually("it can be booked", func() bool { return user.workflow("", false).Summary.Version != "" })
	booked, err := user.BookJob(t.Context(), bookingOf("", nil))
	if err != nil {
		t.Fatal(err)
	}
	if done := user.untilEnded(booked.Job.Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.Seed != nil || done.Prompt != "" {
		t.Errorf("ran as %v", done)
	}
}

// Where nothing at all can be run the service is up, says why of each workflow, and takes no bookings.
func TestWhereNoWorkflowCanRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	folder := filepath.Join(s.Folder, "workflows")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, class := range map[string]string{"first_api.json": "Brush", "workflows/second.json": "Chisel"} {
		text := fmt.Sprintf(`{"1": {"class_type": %q, "inputs": {}}, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}`, class)
		if err := os.WriteFile(filepath.Join(s.Folder, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.Config["workflow"] = map[string]any{"template_file": filepath.Join(s.Folder, "first_api.json")}
	s.Config["workflows"] = map[string]any{"folder": folder}
	s.start()
	user := s.signIn()
	for id, class := range map[string]string{"first": "Brush", "second": "Chisel"} {
		s.eventually("each is told with its reason", func() bool {
			w := user.workflow(id, false).GetSummary()
			return !w.GetBookable() && strings.Contains(fmt.Sprint(w.GetProblems()), "("+class+") is of a class that this ComfyUI does not have")
		})
		_, err := user.BookJob(t.Context(), bookingOf(id, nil))
		if connect.CodeOf(err) != connect.CodeFailedPrecondition || !strings.Contains(err.Error(), class) {
			t.Errorf("%s was booked: %v", id, err)
		}
	}
	state, err := user.GetState(t.Context(), &pb.GetStateRequest{})
	if err != nil || state.GetStatus().GetSystem().GetWorkers()[0].GetStatus() != pb.WorkerStatus_WORKER_STATUS_READY {
		t.Errorf("the service is %v (%v)", state.GetStatus().GetSystem(), err)
	}
}
