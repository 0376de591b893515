package api

import (
	"context"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Picture opens a result file for reading; its body is the caller's to close. An answer other than 200 is an error with
// the code that a call would have had.
func (c *Client) Picture(ctx context.Context, filename string) (*http.Response, error) {
	token, err := c.Keeper.Token(ctx)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Address.PictureURL(filename), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, status.Errorf(codes.Unavailable, "%v", err)
	}
	if answer.StatusCode == http.StatusOK {
		return answer, nil
	}
	_ = answer.Body.Close()
	return nil, status.Errorf(codeOf(answer.StatusCode), "%s: the server answered %s", filename, answer.Status)
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
