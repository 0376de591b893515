package rpc

import (
	"errors"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// sent is the detail of an error as it goes over the wire, the only one.
func sent(t *testing.T, err error) *pb.ErrorInfo {
	t.Helper()
	failed, is := errors.AsType[*connect.Error](err)
	if !is || len(failed.Details()) != 1 {
		t.Fatalf("%v is not sent with one detail", err)
	}
	value, err := failed.Details()[0].Value()
	if err != nil {
		t.Fatal(err)
	}
	info, is := value.(*pb.ErrorInfo)
	if !is {
		t.Fatalf("the detail is %v", value)
	}
	return info
}

func TestBrokenRulesNameTheirFields(t *testing.T) {
	rules, err := newRules()
	if err != nil {
		t.Fatal(err)
	}
	for want, request := range map[string]proto.Message{
		"start":             &pb.BookJobRequest{},
		"earliest_start_ms": &pb.BookJobRequest{Start: &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: 1 << 60}},
		`inputs["a"].text`:  bookingWith("a", &pb.InputValue{Value: &pb.InputValue_Text{Text: "a\x00b"}}),
		`inputs["a"].value`: bookingWith("a", &pb.InputValue{}),
		"window":            &pb.ListJobsRequest{Window: &pb.TimeSlot{StartMs: 2, EndMs: 1}},
		"name":              &pb.UpdateMeRequest{Name: " Ada"},
		"id_suffix":         &pb.ListJobsRequest{IdSuffix: "xyz"},
		"worker_id":         &pb.GetWorkerRequest{},
	} {
		info := sent(t, rules.check(request))
		if len(info.Fields) != 1 || info.Fields[0].Field != want || info.Fields[0].Rule == "" || info.Fields[0].Message == "" {
			t.Errorf("%s: got %v", want, info)
		}
	}
	if err := rules.check(bookingWith("a", &pb.InputValue{Value: &pb.InputValue_Text{Text: "two\r\nlines"}})); err != nil {
		t.Error(err)
	}
}

func bookingWith(name string, value *pb.InputValue) *pb.BookJobRequest {
	return &pb.BookJobRequest{Start: &pb.BookJobRequest_StartMs{StartMs: 1}, Inputs: map[string]*pb.InputValue{name: value}}
}
