package fitness_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
)

func TestTheNearestIsWhatPeopleMean(t *testing.T) {
	for _, tc := range []struct {
		value, want string
		choices     []string
	}{
		{"euler_a", "euler", []string{"dpmpp_2m", "euler", "heun"}},
		{"Euler", "euler", []string{"heun", "euler"}},
		{"res/flux1-dev-fp8.safetensors", "flux1_dev_fp8.gguf", []string{"flux1-schnell.safetensors", "flux1_dev_fp8.gguf"}},
		{"qwen_3_4b.safetensors", "", []string{"t5xxl_fp16.safetensors", "clip_l.safetensors"}},
		{"anything", "", nil},
		{"", "", []string{"a"}},
	} {
		if got := fitness.Nearest(tc.value, tc.choices); got != tc.want {
			t.Errorf("%q of %q: %q", tc.value, tc.choices, got)
		}
	}
}

func TestTheNearestIsOneOfThem(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		value, choices := rapid.String().Draw(r, "value"), rapid.SliceOf(rapid.String()).Draw(r, "choices")
		if got := fitness.Nearest(value, choices); got != "" && !slices.Contains(choices, got) {
			r.Fatalf("%q", got)
		}
	})
}
