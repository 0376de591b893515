package rpc

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"

	api "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

// audience decides who may call a procedure.
type audience int

const (
	nobody    audience = iota
	everybody          // as often as people sign in
	anybody            // as often as they like
	signedIn
	administrators
)

// audiences says it for each procedure. One that is missing here is for nobody.
var audiences = map[string]audience{
	api.SchedulerServiceBookJobProcedure:       signedIn,
	api.SchedulerServiceBookSeriesProcedure:    signedIn,
	api.SchedulerServiceCancelSeriesProcedure:  signedIn,
	api.SchedulerServiceGetSeriesProcedure:     signedIn,
	api.SchedulerServiceListSeriesProcedure:    signedIn,
	api.SchedulerServiceCheckBookingProcedure:  signedIn,
	api.SchedulerServiceUpdateJobProcedure:     signedIn,
	api.SchedulerServiceMoveJobProcedure:       signedIn,
	api.SchedulerServiceCancelJobProcedure:     signedIn,
	api.SchedulerServiceGetJobProcedure:        signedIn,
	api.SchedulerServiceListJobsProcedure:      signedIn,
	api.SchedulerServiceListFreeSlotsProcedure: signedIn,
	api.SchedulerServiceGetDayStatsProcedure:   signedIn,
	api.SchedulerServiceListEstimatesProcedure: signedIn,
	api.SchedulerServiceGetStateProcedure:      signedIn,
	api.SchedulerServiceWatchStateProcedure:    signedIn,

	api.WorkflowServiceListWorkflowsProcedure:   signedIn,
	api.WorkflowServiceGetWorkflowProcedure:     signedIn,
	api.WorkflowServiceListTemplatesProcedure:   signedIn,
	api.WorkflowServiceMeasureWorkflowProcedure: administrators,
	api.WorkflowServiceCheckWorkflowProcedure:   signedIn,
	api.WorkflowServiceImportWorkflowProcedure:  signedIn, // whom the policy lets, as the library asks; and so for the following
	api.WorkflowServiceUpdateWorkflowProcedure:  signedIn,
	api.WorkflowServiceDeleteWorkflowProcedure:  signedIn,

	api.WorkerServiceListWorkersProcedure:            signedIn,
	api.WorkerServiceGetWorkerProcedure:              signedIn,
	api.WorkerServicePauseWorkerProcedure:            administrators,
	api.WorkerServiceResumeWorkerProcedure:           administrators,
	api.WorkerServiceTakeWorkerOutOfServiceProcedure: administrators,
	api.WorkerServiceReturnWorkerToServiceProcedure:  administrators,
	api.WorkerServiceRestartWorkerProcedure:          administrators,
	api.WorkerServiceGetWorkerLogProcedure:           administrators,

	api.AssetServiceListAssetsProcedure:            signedIn,
	api.AssetServiceGetAssetProcedure:              signedIn,
	api.AssetServiceDeleteAssetProcedure:           signedIn,
	api.AssetServiceCreateAssetFromResultProcedure: signedIn,

	api.IdentityServiceSignInProcedure:          everybody,
	api.IdentityServiceSignInWithTokenProcedure: everybody,
	api.IdentityServiceSignOutProcedure:         signedIn,
	api.IdentityServiceGetMeProcedure:           signedIn,
	api.IdentityServiceUpdateMeProcedure:        signedIn,
	api.IdentityServiceCreateTokenProcedure:     signedIn,
	api.IdentityServiceListTokensProcedure:      signedIn,
	api.IdentityServiceUpdateTokenProcedure:     signedIn,
	api.IdentityServiceRevokeTokenProcedure:     signedIn,

	api.AdminServiceListUsersProcedure:        administrators,
	api.AdminServiceGetUserProcedure:          administrators,
	api.AdminServiceCreateUserProcedure:       administrators,
	api.AdminServiceUpdateUserProcedure:       administrators,
	api.AdminServiceDeleteUserProcedure:       administrators,
	api.AdminServiceCreateUserTokenProcedure:  administrators,
	api.AdminServiceRevokeUserTokensProcedure: administrators,
	api.AdminServiceCreateInvitationProcedure: administrators,
	api.AdminServiceListInvitationsProcedure:  administrators,
	api.AdminServiceGetInvitationProcedure:    administrators,
	api.AdminServiceRevokeInvitationProcedure: administrators,
	api.AdminServiceListAuditEventsProcedure:  administrators,
}

// audience gives the callers that a procedure has. The schema's own is for whoever may look at all.
func (s *Server) audience(procedure string) audience {
	if !strings.HasPrefix(procedure, "/grpc.reflection.") {
		return audiences[procedure]
	}
	if s.Presenter.NeedsToken() {
		return signedIn
	}
	return anybody
}

// callLimit bounds the time of a call that is no stream. A write that was handed to the store is answered truthfully all
// the same.
const callLimit = 30 * time.Second

// guard lets callers in, keeps a panic from ending more than its call, and translates errors.
type guard struct{ *Server }

// WrapUnary implements connect.Interceptor.
func (g *guard) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (response connect.AnyResponse, err error) {
		ctx, cancel := context.WithTimeout(ctx, callLimit)
		defer cancel()
		procedure := request.Spec().Procedure
		defer func() { err = g.finish(ctx, procedure, recover(), err) }()
		if err := g.acceptable(request.Any()); err != nil {
			return nil, err
		}
		if response, err = next(ctx, request); err != nil {
			return nil, err
		}
		response.Header().Set("Cache-Control", "no-store")
		return response, nil
	}
}

// WrapStreamingHandler implements connect.Interceptor.
func (g *guard) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) (err error) {
		defer func() { err = g.finish(ctx, conn.Spec().Procedure, recover(), err) }()
		setStreamHeaders(conn.ResponseHeader())
		return next(ctx, acceptableConn{conn, g.Server})
	}
}

// WrapStreamingClient implements connect.Interceptor. The service calls nobody.
func (g *guard) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// finish gives the error that a call ends with; cause is what it panicked with.
func (g *guard) finish(ctx context.Context, procedure string, cause any, err error) error {
	if cause != nil {
		err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	}
	err = apierror.Translate(ctx, g.Log, procedure, err)
	if err == nil {
		return nil // not an error with no code
	}
	switch connect.CodeOf(err) {
	case connect.CodePermissionDenied:
		g.Refusals.Note(refusal.NotAllowed, peerAddress(ctx), procedure)
	case connect.CodeUnauthenticated:
		g.Refusals.Note(refusal.WrongToken, peerAddress(ctx), procedure)
	}
	return err
}

// setStreamHeaders keeps proxies from holding a stream back, and caches from keeping it.
func setStreamHeaders(header http.Header) {
	header.Set("X-Accel-Buffering", "no")
	header.Set("Cache-Control", "no-store")
}
