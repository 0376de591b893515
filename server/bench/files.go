package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

const (
	uploadRate   = 100 << 20 // bytes a second that are handed in beside the measurement
	uploadSize   = 8 << 20   // of each file
	uploadsOnce  = 6         // files at a time: one user may send eight
	picturesRate = 50        // pictures and thumbnails that are looked at in a second
)

// measureFiles runs slots one after the other while files are handed in and pictures are looked at.
func measureFiles(ctx context.Context, r *run) error {
	service, err := newStage(ctx, r)
	if err != nil {
		return err
	}
	defer service.stop()
	client := scheduler(service.url, service.token)
	first, err := client.BookJob(ctx, &pb.BookJobRequest{Start: &pb.BookJobRequest_EarliestStartMs{}, Inputs: smallInputs("to look at")})
	if err != nil {
		return err
	}
	shown, err := awaitEnd(ctx, client, first.Job.Id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var load traffic
	defer load.group.Wait()
	defer cancel()
	load.begin(ctx, client, service.url, shown)
	began := time.Now()
	late, err := oneAfterTheOther(ctx, client, r.slots, apart)
	if err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	if load.failed.Load() > 0 {
		return fmt.Errorf("%d uploads or pictures failed, the last with: %v", load.failed.Load(), load.failure.Load())
	}
	r.table.note(fmt.Sprintf("start after slot, %d slots one after the other, %.0f MB/s handed in, %.0f pictures/s looked at, p50", r.slots,
		float64(load.bytes.Load())/took/1e6, float64(load.pictures.Load())/took), milliseconds, late.quantile(.5), reported)
	r.table.note("... p99", milliseconds, late.quantile(.99), atMost(5))
	return nil
}

// traffic is files that come and go.
type traffic struct {
	group           sync.WaitGroup
	bytes, pictures atomic.Int64
	failed          atomic.Int64
	failure         atomic.Value
}

func (l *traffic) begin(ctx context.Context, by *servicetest.Client, url string, shown *pb.Job) {
	l.every(ctx, time.Second*uploadSize/uploadRate, uploadsOnce, func() error { return l.upload(ctx, by, url) })
	paths := []string{"/results/" + shown.Id + "/0", "/images/" + shown.ResultFilename, "/thumbnails/" + shown.ResultFilename}
	l.every(ctx, time.Second/picturesRate, 2*uploadsOnce, func() error {
		l.pictures.Add(1)
		_, err := ask(ctx, by, http.MethodGet, url+paths[rand.IntN(len(paths))], nil)
		return err
	})
}

// every does something again and again, some at a time: where that is too much it is done as often as can be.
func (l *traffic) every(ctx context.Context, interval time.Duration, atOnce int, do func() error) {
	due := make(chan struct{})
	l.group.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		defer close(due)
		for ctx.Err() == nil {
			<-ticker.C
			select {
			case due <- struct{}{}:
			case <-ctx.Done():
			}
		}
	})
	for range atOnce {
		l.group.Go(func() {
			for range due {
				if err := do(); err != nil && ctx.Err() == nil {
					l.failed.Add(1)
					l.failure.Store(err.Error())
				}
			}
		})
	}
}

// upload hands in a file that nobody has handed in, and deletes it.
func (l *traffic) upload(ctx context.Context, by *servicetest.Client, url string) error {
	content := make([]byte, uploadSize)
	copy(content, "ply\n")
	binary.LittleEndian.PutUint64(content[8:], rand.Uint64())
	answer, err := ask(ctx, by, http.MethodPost, url+"/uploads", content)
	if err != nil {
		return err
	}
	l.bytes.Add(uploadSize)
	var made struct{ ID string }
	if err := json.Unmarshal(answer, &made); err != nil {
		return err
	}
	_, err = by.Assets.DeleteAsset(ctx, &pb.DeleteAssetRequest{AssetId: made.ID})
	return err
}

func ask(ctx context.Context, by *servicetest.Client, method, url string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	answer, err := by.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	said, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %.200s", url, answer.Status, said)
	}
	return said, err
}
