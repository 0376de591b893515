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
	found := v.form()
	if in := found["steps"].GetInteger(); in.GetMin() != 1 || in.GetMax() != 500 || in.GetDefault() != 10 {
		t.Errorf("steps: %v", found["steps"])
	}
	if in := found["seconds"].GetNumber(); in.GetMax() != 600 || in.GetDefault() != 1 {
		t.Errorf("seconds: %v", found["seconds"])
	}
	if in := found["outcome"].GetChoice(); strings.Join(in.GetChoices(), " ") != "paint fail refuse hang" {
		t.Errorf("outcome: %v", found["outcome"])
	}
	if in := found["caption"].GetText(); in.GetDefault() != "none" {
		t.Errorf("caption: %v", found["caption"])
	}
	if in := found["inverted"].GetBoolean(); in == nil || in.GetDefault() {
		t.Errorf("inverted: %v", found["inverted"])
	}
	// It goes to two fields, and takes what both of them take.
	if in := found["size"].GetInteger(); in.GetMin() != 32 || in.GetMax() != 512 || in.GetDefault() != 64 {
		t.Errorf("size: %v", found["size"])
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
	says(t, err.Error(), "steps", "from 1 to 500", "outcome", "paint, fail, refuse, hang", "seconds", "inverted", "size", "frame")
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
