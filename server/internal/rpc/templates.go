package rpc

import (
	"context"
	"net/url"
	"strings"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/templates"
)

// TemplatePictures is the path of the pictures of templates; the worker and the template's name follow.
const TemplatePictures = "/templates/"

// ListTemplates reads what a ComfyUI offers on its own page.
func (s workflowService) ListTemplates(ctx context.Context, r *pb.ListTemplatesRequest) (*pb.ListTemplatesResponse, error) {
	all, worker, err := s.Templates.List(ctx, r.WorkerId)
	if err != nil {
		return nil, err
	}
	var wanted []templates.Template
	for _, t := range all {
		if t.Matches(r.Query) {
			wanted = append(wanted, t)
		}
	}
	shown, next, err := pageOfAll(r, wanted,
		func(t templates.Template) *pb.Template { return templateToProto(t, worker) },
		func(t templates.Template) string { return t.Name })
	return &pb.ListTemplatesResponse{Templates: shown, NextPageToken: next}, err
}

func templateToProto(t templates.Template, worker string) *pb.Template {
	out := &pb.Template{
		Name:        t.Name,
		Title:       t.Title,
		Description: t.Description,
		Category:    t.Category,
		Tags:        t.Tags,
		Pack:        t.Pack,
		Paid:        t.Paid,
	}
	if t.HasPicture() {
		out.Thumbnail = TemplatePictures + url.PathEscape(worker) + "/" + escapePath(t.Name)
	}
	return out
}

// escapePath makes a name fit for a path, folder by folder.
func escapePath(name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
