package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Upload sends a file, as it is read, and gives the id by which calls may name it. name is for people; size is that of the content, -1
// when it is not known. A refusal is an error as a call would have had it.
func (c *Client) Upload(ctx context.Context, name string, content io.Reader, size int64) (id string, err error) {
	token, err := c.Keeper.Token(ctx)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Address.String()+"/uploads", content)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/octet-stream")
	if req.ContentLength = size; name != "" {
		req.Header.Set("X-File-Name", url.PathEscape(name))
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return "", status.Errorf(codes.Unavailable, "%v", err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return "", status.Errorf(codes.Unavailable, "%v", err)
	}
	if answer.StatusCode/100 != 2 {
		return "", refusal(answer, raw)
	}
	var made struct{ ID string }
	if err := json.Unmarshal(raw, &made); err != nil || made.ID == "" {
		return "", status.Errorf(codes.Unknown, "the server's answer to the upload names no id: is it a ComfyScheduler of this version?")
	}
	return made.ID, nil
}

// refusal is the error of an answer over HTTP: what its JSON says, else what its status does.
func refusal(answer *http.Response, raw []byte) error {
	var said struct {
		Code, Message string
		Details       []struct{ Type, Value string }
	}
	var code codes.Code
	if json.Unmarshal(raw, &said) != nil || said.Code == "" ||
		code.UnmarshalJSON([]byte(`"`+strings.ToUpper(strings.Replace(said.Code, "canceled", "cancelled", 1))+`"`)) != nil {
		return status.Errorf(codeOf(answer.StatusCode), "the server answered %s", answer.Status)
	}
	for _, d := range said.Details {
		var info pb.ErrorInfo
		value, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(d.Value, "="))
		if d.Type == string(info.ProtoReflect().Descriptor().FullName()) && err == nil && proto.Unmarshal(value, &info) == nil {
			return Error(code, said.Message, &info)
		}
	}
	return status.Error(code, said.Message)
}
