//go:build linux

package acceptance_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func TestEveryProtocolOnOnePort(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	for name, option := range map[string]connect.ClientOption{
		"Connect":           connect.WithClientOptions(),
		"Connect with JSON": connect.WithProtoJSON(),
		"gRPC":              connect.WithGRPC(),
		"gRPC-Web":          connect.WithGRPCWeb(),
	} {
		t.Run(name, func(t *testing.T) {
			user := s.signIn(option)
			if done := user.untilEnded(user.book(nextFree(name)).Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
				t.Errorf("done: %v", done)
			}
		})
	}
}

// A program that knows the service only by reflection books a slot.
func TestReflection(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	connection, err := grpc.NewClient(strings.TrimPrefix(s.url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if answer, err := grpc_health_v1.NewHealthClient(connection).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{}); err != nil ||
		answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("health: %v (%v)", answer, err)
	}
	service := reflected(t, connection, "comfyscheduler.v1.SchedulerService").FindDescriptorByNameOrFail(t,
		"comfyscheduler.v1.SchedulerService").(protoreflect.ServiceDescriptor)
	method := service.Methods().ByName("BookJob")
	request, response := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
	if err := protojson.Unmarshal([]byte(`{"inputs": {"prompt": {"text": "by reflection"}}, "earliestStartMs": 0}`), request); err != nil {
		t.Fatal(err)
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+user.Token)
	if err := connection.Invoke(ctx, "/comfyscheduler.v1.SchedulerService/BookJob", request, response); err != nil {
		t.Fatal(err)
	}
	job := response.Get(method.Output().Fields().ByName("job")).Message()
	if prompt := job.Get(job.Descriptor().Fields().ByName("prompt")).String(); prompt != "by reflection" {
		t.Errorf("prompt %q", prompt)
	}
}

type reflectedFiles struct {
	protodesc.Resolver
}

func (f reflectedFiles) FindDescriptorByNameOrFail(t *testing.T, name protoreflect.FullName) protoreflect.Descriptor {
	t.Helper()
	descriptor, err := f.FindDescriptorByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return descriptor
}

func reflected(t *testing.T, connection *grpc.ClientConn, symbol string) reflectedFiles {
	t.Helper()
	stream, err := grpc_reflection_v1.NewServerReflectionClient(connection).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: symbol},
	}); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	set := &descriptorpb.FileDescriptorSet{}
	for _, encoded := range answer.GetFileDescriptorResponse().GetFileDescriptorProto() {
		file := &descriptorpb.FileDescriptorProto{}
		if err := proto.Unmarshal(encoded, file); err != nil {
			t.Fatal(err)
		}
		set.File = append(set.File, file)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		t.Fatal(err)
	}
	return reflectedFiles{files}
}

// What curl can do.
func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	post := func(method, body string) (int, map[string]any) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/comfyscheduler.v1.SchedulerService/"+method,
			strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+user.Token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		var answer map[string]any
		data, err := io.ReadAll(response.Body)
		if err != nil || json.Unmarshal(data, &answer) != nil {
			t.Fatalf("%s (%v)", data, err)
		}
		return response.StatusCode, answer
	}
	code, booked := post("BookJob",
		`{"inputs": {"prompt": {"text": "by curl"}, "seed": {"seed": "18446744073709551615"}}, "earliestStartMs": "0"}`)
	job, _ := booked["job"].(map[string]any)
	if code != http.StatusOK || job["seed"] != "18446744073709551615" {
		t.Errorf("booked: %d %v", code, booked)
	}
	if code, refused := post("BookJob", `{"inputs": {"prompt": {"text": ""}}, "earliestStartMs": 0}`); code != http.StatusBadRequest ||
		refused["code"] != "invalid_argument" {
		t.Errorf("refused: %d %v", code, refused)
	}
	if response, body := s.get("/healthz"); response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"status":"ready"`)) {
		t.Errorf("health: %s %s", response.Status, body)
	}
	for path, want := range map[string]int{
		"/images/":                          http.StatusNotFound,
		"/images/none.png":                  http.StatusNotFound,
		"/images/../bookings.db":            http.StatusNotFound,
		"/images/..%2f..%2fbookings.db":     http.StatusNotFound,
		"/images/%2e%2e/%2e%2e/admin-token": http.StatusNotFound,
		"/images/%2Fetc%2Fpasswd":           http.StatusNotFound,
		"/images/flux_klein":                http.StatusNotFound,
		"/previews/none":                    http.StatusNotFound,
		"/thumbnails/none.png":              http.StatusNotFound,
		"/assets/none.js":                   http.StatusNotFound,
	} {
		if response, body := s.get(path); response.StatusCode != want {
			t.Errorf("%s: %s %.80s", path, response.Status, body)
		}
	}
}

func TestBrowserSignsInByCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	response, err := http.Post(s.url+"/comfyscheduler.v1.IdentityService/SignIn", "application/json",
		strings.NewReader(`{"delivery": "TOKEN_DELIVERY_COOKIE"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || bytes.Contains(body, []byte("cfs_")) {
		t.Errorf("the answer holds the token: %s (%v)", body, err)
	}
	cookies := response.Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
		t.Fatalf("cookies: %v", cookies)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/comfyscheduler.v1.IdentityService/GetMe",
		strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.AddCookie(cookies[0])
	me, err := http.DefaultClient.Do(request)
	if err != nil || me.StatusCode != http.StatusOK {
		t.Errorf("recognised: %v (%v)", me, err)
	}
}
