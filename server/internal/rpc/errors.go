package rpc

import "github.com/comfyscheduler/comfyscheduler/server/internal/fault"

var (
	errNotAdministrator = fault.New(fault.NotAdministrator, "only administrators may do this")
	errStopping         = fault.New(fault.Stopping, "the service is stopping: try again when it is back")
)
