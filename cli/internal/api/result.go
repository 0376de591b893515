package api

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Result opens the file of a job's nth result for reading, when it is still the one that the job wrote; it is the caller's to close.
func (c *Client) Result(ctx context.Context, j *pb.Job, n int) (io.ReadCloser, error) {
	return c.open(ctx, "/results/"+url.PathEscape(j.GetId())+"/"+strconv.Itoa(n))
}

// Archive opens a zip of results by its path on the server; it is the caller's to close. One that breaks off ends with an error.
func (c *Client) Archive(ctx context.Context, path string) (io.ReadCloser, error) {
	return c.open(ctx, path)
}

// ArchiveOfJob is the path of the zip of a job's results.
func ArchiveOfJob(id string) string { return "/archives/jobs/" + url.PathEscape(id) }

// ArchiveOfSeries is that of the results of jobs that were booked together.
func ArchiveOfSeries(id string) string { return "/archives/series/" + url.PathEscape(id) }

// ArchiveOfMine is that of the caller's own results, in a stretch of time when there is one.
func ArchiveOfMine(window *pb.TimeSlot) string {
	asked := url.Values{}
	for name, edge := range map[string]int64{"from": window.GetStartMs(), "to": window.GetEndMs()} {
		if edge != 0 {
			asked.Set(name, strconv.FormatInt(edge, 10))
		}
	}
	return (&url.URL{Path: "/archives/mine", RawQuery: asked.Encode()}).String()
}

// open opens what the server has at a path. A refusal is an error as a call would have had it.
func (c *Client) open(ctx context.Context, path string) (io.ReadCloser, error) {
	token, err := c.Keeper.Token(ctx)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Address.String()+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, status.Errorf(codes.Unavailable, "%v", err)
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, status.Errorf(codes.Unavailable, "%v", err)
	}
	return nil, refusal(answer, raw)
}

func codeOf(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusNotFound, http.StatusGone:
		return codes.NotFound
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusRequestEntityTooLarge:
		return codes.ResourceExhausted
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return codes.Unavailable
	}
	return codes.Unknown
}
