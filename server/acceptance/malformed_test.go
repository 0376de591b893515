//go:build linux

package acceptance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// wireError is an error as it goes over the wire in Connect's own format.
type wireError struct {
	Code    string
	Message string
	Details []struct {
		Type  string
		Debug struct{ Reason string }
	}
}

// reason is that of the error's ErrorInfo.
func (e wireError) reason() string {
	for _, d := range e.Details {
		if d.Type == "comfyscheduler.v1.ErrorInfo" {
			return strings.TrimPrefix(d.Debug.Reason, "ERROR_REASON_")
		}
	}
	return ""
}

// errorOf reads an error from an answer, or from the end of a stream.
func errorOf(answer []byte) (e wireError) {
	var ended struct{ Error wireError }
	if json.Unmarshal(answer, &ended) == nil && ended.Error.Code != "" {
		return ended.Error
	}
	_ = json.Unmarshal(answer, &e) // what is no error has no code
	return e
}

// send makes a plain request as the administrator.
func (s *site) send(method, path, kind string, body []byte) (status int, header http.Header, answer []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Authorization", "Bearer "+s.administrator().Token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if answer, err = io.ReadAll(response.Body); err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, response.Header, answer
}

// readsOnly reports whether a procedure can be called with GET.
func readsOnly(t *testing.T, name string) bool {
	t.Helper()
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName("comfyscheduler.v1." + strings.ReplaceAll(name, "/",
		".")))
	if err != nil {
		t.Fatal(err)
	}
	return found.Options().(*descriptorpb.MethodOptions).GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS
}

// TestUnknownFieldsAreRefusedEverywhere holds that a misspelt field of a JSON request is a mistake in every call, by POST
// and by GET.
func TestUnknownFieldsAreRefusedEverywhere(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	for _, name := range procedures() {
		path, request := "/comfyscheduler.v1."+name, []byte(`{"nonsense": 1}`)
		answers := map[string][]byte{}
		if strings.HasSuffix(name, "/WatchState") {
			_, _, answer := s.send(http.MethodPost, path, "application/connect+json", append([]byte{0, 0, 0, 0, byte(len(request))}, request...))
			answers["stream"] = answer[5:]
		} else {
			_, _, answers["POST"] = s.send(http.MethodPost, path, "application/json", request)
			_, _, answers["charset"] = s.send(http.MethodPost, path, "application/json; charset=utf-8", request)
		}
		if readsOnly(t, name) {
			_, _, answers["GET"] = s.send(http.MethodGet, path+"?encoding=json&message="+url.QueryEscape(string(request)), "", nil)
		}
		for how, answer := range answers {
			e := errorOf(answer)
			if e.Code != "invalid_argument" || e.reason() != "MALFORMED" || !strings.Contains(e.Message, `unknown field "nonsense"`) {
				t.Errorf("%s by %s: %s", name, how, answer)
			}
		}
	}
}

func TestMalformedRequestsAreExplained(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	for name, tc := range map[string]struct{ call, request, want string }{
		"an unknown enum name": {"ListJobs", `{"statuses": ["NOPE"]}`, `"NOPE"; known are JOB_STATUS_SCHEDULED, JOB_STATUS_PROCESSING`},
		"an unknown order":     {"ListJobs", `{"order": "X"}`, `order: line 1, column 11: invalid value for enum field order: "X"`},
		"a misspelt field":     {"BookJob", `{"input": {}, "earliestStartMs": 0}`, `unknown field "input"; known are requestId`},
		"a value of the wrong type": {
			"BookJob", "{\n \"startMs\": \"abc\"}",
			`startMs: line 2, column 13: invalid value for int64 field startMs: "abc"`,
		},
		"a bare value": {
			"BookJob", `{"inputs": {"steps": 4}}`,
			`inputs.steps: line 1, column 22: unexpected token 4; ` +
				`an object with one or more of these stands here: integer, number, text, boolean`,
		},
		"an unknown field in a list": {
			"ListJobs", `{"window": {"strat": 1}}`,
			`window.strat: line 1, column 13: unknown field "strat"; known are startMs, endMs`,
		},
		"two starts": {"BookJob", `{"startMs": 1, "earliestStartMs": 2}`, "start is already set"},
		"no JSON":    {"BookJob", `prompt=a fox`, "is not the JSON that the call takes"},
		"half of it": {"BookJob", `{"workerId": "gpu"`, "unexpected"},
		"nothing":    {"BookJob", ``, "the request is empty"},
	} {
		status, _, answer := s.send(http.MethodPost, "/comfyscheduler.v1.SchedulerService/"+tc.call, "application/json", []byte(tc.request))
		e := errorOf(answer)
		if status != http.StatusBadRequest || e.reason() != "MALFORMED" || !strings.Contains(e.Message, tc.want) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
		for _, foreign := range []string{"*comfyschedulerv1", "unmarshal", "proto:"} {
			if strings.Contains(e.Message, foreign) {
				t.Errorf("%s speaks Go: %s", name, e.Message)
			}
		}
	}
	path := "/comfyscheduler.v1.SchedulerService/ListJobs"
	if _, _, answer := s.send(http.MethodGet, path+"?encoding=json&base64=1&message=%21", "", nil); errorOf(answer).reason() != "MALFORMED" {
		t.Errorf("a query that is no base64: %s", answer)
	}
	if _, _, answer := s.send(http.MethodPost, path, "application/proto", []byte{0xff}); errorOf(answer).reason() != "MALFORMED" ||
		!strings.Contains(errorOf(answer).Message, "comfyscheduler.v1.ListJobsRequest") {
		t.Errorf("binary nonsense: %s", answer)
	}
	// Answers stay forward compatible, and binary requests too: a newer client may know more fields.
	if status, _, answer := s.send(http.MethodPost, path, "application/proto", []byte{0x98, 0x3f, 1}); status != http.StatusOK {
		t.Errorf("a field of a newer schema: %d %s", status, answer)
	}
}

