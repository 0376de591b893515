package rpc

import "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"

// assetService has no call that works yet.
type assetService struct {
	comfyschedulerv1connect.UnimplementedAssetServiceHandler
}
