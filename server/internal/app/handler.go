package app

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/gate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/rpc"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/webui"
	"github.com/comfyscheduler/comfyscheduler/webclient"
)

// handler is everything that the port serves.
func (a *App) handler() (http.Handler, error) {
	mux := http.NewServeMux()
	if err := a.rpc.Handle(mux); err != nil {
		return nil, err
	}
	mux.Handle("GET /images/{name...}", a.rpc.ForResults(files.Images(a.fleet)))
	thumbnails := func(of files.Source) http.Handler {
		return files.Thumbnails(of, filepath.Join(a.Config.Server.DataDir, "thumbnails"), a.Config.Server.ThumbnailCache<<20)
	}
	mux.Handle("GET /thumbnails/{name...}", a.rpc.ForResults(thumbnails(a.fleet)))
	mux.Handle("GET /inputs/{worker}/{name...}", a.rpc.ForUsers(ofWorker(thumbnails(a.fleet.Inputs()))))
	mux.Handle("GET /results/{job}/{n}", a.rpc.ForJobResults(files.Images(ownResults{a.fleet})))
	mux.HandleFunc("GET /archives/jobs/{job}", a.rpc.ArchiveOfJob)
	mux.HandleFunc("GET /archives/series/{series}", a.rpc.ArchiveOfSeries)
	mux.HandleFunc("GET /archives/mine", a.rpc.ArchiveOfMine)
	mux.Handle("GET /previews/{job}", a.rpc.ForPreviews(files.Previews(a.fleet.Preview)))
	mux.Handle("GET "+rpc.TemplatePictures+"{worker}/{name...}", a.rpc.ForUsers(a.templates.Pictures()))
	mux.Handle("GET "+rpc.WorkflowPictures+"{id}/thumbnail", a.rpc.ForUsers(http.HandlerFunc(a.workflowPicture)))
	mux.HandleFunc("POST /uploads", a.rpc.HandleUpload)
	mux.Handle("GET /uploads/{id}", a.rpc.ForAssets(files.Images(assetFiles{a.assets})))
	mux.Handle("GET /uploads/{id}/thumbnail", a.rpc.ForAssets(thumbnails(assetFiles{a.assets})))
	mux.HandleFunc("GET /healthz", a.health)
	mux.Handle("GET /metrics", a.rpc.ForUsers(a.metrics.Handler()))
	dist, err := fs.Sub(webclient.Dist, "dist")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	mux.Handle("/", webui.Handler(dist))
	c := a.Config.Server
	return gate.New(gate.Config{
		Hosts:     append([]string{c.Host}, c.AllowedHosts...),
		Origins:   c.AllowedOrigins,
		PublicURL: c.PublicURL.URL,
		Proxies:   c.Proxies(),
		Refusals:  a.refusals,
	}, mux)
}

// ofWorker puts the path value "worker" before that of "name".
func ofWorker(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("name", r.PathValue("worker")+"/"+r.PathValue("name"))
		next.ServeHTTP(w, r)
	})
}

// workflowPicture serves the picture of a workflow.
func (a *App) workflowPicture(w http.ResponseWriter, r *http.Request) {
	picture, err := a.library.Picture(r.Context(), r.PathValue("id"))
	kind := http.DetectContentType(picture)
	if err != nil || !strings.HasPrefix(kind, "image/") {
		apierror.Write(w, r, fault.New(fault.NotFound, "there is no such picture").With("what", "path").With("name", r.URL.Path))
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, max-age=86400") // another picture has another address
	_, _ = w.Write(picture)                                   // whoever asked may have gone
}

// health tells whether bookings are taken, and how ComfyUI is. Why is for those who may look.
func (a *App) health(w http.ResponseWriter, r *http.Request) {
	state := a.rpc.Presenter.System(account.User{}, a.catalog.State())
	answer := struct {
		Status string `json:"status"`
		Reason string `json:"reason,omitempty"`
	}{string(state.Status), state.Reason}
	code := http.StatusOK
	if !a.booking.IsOpen() {
		code = http.StatusServiceUnavailable
	}
	switch {
	case a.rpc.IsStopping():
		answer.Status, answer.Reason = "stopping", "the service is stopping"
	case a.store.IsFull():
		answer.Status, answer.Reason = "full", store.ErrFull.Error()
	}
	if !a.rpc.IsKnown(r) {
		answer.Reason = ""
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer) // whoever asked may have gone
}