func TestRequestsThatAreTooLargeSayByHowMuch(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	for _, option := range []connect.ClientOption{
		connect.WithClientOptions(), connect.WithProtoJSON(), connect.WithGRPC(),
		connect.WithGRPCWeb(), connect.WithSendGzip(),
	} {
		c := s.visitor(option)
		c.Token = s.administrator().Token
		_, err := c.BookJob(t.Context(), nextFree(strings.Repeat("x", 3<<20)))
		if got := infoOf(err).GetReason(); connect.CodeOf(err) != connect.CodeResourceExhausted || got != pb.ErrorReason_ERROR_REASON_TOO_LARGE ||
			!strings.Contains(err.Error(), "2097152") {
			t.Errorf("%v %v", got, err)
		}
	}
}

// infoOf is the ErrorInfo of an error; nil without one.
func infoOf(err error) *pb.ErrorInfo {
	var failed *connect.Error
	if !errors.As(err, &failed) {
		return nil
	}
	for _, d := range failed.Details() {
		value, err := d.Value()
		if info, is := value.(*pb.ErrorInfo); err == nil && is {
			return proto.CloneOf(info)
		}
	}
	return nil
}

// TestEveryErrorHasAReason asks for errors of several kinds in each protocol.
func TestEveryErrorHasAReason(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	for name, option := range map[string]connect.ClientOption{
		"Connect":           connect.WithClientOptions(),
		"Connect with JSON": connect.WithProtoJSON(),
		"gRPC":              connect.WithGRPC(),
		"gRPC-Web":          connect.WithGRPCWeb(),
	} {
		user, nobody := s.signIn(option), s.visitor(option)
		for want, err := range map[pb.ErrorReason]error{
			pb.ErrorReason_ERROR_REASON_UNKNOWN_METHOD: func() error {
				call := connect.NewClient[pb.GetMeRequest, pb.GetMeResponse](user.HTTP, s.url+"/comfyscheduler.v1.IdentityService/Nope", option)
				_, err := call.CallUnary(t.Context(), connect.NewRequest(&pb.GetMeRequest{}))
				return err
			}(),
			pb.ErrorReason_ERROR_REASON_INVALID_FIELDS: func() error { _, err := user.BookJob(t.Context(), &pb.BookJobRequest{}); return err }(),
			pb.ErrorReason_ERROR_REASON_NOT_FOUND: func() error {
				_, err := user.GetJob(t.Context(), &pb.GetJobRequest{JobId: "00000000-0000-0000-0000-000000000000"})
				return err
			}(),
			pb.ErrorReason_ERROR_REASON_NOT_SIGNED_IN: func() error {
				stream, err := nobody.WatchState(t.Context(), &pb.WatchStateRequest{})
				if err == nil && !stream.Receive() {
					err = stream.Err()
				}
				return err
			}(),
			pb.ErrorReason_ERROR_REASON_NOT_ADMINISTRATOR: func() error {
				_,
					err := user.Admin.ListUsers(t.Context(), &pb.ListUsersRequest{})
				return err
			}(),
		} {
			if got := infoOf(err).GetReason(); got != want {
				t.Errorf("%s: %v, want %v: %v", name, got, want, err)
			}
		}
	}
}
