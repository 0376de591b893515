package rpc

import (
	"context"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

func (s schedulerService) GetDayStats(ctx context.Context, r *pb.GetDayStatsRequest) (*pb.GetDayStatsResponse, error) {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil || r.TimeZone == "Local" {
		return nil, fault.Invalid("time_zone", `is not an IANA time zone such as "Europe/Berlin"`)
	}
	now := s.Now().In(zone)
	start := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone).UnixMilli()
	end := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, zone).UnixMilli() - 1
	stats, err := s.Store.DayStats(ctx, start, end)
	if err != nil {
		return nil, err
	}
	return &pb.GetDayStatsResponse{
		Jobs:              stats.Jobs,
		Completed:         stats.Completed,
		Failed:            stats.Failed,
		AverageDurationMs: stats.MeanGeneration,
		BenchmarkMs:       s.Feed.System().BenchmarkMS,
		ActiveUsers:       int64(s.Feed.Presence().Users),
		Day:               &pb.TimeSlot{StartMs: start, EndMs: end},
	}, nil
}
