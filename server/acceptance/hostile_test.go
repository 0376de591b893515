//go:build linux

package acceptance_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image/color"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// chunk is a part of a PNG.
func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// bomb is a PNG of a few bytes that says to have so many pixels on each side.
func bomb(side uint32) []byte {
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, side), side)
	file := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(size, 8, 6, 0, 0, 0))...)
	return append(append(file, chunk("IDAT", nil)...), chunk("IEND", nil)...)
}

const script = `<html><script>fetch("/comfyscheduler.v1.IdentityService/GetMe")</script></html>`

// Whatever somebody hands in: it is kept as the picture, video, sound or shape that it is, and served as that and nothing else, or it is
// refused with words and nothing of it is kept.
func TestHostileUploads(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	mallory := s.signIn()
	photo := picture(t, 20, 20, color.White)
	memory := s.memory()
	for name, c := range map[string]struct {
		content   []byte
		mediaType string // empty: it is refused
		thumbnail int
	}{
		"a picture that says to be huge":     {bomb(60_000), "", 0},
		"a picture that says to be large":    {bomb(13_000), "image/png", http.StatusUnprocessableEntity},
		"a picture with a page behind it":    {append(bytes.Clone(photo), script...), "image/png", http.StatusOK},
		"a picture cut in the middle":        {photo[:len(photo)/2], "image/png", http.StatusUnsupportedMediaType},
		"a page that begins as a GIF":        {[]byte("GIF89a/*" + script + "*/=1"), "", 0},
		"a page":                             {[]byte(script), "", 0},
		"a page that calls itself a picture": {[]byte("<!--\x89PNG-->" + script), "", 0},
		"a drawing with a script":            {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "", 0},
		"a program":                          {append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 100)...), "", 0},
		"a program for Windows":              {append([]byte("MZ\x90\x00"), make([]byte, 100)...), "", 0},
		"an archive":                         {append([]byte("PK\x03\x04"), make([]byte, 100)...), "", 0},
		"packed nothing":                     {append([]byte("\x1f\x8b\x08"), make([]byte, 100)...), "", 0},
		"a document":                         {[]byte("%PDF-1.7\n1 0 obj"), "", 0},
		"JSON without an end":                {bytes.Repeat([]byte(`[`), 1<<20), "application/json", http.StatusUnsupportedMediaType},
		"a video without content": {
			[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42\xff\xff\xff\xffmoov"), "video/mp4", http.StatusUnsupportedMediaType,
		},
	} {
		status, answer := s.upload(mallory.Token, "image/png", bytes.NewReader(c.content))
		if c.mediaType == "" {
			if message, _ := answer["message"].(string); status < 400 || status >= 500 || message == "" {
				t.Errorf("%s: %d %v", name, status, answer)
			}
			continue
		}
		if status != http.StatusOK || answer["media_type"] != c.mediaType {
			t.Errorf("%s: %d %v", name, status, answer)
			continue
		}
		path := fmt.Sprint("/uploads/", answer["id"])
		response, err := mallory.HTTP.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || !bytes.Equal(got, c.content) {
			t.Errorf("%s: %d bytes came back, %v", name, len(got), err)
		}
		header := response.Header
		if header.Get("Content-Type") != c.mediaType || header.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(header.Get("Content-Security-Policy"), "sandbox; default-src 'none'") {
			t.Errorf("%s is served with %v", name, header)
		}
		if status, _ := s.fetch(mallory, path+"/thumbnail"); status != c.thumbnail {
			t.Errorf("the thumbnail of %s: %d", name, status)
		}
	}
	if grown := s.memory() - memory; grown > 64<<20 {
		t.Errorf("memory has grown by %d MiB", grown>>20)
	}
	if s.receiving() != 0 {
		t.Errorf("%d are left", s.receiving())
	}
}

