package servertest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/config"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// WithUploads is WithWorkflows on a real port, where POST /uploads is taken too: the first is called "upload-1". uploads gives
// the contents that came.
func WithUploads(t *testing.T, w *Workflows) (f *factory.Factory, terminal Terminal, uploads func() [][]byte) {
	t.Helper()
	calls := grpc.NewServer()
	pb.RegisterWorkflowServiceServer(calls, w)
	var mu sync.Mutex
	var came [][]byte
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc"):
			calls.ServeHTTP(w, r)
		case r.Method == http.MethodPost && r.URL.Path == "/uploads" && r.Header.Get("Authorization") == "Bearer secret":
			content, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			came = append(came, content)
			fmt.Fprintf(w, `{"id":"upload-%d"}`, len(came))
		default:
			http.NotFound(w, r)
		}
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	addr, err := config.ParseAddress(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	f, terminal = connect(t, addr)
	return f, terminal, func() [][]byte {
		mu.Lock()
		defer mu.Unlock()
		return came
	}
}
