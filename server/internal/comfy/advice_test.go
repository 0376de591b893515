package comfy_test

import "testing"

// What a library says of a seed that is too large for it names the limit that the form should have.
func TestASeedBeyondALibrarysLimitIsAdvised(t *testing.T) {
	o := judge(t, `{"outputs": {}, "status": {"status_str": "error", "messages": [["execution_error",
		{"node_id": "4", "node_type": "Noise", "exception_message": "Seed must be between 0 and 2**32 - 1"}]]}}`)
	want := "Seed must be between 0 and 2**32 - 1; set the largest value of the seed to 4294967295 in the workflow's form"
	if o.Error == nil || o.Error.Message != want {
		t.Errorf("%+v", o.Error)
	}
}
