package rpc

import (
	"context"
	"net/http"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/assets"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// assetService keeps files that jobs take.
type assetService struct{ *Server }

// ListAssets reads the caller's own, a page at a time.
func (s assetService) ListAssets(ctx context.Context, r *pb.ListAssetsRequest) (*pb.ListAssetsResponse, error) {
	me := caller(ctx).User
	var kinds []string
	for _, kind := range values(fileKinds, r.Kinds) {
		if kind == form.Mask {
			kind = form.Image
		}
		kinds = append(kinds, string(kind))
	}
	after, err := pageAfter(r)
	if err != nil {
		return nil, err
	}
	found, err := s.Store.OwnedAssets(ctx, me.ID, kinds, after, pageSize(r)+1)
	if err != nil {
		return nil, err
	}
	used, err := s.Store.AssetBytes(ctx, me.ID)
	if err != nil {
		return nil, err
	}
	out := &pb.ListAssetsResponse{UsedBytes: used, QuotaBytes: s.Assets.Limits.Quota, MaxFileBytes: s.Assets.Limits.MaxBytes}
	out.Assets, out.NextPageToken = page(r, found, assetToProto, func(a store.OwnedAsset) store.Cursor {
		return store.Cursor{Start: a.UsedAt, ID: a.ID}
	})
	return out, nil
}

// GetAsset reads one that the caller may see.
func (s assetService) GetAsset(ctx context.Context, r *pb.GetAssetRequest) (*pb.GetAssetResponse, error) {
	found, err := s.Assets.Get(ctx, viewer(ctx), r.AssetId)
	if err != nil {
		return nil, err
	}
	return &pb.GetAssetResponse{Asset: assetToProto(found)}, nil
}

// DeleteAsset takes one from the caller.
func (s assetService) DeleteAsset(ctx context.Context, r *pb.DeleteAssetRequest) (*pb.DeleteAssetResponse, error) {
	return &pb.DeleteAssetResponse{}, s.Assets.Delete(ctx, caller(ctx).Actor, r.AssetId)
}

func assetToProto(a store.OwnedAsset) *pb.Asset {
	return &pb.Asset{
		Id:           a.ID,
		Kind:         fileKinds[form.FileKind(a.Kind)],
		MediaType:    a.MediaType,
		SizeBytes:    a.Size,
		Name:         a.Name,
		Width:        int32(a.Width),
		Height:       int32(a.Height),
		DurationMs:   a.Duration,
		Animated:     a.Animated,
		CreatedAtMs:  a.CreatedAt,
		LastUsedAtMs: a.UsedAt,
	}
}

// ForAssets lets those through who may see the asset that the path value "id" names, and names its file as "name".
func (s *Server) ForAssets(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, ok := s.recogniseViewer(w, r)
		if !ok {
			return
		}
		found, err := s.Assets.Get(r.Context(), who.User, r.PathValue("id"))
		if err != nil {
			s.plainError(w, r, err)
			return
		}
		r.SetPathValue("name", assets.FileName(found.Asset))
		s.serveKnown(next, w, r, who)
	})
}
