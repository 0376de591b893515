package rpc

import (
	"net/http"

	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// plainError answers a path beside the calls with an error. What is no refusal goes to the log.
func (s *Server) plainError(w http.ResponseWriter, r *http.Request, err error) {
	if _, refused := fault.Of(err); !refused {
		err = apierror.Translate(r.Context(), s.Log, r.URL.Path, err)
	}
	apierror.Write(w, r, err)
}

// errPrivate refuses a file of a job that the viewer may not see.
var errPrivate = fault.New(fault.Private, "it is for its owner and for administrators")