// A file's name means nothing: it is shown, without what could mislead, and leads nowhere.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	mallory := s.signIn()
	names := []string{
		"../../etc/passwd", `..\..\boot.ini`, "a\x00b.png", "a\r\nSet-Cookie: x=1", "/abs.png", strings.Repeat("long", 500), "\u202egnp.exe",
	}
	for n, name := range names {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/uploads", bytes.NewReader(picture(t, 10+n, 9, color.White)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-File-Name", url.PathEscape(name))
		response, err := mallory.HTTP.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || response.Header.Get("Set-Cookie") != "" {
			t.Errorf("%q: %d %v", name, response.StatusCode, response.Header)
		}
	}
	list, err := mallory.Assets.ListAssets(t.Context(), &pb.ListAssetsRequest{})
	if err != nil || len(list.Assets) != len(names) {
		t.Fatal(list, err)
	}
	for _, a := range list.Assets {
		if strings.ContainsAny(a.Name, "/\\\x00\r\n\u202e") || len(a.Name) > 300 {
			t.Errorf("it is shown as %q", a.Name)
		}
	}
	for _, path := range []string{"..%2f..%2fadmin-token", "%00", strings.Repeat("a", 64) + "%2f..", strings.Repeat("A", 64)} {
		if status, _ := s.fetch(mallory, "/uploads/"+path); status != http.StatusNotFound {
			t.Errorf("/uploads/%s: %d", path, status)
		}
	}
	w := mallory.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(copying)}})
	input := fileInput(t, w)
	for _, value := range []*pb.FileValue{
		{Source: &pb.FileValue_AssetId{AssetId: "../../../etc/passwd"}},
		{Source: &pb.FileValue_AssetId{AssetId: strings.Repeat("0", 64)}},
		{Source: &pb.FileValue_InputFile{InputFile: "../../../etc/passwd"}},
		{Source: &pb.FileValue_InputFile{InputFile: "/etc/passwd"}},
		{Source: &pb.FileValue_InputFile{InputFile: "photo.jpg [output]"}},
	} {
		inputs := map[string]*pb.InputValue{input: {Value: &pb.InputValue_File{File: value}}}
		_, err := mallory.BookJob(t.Context(), bookingOf(w.Summary.Id, inputs))
		if connect.CodeOf(err) != connect.CodeInvalidArgument {
			t.Errorf("%v: %v", value, err)
		}
	}
}

// Who may see an asset: its owner, and where jobs are private whoever may see into a job that takes it, for as long as they are users.
func TestWhoSeesAssets(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("access.private_jobs", true)
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	ada, bob, root := s.signIn(), s.signIn(), s.administrator()
	w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(copying)}})
	photo := picture(t, 12, 12, color.White)
	id := s.handsIn(ada, photo)
	sees := func(when string, ada1, bob1, root1 int) {
		t.Helper()
		for n, c := range []*client{ada, bob, root} {
			want := []int{ada1, bob1, root1}[n]
			for _, path := range []string{"/uploads/" + id, "/uploads/" + id + "/thumbnail"} {
				if status, _ := s.fetch(c, path); status != want {
					t.Errorf("%s: %s is %d for %d, not %d", when, path, status, n, want)
				}
			}
			_, err := c.Assets.GetAsset(t.Context(), &pb.GetAssetRequest{AssetId: id})
			if (err == nil) != (want == http.StatusOK) {
				t.Errorf("%s: GetAsset for %d: %v", when, n, err)
			}
		}
	}
	sees("handed in", 200, 404, 404)
	later := bookingOf(w.Summary.Id, map[string]*pb.InputValue{fileInput(t, w): asset(id)})
	later.Start = &pb.BookJobRequest_StartMs{StartMs: now() + 600_000}
	booked := ada.book(later)
	sees("a job takes it", 200, 404, 200)
	ada.untilEnded(ada.book(bookingOf(w.Summary.Id, map[string]*pb.InputValue{fileInput(t, w): asset(id)})).Id)
	s.eventually("it is in ComfyUI's input folder", func() bool {
		found, err := filepath.Glob(filepath.Join(s.Folder, "data", "simulated", "input", "comfyscheduler", id+".*"))
		return err == nil && len(found) == 1
	})
	for _, folder := range []string{"comfyscheduler", "ComfyScheduler", "x/..%2fcomfyscheduler", ".%2fcomfyscheduler"} {
		if status, _ := s.fetch(bob, "/inputs/gpu/"+folder+"/"+id+".png"); status != http.StatusNotFound {
			t.Errorf("in the input folder another has it: %d", status)
		}
	}
	_, err := ada.Assets.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{AssetId: id})
	if info := infoOf(err); info.GetReason() != pb.ErrorReason_ERROR_REASON_ASSET_IN_USE || info.Metadata["job_id"] != booked.Id {
		t.Errorf("deleted while a job needs it: %v", err)
	}
	if id2 := s.handsIn(bob, photo); id2 != id { // who has the same content is an owner, too
		t.Errorf("the same content is %s and %s", id, id2)
	}
	sees("another has it as well", 200, 200, 200)
	if _, err := ada.Identity.SignOut(t.Context(), &pb.SignOutRequest{}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/uploads/" + id, "/archives/mine", "/results/" + booked.Id + "/0"} {
		if status, _ := s.fetch(ada, path); status != http.StatusUnauthorized {
			t.Errorf("%s with a token that was revoked: %d", path, status)
		}
	}
	if status, _ := s.upload(ada.Token, "", bytes.NewReader(photo)); status != http.StatusUnauthorized {
		t.Errorf("an upload with a token that was revoked: %d", status)
	}
}
