package servicetest_test

import (
	"context"
	"fmt"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// A client of a service that runs: it becomes a user, books the next free slot, and tells when that is.
func ExampleDial() {
	ctx := context.Background()
	client := servicetest.Dial("http://localhost:3000", servicetest.HTTP1())
	if err := client.SignIn(ctx, &pb.SignInRequest{ClientName: "example"}); err != nil {
		fmt.Println(err)
		return
	}
	booked, err := client.BookJob(ctx, &pb.BookJobRequest{
		Start:  &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: 0},
		Inputs: servicetest.Prompt("a red fox in the snow"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(booked.Job.TimeSlot.StartMs)
}
