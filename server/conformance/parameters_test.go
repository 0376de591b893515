package conformance

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func testParameters(t *testing.T, v *service) {
	found := map[string]*pb.Parameter{}
	for _, p := range v.state().GetWorkflows()[0].GetParameters() {
		found[p.GetName()] = p
	}
	if p := found["steps"]; p.GetKind() != pb.ParameterKind_PARAMETER_KIND_INTEGER || p.GetMin() != 1 || p.GetMax() != 500 ||
		p.GetDefault().GetInteger() != 10 {
		t.Errorf("steps: %v", p)
	}
	if p := found["seconds"]; p.GetKind() != pb.ParameterKind_PARAMETER_KIND_NUMBER || p.GetMax() != 600 || p.GetDefault().GetNumber() != 1 {
		t.Errorf("seconds: %v", p)
	}
	if p := found["outcome"]; p.GetKind() != pb.ParameterKind_PARAMETER_KIND_CHOICE ||
		strings.Join(p.GetChoices(), " ") != "paint fail refuse" {
		t.Errorf("outcome: %v", p)
	}
	if p := found["caption"]; p.GetKind() != pb.ParameterKind_PARAMETER_KIND_TEXT || p.GetDefault().GetText() != "none" {
		t.Errorf("caption: %v", p)
	}
	if p := found["inverted"]; p.GetKind() != pb.ParameterKind_PARAMETER_KIND_BOOLEAN || p.GetDefault().GetBoolean() {
		t.Errorf("inverted: %v", p)
	}
	// It goes to two fields, and takes what both of them take.
	if p := found["size"]; p.GetKind() != pb.ParameterKind_PARAMETER_KIND_INTEGER || p.GetMin() != 32 || p.GetMax() != 512 ||
		p.GetDefault().GetInteger() != 64 {
		t.Errorf("size: %v", p)
	}
	_, err := v.BookJob(t.Context(), booking("out of range", map[string]any{
		"steps":    501,
		"outcome":  "burn",
		"seconds":  -0.5,
		"inverted": "perhaps",
		"size":     520,
		"frame":    1,
	}))
	if err == nil {
		t.Fatal("accepted")
	}
	says(t, err.Error(), "steps", "from 1 to 500", "outcome", "paint, fail, refuse", "seconds", "inverted", "size", "frame")
	t.Log(err)

	values := map[string]any{"steps": 3, "outcome": "paint", "seconds": 0.5, "caption": "a \"cat\"\nin the sun", "inverted": true, "size": 96}
	j := v.end(t, v.book(t, booking("to the letter", values)).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	_, _, picture := v.fetch(t, "/images/"+j.GetResultFilename())
	values["text"], values["seed"], values["border"], values["batch"] = "to the letter", j.GetSeed(), 96, 1
	want, _ := json.Marshal(values)
	if got := paintedWith(t, picture); !jsonEqual(got, want) {
		t.Errorf("painted with %s, want %s", got, want)
	}
}

// paintedWith reads what ComfyUI noted in a picture: the inputs of node 1.
func paintedWith(t *testing.T, picture []byte) []byte {
	t.Helper()
	_, note, found := bytes.Cut(picture, []byte("tEXtprompt\x00"))
	var graph map[string]struct{ Inputs json.RawMessage }
	if err := json.NewDecoder(bytes.NewReader(note)).Decode(&graph); !found || err != nil {
		t.Fatalf("no graph in the picture: %v", err)
	}
	return graph["1"].Inputs
}

// jsonEqual keeps every digit of a number.
func jsonEqual(a, b []byte) bool {
	var values [2]any
	for i, data := range [][]byte{a, b} {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if decoder.Decode(&values[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}
