package measure_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Services before kept the benchmark with the bookings: one of theirs is taken over.
func TestBenchmarkOfAnEarlierService(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	first := r.Boot()
	first.Leave()
	file := filepath.Join(r.Dir, "data", "comfyui-gpu-benchmark.json")
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Store.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		return tx.PutRecord(ctx, "worker/gpu/benchmark", kept)
	}); err != nil {
		t.Fatal(err)
	}
	if w := r.Boot(); w.Step("benchmark").Outcome != health.Skipped || w.Benchmark() != first.Benchmark() {
		t.Errorf("benchmark: %+v, %d ms; before %d ms", w.Step("benchmark"), w.Benchmark(), first.Benchmark())
	}
}

// A damaged one counts as none.
func TestDamagedBenchmark(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	file := filepath.Join(r.Dir, "data", "comfyui-gpu-benchmark.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`{"benchmark_ms": `), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := r.Boot(); w.Step("benchmark").Outcome != health.Done {
		t.Errorf("benchmark: %+v", w.Step("benchmark"))
	}
}
