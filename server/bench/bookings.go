package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

// book is one call of a client.
type book func(ctx context.Context, r *pb.BookJobRequest) error

// spacing is the distance between two bookings of the load, in milliseconds: more than any slot here is long.
const spacing = 20_000

var booked atomic.Int64

// request is a booking that nothing is in the way of.
func request() *pb.BookJobRequest {
	start := time.Now().Add(24*time.Hour).UnixMilli() + booked.Add(1)*spacing
	return &pb.BookJobRequest{RequestId: uuid.NewString(), Start: &pb.BookJobRequest_TimeSlot{TimeSlot: start}, Prompt: "a red fox in the snow, watercolour"}
}

// connectClient speaks Connect over HTTP/1.1, as browsers do.
func connectClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, DialContext: (&net.Dialer{}).DialContext}}
}

func signIn(ctx context.Context, url string) (string, error) {
	response, err := comfyschedulerv1connect.NewIdentityServiceClient(http.DefaultClient, url).SignIn(ctx, &pb.SignInRequest{})
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	return response.Token, nil
}

type withToken struct {
	token string
	next  http.RoundTripper
}

func (t withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", "Bearer "+t.token)
	return t.next.RoundTrip(r)
}

func bookByConnect(url, token string) book {
	client := connectClient()
	client.Transport = withToken{token, client.Transport}
	scheduler := comfyschedulerv1connect.NewSchedulerServiceClient(client, url)
	return func(ctx context.Context, r *pb.BookJobRequest) error {
		_, err := scheduler.BookJob(ctx, r)
		return err
	}
}

func bookByGRPC(url, token string) (book, error) {
	connection, err := grpc.NewClient(strings.TrimPrefix(url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	scheduler := pb.NewSchedulerServiceClient(connection)
	return func(ctx context.Context, r *pb.BookJobRequest) error {
		_, err := scheduler.BookJob(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), r)
		return err
	}, nil
}

// rate calls for a while, from several callers, and gives calls a second and how long each took.
func rate(ctx context.Context, callers int, length time.Duration, call book) (float64, durations, error) {
	var mu sync.Mutex
	var all durations
	var failure error
	var group sync.WaitGroup
	began := time.Now()
	for range callers {
		group.Go(func() {
			var own durations
			var err error
			for err == nil && time.Since(began) < length {
				before := time.Now()
				err = call(ctx, request())
				own = append(own, time.Since(before))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
			if err != nil {
				failure = err
			}
		})
	}
	group.Wait()
	return float64(len(all)) / time.Since(began).Seconds(), all, failure
}

func measureBookings(ctx context.Context, o options, service, limit *process, t *table) error {
	token, err := signIn(ctx, service.url)
	if err != nil {
		return err
	}
	ourGRPC, err := bookByGRPC(service.url, token)
	if err != nil {
		return err
	}
	bareGRPC, err := bookByGRPC(limit.url, token)
	if err != nil {
		return err
	}
	for have := 0; have < o.jobs; {
		var group sync.WaitGroup
		for range 16 {
			group.Go(func() { _ = ourGRPC(ctx, request()) }) // a refusal would show in the measurement
		}
		group.Wait()
		have += 16
	}
	for _, protocol := range []struct {
		name       string
		ours, bare book
	}{{"Connect", bookByConnect(service.url, token), bookByConnect(limit.url, token)}, {"gRPC", ourGRPC, bareGRPC}} {
		bareCPU := limit.cpu()
		bareRate, bareTook, err := rate(ctx, o.bookers, o.duration, protocol.bare)
		if err != nil {
			return err
		}
		bareCPU = (limit.cpu() - bareCPU) / time.Duration(len(bareTook))
		ourCPU := service.cpu()
		ourRate, ourTook, err := rate(ctx, o.bookers, o.duration, protocol.ours)
		ourCPU = (service.cpu() - ourCPU) / time.Duration(len(ourTook))
		t.add("CPU per call, µs", fmt.Sprint(ourCPU.Microseconds()), fmt.Sprint(bareCPU.Microseconds()), ratio(float64(ourCPU), float64(bareCPU)))
		if err != nil {
			return err
		}
		t.add(fmt.Sprintf("bookings/s, %s, %d callers, %d jobs present", protocol.name, o.bookers, o.jobs), fmt.Sprintf("%.0f", ourRate), fmt.Sprintf("%.0f", bareRate), ratio(ourRate, bareRate))
		t.add("  p99 of the answer", short(ourTook.quantile(.99)), short(bareTook.quantile(.99)), ratio(float64(ourTook.quantile(.99)), float64(bareTook.quantile(.99))))
	}
	return nil
}
