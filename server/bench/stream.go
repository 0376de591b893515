package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"

	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// protocol selects the way in which streams are opened. Frames are the same in all of them: flags, length, message.
type protocol struct {
	name        string
	contentType string
	http2       bool
}

var (
	connectStreams = protocol{"Connect", "application/connect+proto", false}
	grpcStreams    = protocol{"gRPC", "application/grpc+proto", true}
)

// source opens streams of one server.
type source struct {
	protocol
	url   string
	token string
	path  string
	http1 *http.Client
}

// watch is the service's state stream.
func (p protocol) watch(server *process, token string) *source {
	return &source{p, server.url, token, "/comfyscheduler.v1.SchedulerService/WatchState", &http.Client{
		Transport: &http.Transport{DisableCompression: true},
	}}
}

// bare is the limit's stream of whatever is posted to it.
func (p protocol) bare(server *process) *source {
	return &source{p, server.url, "", "/watch", &http.Client{Transport: &http.Transport{DisableCompression: true}}}
}

// open opens a stream on a connection of its own and reads the first frame: a snapshot, so that it is current.
func (s *source) open(ctx context.Context) (*stream, error) {
	message, err := proto.Marshal(&pb.WatchStateRequest{Client: "bench"})
	if err != nil {
		return nil, err
	}
	body := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+s.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", s.contentType)
	r.Header.Set("Te", "trailers")
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	client := s.http1
	if s.http2 {
		var protocols http.Protocols
		protocols.SetUnencryptedHTTP2(true)
		client = &http.Client{Transport: &http.Transport{DisableCompression: true, Protocols: &protocols}}
	}
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("watch: %s", response.Status)
	}
	opened := &stream{response.Body, bufio.NewReader(response.Body)}
	if _, err := opened.frame(); err != nil {
		_ = opened.Close()
		return nil, fmt.Errorf("watch: %w", err)
	}
	return opened, nil
}

// stream is an open stream.
type stream struct {
	io.Closer
	reader *bufio.Reader
}

// frame reads one frame, with its head.
func (s *stream) frame() ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(s.reader, head[:]); err != nil {
		return nil, err
	}
	frame := append(head[:], make([]byte, binary.BigEndian.Uint32(head[1:]))...)
	_, err := io.ReadFull(s.reader, frame[len(head):])
	return frame, err
}
