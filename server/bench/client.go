package main

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// book is one call of a client.
type book func(ctx context.Context, r *pb.BookJobRequest) error

// spacing is the distance between two bookings of the load, in milliseconds: more than any slot here is long.
const spacing = 20_000

var booked atomic.Int64

// request is a booking that nothing is in the way of.
func request(prompt string) *pb.BookJobRequest {
	start := time.Now().Add(24*time.Hour).UnixMilli() + booked.Add(1)*spacing
	return &pb.BookJobRequest{
		RequestId: uuid.NewString(),
		Start:     &pb.BookJobRequest_StartMs{StartMs: start},
		Inputs:    servicetest.Prompt(prompt),
	}
}

const fox = "a red fox in the snow, watercolour"

func signIn(ctx context.Context, url string) (string, error) {
	client := servicetest.Dial(url, servicetest.HTTP1())
	err := client.SignIn(ctx, &pb.SignInRequest{})
	return client.Token, err
}

// scheduler speaks Connect over HTTP/1.1, as browsers do.
func scheduler(url, token string) *servicetest.Client {
	client := servicetest.Dial(url, servicetest.HTTP1())
	client.Token = token
	return client
}

func bookByConnect(url, token string) book {
	client := scheduler(url, token)
	return func(ctx context.Context, r *pb.BookJobRequest) error {
		_, err := client.BookJob(ctx, r)
		return err
	}
}

func bookByGRPC(url, token string) (book, error) {
	connection, err := grpc.NewClient(strings.TrimPrefix(url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	client := pb.NewSchedulerServiceClient(connection)
	return func(ctx context.Context, r *pb.BookJobRequest) error {
		_, err := client.BookJob(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), r)
		return err
	}, nil
}
