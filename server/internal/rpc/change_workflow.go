package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strconv"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/edits"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// ImportWorkflow takes a file in, or a template of a ComfyUI.
func (s workflowService) ImportWorkflow(ctx context.Context, r *pb.ImportWorkflowRequest) (*pb.ImportWorkflowResponse, error) {
	by := caller(ctx).Actor
	if _, isTemplate := r.Source.(*pb.ImportWorkflowRequest_Template); r.WorkerId != "" && !isTemplate {
		return nil, fault.Invalid("worker_id", "goes with a template only: a file is held against every worker, and converted for each with the "+
			"node classes of its ComfyUI")
	}
	wanted := library.Import{Filename: r.Filename, Title: r.Title, ID: r.WorkflowId, CheckOnly: r.CheckOnly}
	switch source := r.Source.(type) {
	case *pb.ImportWorkflowRequest_Content:
		wanted.File = bytes.NewReader(source.Content)
	case *pb.ImportWorkflowRequest_UploadId:
		file, err := s.Assets.Open(ctx, by.User, source.UploadId)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		wanted.File = io.Reader(file)
	case *pb.ImportWorkflowRequest_Template:
		data, _, err := s.Templates.File(ctx, r.WorkerId, source.Template)
		if err != nil {
			return nil, err
		}
		wanted.File = bytes.NewReader(data)
		if wanted.Filename == "" {
			wanted.Filename = path.Base(source.Template) + ".json"
		}
	}
	found, known, err := s.Library.Import(ctx, by, wanted)
	if err != nil {
		return nil, err
	}
	shown, err := s.shown(ctx, found, false)
	return &pb.ImportWorkflowResponse{Workflow: shown, Notes: found.Notes, Known: known}, err
}

// UpdateWorkflow changes how a workflow is offered.
func (s workflowService) UpdateWorkflow(ctx context.Context, r *pb.UpdateWorkflowRequest) (*pb.UpdateWorkflowResponse, error) {
	change := library.Change{
		Version: r.Version,
		Change: edits.Change{
			Title:       r.Title,
			Description: r.Description,
			Disabled:    r.Disabled,
			MainOutput:  r.MainOutputNodeId,
			Inputs:      each(r.Inputs, inputEditFromProto),
			Order:       r.Order,
			Reset:       r.ResetForm,
		},
	}
	if r.Tags != nil {
		change.Tags = &r.Tags.Tags
	}
	if r.ThumbnailJobId != nil {
		picture, err := s.pictureOf(ctx, canonical(*r.ThumbnailJobId), r.WorkflowId)
		if err != nil {
			return nil, err
		}
		change.Picture = &picture
	}
	if err := s.Library.Change(ctx, caller(ctx).Actor, r.WorkflowId, change); err != nil {
		return nil, err
	}
	found, err := s.Library.Detail(r.WorkflowId)
	if err != nil {
		return nil, err
	}
	shown, err := s.shown(ctx, found, false)
	return &pb.UpdateWorkflowResponse{Workflow: shown}, err
}

// DeleteWorkflow deletes a workflow that was imported.
func (s workflowService) DeleteWorkflow(ctx context.Context, r *pb.DeleteWorkflowRequest) (*pb.DeleteWorkflowResponse, error) {
	return &pb.DeleteWorkflowResponse{}, s.Library.Delete(ctx, caller(ctx).Actor, r.WorkflowId)
}

// pictureOf makes the picture of a workflow of what a job of it has made; nil for no job.
func (s workflowService) pictureOf(ctx context.Context, jobID, id string) ([]byte, error) {
	if jobID == "" {
		return nil, nil
	}
	j, err := s.Store.Job(ctx, jobID)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !s.Presenter.Policy.SeesJobsOf(viewer(ctx), j.UserID):
		return nil, fault.NoSuch("job", jobID)
	case err != nil:
		return nil, err
	case j.Workflow != id || j.Status != job.Completed || j.ResultFilename() == "":
		return nil, fault.Invalid("thumbnail_job_id", "must be a job of this workflow that has made a picture")
	}
	picture, err := s.Shrink(ctx, j.ResultFilename())
	if err != nil {
		return nil, fault.Invalid("thumbnail_job_id", "its picture cannot be used: "+err.Error())
	}
	return picture, nil
}

func inputEditFromProto(e *pb.InputEdit) edits.InputChange {
	change := edits.InputChange{
		Name:     e.Name,
		Label:    e.Label,
		Help:     e.Help,
		Hidden:   e.Hidden,
		Optional: e.Optional,
		Min:      (*json.Number)(e.Min),
		Max:      (*json.Number)(e.Max),
		Default:  defaultFromProto(e.Default),
		Reset:    e.Reset_,
	}
	if e.Role != nil {
		role := form.Role("")
		if known := values(inputRoles, []pb.InputRole{*e.Role}); len(known) > 0 {
			role = known[0]
		}
		change.Role = &role
	}
	if e.Choices != nil {
		change.Choices = &e.Choices.Choices
	}
	return change
}

// defaultFromProto is a default as forms keep it; nil: none is given.
func defaultFromProto(v *pb.InputValue) any {
	switch v := v.GetValue().(type) {
	case *pb.InputValue_Integer:
		return json.Number(strconv.FormatInt(v.Integer, 10))
	case *pb.InputValue_Number:
		return json.Number(strconv.FormatFloat(v.Number, 'g', -1, 64))
	case *pb.InputValue_Seed:
		return json.Number(strconv.FormatUint(v.Seed, 10))
	case *pb.InputValue_Text:
		return v.Text
	case *pb.InputValue_Boolean:
		return v.Boolean
	case *pb.InputValue_File:
		return v.File.GetInputFile() // an asset is somebody's: it can be no default
	}
	return nil
}
