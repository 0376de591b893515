//go:build linux

package acceptance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// persona is somebody at the port.
type persona struct {
	name  string
	token string
	user  *pb.User
}

// personas in the order of a row's outcomes: nobody, the owner of what is asked about, another user, an administrator, and
// somebody whose token was revoked.
const (
	nobody = iota
	owner
	other
	admin
	revoked
)

// The outcomes of a call, persona by persona, as Connect's codes.
const (
	ok       = ""
	unknown  = "unauthenticated"
	denied   = "permission_denied"
	notFound = "not_found"
)

var (
	forAll     = [5]string{ok, ok, ok, ok, ok}
	forUsers   = [5]string{unknown, ok, ok, ok, unknown}
	forOwner   = [5]string{unknown, ok, denied, ok, unknown}
	forItsUser = [5]string{unknown, ok, notFound, notFound, unknown} // not even an administrator
	forAdmins  = [5]string{unknown, denied, denied, ok, unknown}
	closed     = [5]string{denied, denied, denied, denied, denied}
)

// row is one procedure: what is sent, and what comes of it. Requests are made anew for each persona.
type row struct {
	request func(*stage) any
	want    [5]string
	in      map[string][5]string // where a mode has other outcomes
}

type fields = map[string]any

// matrix has a row for each procedure of the schema. One that is missing fails the test.
var matrix = map[string]row{
	"SchedulerService/BookJob":       {request: (*stage).booking, want: forUsers},
	"SchedulerService/BookSeries":    {request: (*stage).booking, want: forUsers},
	"SchedulerService/CancelSeries":  {request: (*stage).freshSeries, want: forOwner},
	"SchedulerService/GetSeries":     {request: (*stage).freshSeries, want: forUsers},
	"SchedulerService/ListSeries":    {want: forUsers},
	"SchedulerService/CheckBooking":  {request: (*stage).booking, want: forUsers},
	"SchedulerService/UpdateJob":     {request: (*stage).edit, want: forOwner},
	"SchedulerService/MoveJob":       {request: (*stage).move, want: forOwner},
	"SchedulerService/CancelJob":     {request: (*stage).freshJob, want: forOwner},
	"SchedulerService/GetJob":        {request: (*stage).freshJob, want: forUsers},
	"SchedulerService/ListJobs":      {want: forUsers},
	"SchedulerService/ListFreeSlots": {want: forUsers},
	"SchedulerService/GetDayStats":   {want: forUsers},
	"SchedulerService/ListEstimates": {want: forUsers},
	"SchedulerService/GetState":      {want: forUsers},
	"SchedulerService/WatchState":    {want: forUsers},

	"WorkflowService/ListWorkflows": {want: forUsers},
	"WorkflowService/GetWorkflow":   {want: forUsers},

	"WorkflowService/ImportWorkflow":  {request: func(s *stage) any { return s.file() }, want: forAdmins},
	"WorkflowService/UpdateWorkflow":  {request: (*stage).freshWorkflow, want: forAdmins},
	"WorkflowService/DeleteWorkflow":  {request: (*stage).freshWorkflow, want: forAdmins},
	"WorkflowService/CheckWorkflow":   {want: forUsers},
	"WorkflowService/MeasureWorkflow": {request: (*stage).workflow, want: forAdmins},
	"WorkflowService/ListTemplates":   {request: (*stage).whenReady, want: forUsers},

	"WorkerService/ListWorkers":           {want: forUsers},
	"WorkerService/GetWorker":             {request: (*stage).worker, want: forUsers},
	"WorkerService/RestartWorker":         {request: (*stage).worker, want: forAdmins},
	"WorkerService/GetWorkerLog":          {request: (*stage).worker, want: forAdmins},
	"WorkerService/ResumeWorker":          {request: (*stage).worker, want: forAdmins},
	"WorkerService/ReturnWorkerToService": {request: (*stage).worker, want: forAdmins},
	"WorkerService/TakeWorkerOutOfService": {
		request: func(*stage) any { return fields{"workerId": "gpu", "validateOnly": true} },
		want:    forAdmins,
	},
	"WorkerService/PauseWorker": {
		request: func(*stage) any { return fields{"workerId": "gpu", "startMs": now() + 1e9, "durationMs": 1000} },
		want:    forAdmins,
	},

	"AssetService/ListAssets":  {want: forUsers},
	"AssetService/GetAsset":    {request: (*stage).freshAsset, want: forItsUser},
	"AssetService/DeleteAsset": {request: (*stage).freshAsset, want: forItsUser},
	"AssetService/CreateAssetFromResult": {
		request: func(s *stage) any { return fields{"jobId": s.job} },
		want:    forUsers,
		in:      map[string][5]string{"private": {unknown, ok, notFound, ok, unknown}},
	},

	"IdentityService/SignIn":          {want: forAll, in: map[string][5]string{"invite": closed, "closed": closed}},
	"IdentityService/SignInWithToken": {request: func(s *stage) any { return fields{"token": s.personas[owner].token} }, want: forAll},
	"IdentityService/GetMe":           {want: forUsers},
	"IdentityService/UpdateMe":        {request: (*stage).freshName, want: forUsers},
	"IdentityService/SignOut":         {want: forUsers},
	"IdentityService/CreateToken":     {request: func(*stage) any { return fields{"name": "script"} }, want: forUsers},
	"IdentityService/ListTokens":      {want: forUsers},
	"IdentityService/UpdateToken":     {request: (*stage).renameToken, want: forItsUser},
	"IdentityService/RevokeToken":     {request: (*stage).freshToken, want: forItsUser},

	"AdminService/ListUsers":        {want: forAdmins},
	"AdminService/CreateUser":       {want: forAdmins},
	"AdminService/GetUser":          {request: (*stage).freshUser, want: forAdmins},
	"AdminService/UpdateUser":       {request: (*stage).promotion, want: forAdmins},
	"AdminService/CreateUserToken":  {request: (*stage).freshUser, want: forAdmins},
	"AdminService/RevokeUserTokens": {request: (*stage).freshUser, want: forAdmins},
	"AdminService/DeleteUser":       {request: (*stage).freshUser, want: forAdmins},
	"AdminService/CreateInvitation": {want: forAdmins},
	"AdminService/ListInvitations":  {want: forAdmins},
	"AdminService/GetInvitation":    {request: (*stage).freshInvitation, want: forAdmins},
	"AdminService/RevokeInvitation": {request: (*stage).freshInvitation, want: forAdmins},
	"AdminService/ListAuditEvents":  {want: forAdmins},
}

// paths are those beside the calls, with a method unless it is GET. A path may hold the name of a result of the owner's, or of a file
// that no job wrote.
var paths = map[string]map[string][5]int{
	"/":                     {"": {200, 200, 200, 200, 200}},
	"/healthz":              {"": {200, 200, 200, 200, 200}},
	"/metrics":              {"open": {200, 200, 200, 200, 200}, "": {401, 200, 200, 200, 401}},
	"/images/RESULT":        {"open": {200, 200, 200, 200, 200}, "private": {401, 200, 403, 200, 401}, "": {401, 200, 200, 200, 401}},
	"/results/JOB/0":        {"open": {200, 200, 200, 200, 200}, "private": {401, 200, 404, 200, 401}, "": {401, 200, 200, 200, 401}},
	"/results/JOB/1":        {"open": {404, 404, 404, 404, 404}, "": {401, 404, 404, 404, 401}},
	"/inputs/gpu/photo.jpg": {"open": {200, 200, 200, 200, 200}, "": {401, 200, 200, 200, 401}},
	"/inputs/no/photo.jpg":  {"open": {404, 404, 404, 404, 404}, "": {401, 404, 404, 404, 401}},
	"/archives/jobs/JOB":    {"open": {200, 200, 200, 200, 200}, "private": {401, 200, 404, 200, 401}, "": {401, 200, 200, 200, 401}},
	"/archives/mine":        {"": {401, 200, 404, 404, 401}}, // the others have made nothing
	"/thumbnails/RESULT":    {"open": {200, 200, 200, 200, 200}, "private": {401, 200, 403, 200, 401}, "": {401, 200, 200, 200, 401}},
	"/images/OTHERFILE":     {"open": {200, 200, 200, 200, 200}, "private": {401, 404, 404, 404, 401}, "": {401, 200, 200, 200, 401}},
	"/previews/JOB": {
		"open":    {404, 404, 404, 404, 404},
		"private": {401, 404, 403, 404, 401},
		"":        {401, 404, 404, 404, 401},
	}, // the job has ended
	"POST /uploads":       {"": {401, 200, 200, 200, 401}},
	"/uploads/ASSET":      {"open": {404, 200, 404, 404, 404}, "private": {401, 200, 404, 404, 401}, "": {401, 200, 404, 404, 401}},
	"/templates/gpu/no":   {"open": {404, 404, 404, 404, 404}, "": {401, 404, 404, 404, 401}},
	"/previews/nobody's":  {"open": {404, 404, 404, 404, 404}, "": {401, 404, 404, 404, 401}},
	"/images/..%2flock":   {"open": {404, 404, 404, 404, 404}, "": {401, 404, 404, 404, 401}},
	"/images/admin-token": {"open": {404, 404, 404, 404, 404}, "": {401, 404, 404, 404, 401}},
}

// stage is a service in one mode, with everybody on it.
type stage struct {
	*site
	mode     string
	personas [5]*persona
	job      string // of the owner's, completed
	result   string
	count    int
}

func openStage(t *testing.T, mode string) *stage {
	s := &stage{site: newSite(t), mode: mode}
	s.Config["access"] = map[string]any{"mode": mode}
	if mode == "private" {
		s.Config["access"] = map[string]any{"mode": "open", "private_jobs": true}
	}
	s.start()
	token, err := os.ReadFile(filepath.Join(s.Folder, "data", "admin-token"))
	if err != nil {
		t.Fatal(err)
	}
	s.personas = [5]*persona{{
		name: "nobody",
	}, {
		name: "owner",
	}, {
		name: "another user",
	}, {
		name:  "administrator",
		token: strings.TrimSpace(string(token)),
	}, {
		name: "revoked",
	}}
	for _, p := range s.personas[1:] {
		if p.token != "" {
			continue
		}
		var made struct {
			User  *pb.User
			Token string
		}
		s.ask(s.personas[admin], "AdminService/CreateUser", nil, &made)
		p.user, p.token = made.User, made.Token
	}
	s.ask(s.personas[admin], "AdminService/RevokeUserTokens", fields{"userId": s.personas[revoked].user.Id}, nil)
	var booked struct{ Job struct{ Id string } }
	s.ask(s.personas[owner], "SchedulerService/BookJob", fields{"inputs": prompt("a secret fox"), "earliestStartMs": 0}, &booked)
	c := s.visitor()
	c.Token = s.personas[owner].token
	s.job = booked.Job.Id
	s.result = c.untilEnded(s.job).ResultFilename
	if err := os.WriteFile(filepath.Join(s.Folder, "data", "simulated", "output", "other.txt"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	return s
}

// call sends JSON and gives Connect's code, empty when it went well, and the answer.
func (s *stage) call(p *persona, procedure string, request any) (code string, answer []byte) {
	s.t.Helper()
	if request == nil {
		request = fields{}
	}
	body, err := json.Marshal(request)
	if err != nil {
		s.t.Fatal(err)
	}
	kind := "application/json"
	streams := strings.HasSuffix(procedure, "/WatchState")
	if streams {
		kind = "application/connect+json"
		body = append([]byte{0, 0, 0, 0, byte(len(body))}, body...)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/comfyscheduler.v1."+procedure, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if streams { // its first message tells
		head := make([]byte, 5)
		if _, err := io.ReadFull(response.Body, head); err != nil {
			s.t.Fatal(err)
		}
		answer = make([]byte, int(head[1])<<24|int(head[2])<<16|int(head[3])<<8|int(head[4]))
		_, err = io.ReadFull(response.Body, answer)
	} else {
		answer, err = io.ReadAll(response.Body)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	var failed struct {
		Code  string
		Error struct{ Code string }
	}
	if response.StatusCode != http.StatusOK || streams {
		_ = json.Unmarshal(answer, &failed) // what is no error has no code
	}
	return failed.Code + failed.Error.Code, answer
}

// ask is a call that must go well.
func (s *stage) ask(p *persona, procedure string, request, into any) {
	s.t.Helper()
	code, answer := s.call(p, procedure, request)
	if code != ok {
		s.t.Fatalf("%s by %s: %s", procedure, p.name, answer)
	}
	if into != nil {
		// Names in JSON are matched without regard to case; 64-bit numbers are not read here.
		_ = json.Unmarshal(answer, into)
	}
}

func (s *stage) freshJob() any {
	var booked struct{ Job struct{ Id string } }
	s.ask(s.personas[owner], "SchedulerService/BookJob", fields{"inputs": prompt("a secret fox"), "earliestStartMs": now() + 1e8}, &booked)
	return fields{"jobId": booked.Job.Id}
}

func (s *stage) freshSeries() any {
	var booked struct{ SeriesId string }
	s.ask(s.personas[owner], "SchedulerService/BookSeries",
		fields{"inputs": prompt("a secret fox"), "earliestStartMs": now() + 1e8, "count": 2}, &booked)
	return fields{"seriesId": booked.SeriesId}
}

func (s *stage) edit() any {
	id := s.freshJob().(fields)["jobId"]
	return fields{"jobId": id, "version": 1, "inputs": prompt("a hare")}
}

func (s *stage) move() any {
	id := s.freshJob().(fields)["jobId"]
	return fields{"jobId": id, "version": 1, "earliestStartMs": now() + 2e8}
}

func (s *stage) booking() any { return fields{"inputs": prompt("a fox"), "earliestStartMs": 0} }

// whenReady waits for the worker, which a row before may have started anew.
func (s *stage) whenReady() any {
	s.eventually("the worker is ready", func() bool {
		var told struct{ Worker struct{ Status string } }
		s.ask(s.personas[admin], "WorkerService/GetWorker", s.worker(), &told)
		return told.Worker.Status == "WORKER_STATUS_READY"
	})
	return nil
}

func (s *stage) workflow() any {
	var told struct {
		Workflow struct{ Summary struct{ Id string } }
	}
	s.ask(s.personas[admin], "WorkflowService/GetWorkflow", nil, &told)
	return fields{"workflowId": told.Workflow.Summary.Id}
}

// file is a workflow that nobody has brought yet.
func (s *stage) file() fields {
	s.count++
	graph := fmt.Sprintf(`{"1": {"class_type": "EmptyImage", "inputs": {"width": %d, "height": 8, "batch_size": 1, "color": 0}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}`, s.count)
	return fields{"content": []byte(graph), "filename": "plain.json"}
}

// freshWorkflow names one that the administrator has brought.
func (s *stage) freshWorkflow() any {
	var made struct {
		Workflow struct{ Summary struct{ Id string } }
	}
	s.ask(s.personas[admin], "WorkflowService/ImportWorkflow", s.file(), &made)
	return fields{"workflowId": made.Workflow.Summary.Id}
}

func (s *stage) worker() any { return fields{"workerId": "gpu"} }

// prompt is the inputs of a booking in JSON.
func prompt(text string) fields { return fields{"prompt": fields{"text": text}} }

func (s *stage) freshName() any {
	s.count++
	return fields{"name": fmt.Sprint("Somebody ", s.count)}
}

func (s *stage) freshToken() any {
	var made struct{ Token struct{ Id string } }
	s.ask(s.personas[owner], "IdentityService/CreateToken", fields{"name": "script"}, &made)
	return fields{"tokenId": made.Token.Id}
}

func (s *stage) renameToken() any {
	request := s.freshToken().(fields)
	request["name"] = "renamed"
	return request
}

func (s *stage) freshAsset() any { return fields{"assetId": s.uploadFile()} }

// uploadFile has the owner upload a file that nobody else has.
func (s *stage) uploadFile() (id string) {
	s.count++
	_, answer := s.upload(s.personas[owner].token, "", strings.NewReader(fmt.Sprintf(`{"number": %d}`, s.count)))
	id, _ = answer["id"].(string)
	return id
}

func (s *stage) freshUser() any {
	var made struct{ User struct{ Id string } }
	s.ask(s.personas[admin], "AdminService/CreateUser", nil, &made)
	return fields{"userId": made.User.Id}
}

func (s *stage) promotion() any {
	request := s.freshUser().(fields)
	request["administrator"], request["updateMask"] = true, "administrator"
	return request
}

func (s *stage) freshInvitation() any {
	var made struct{ Invitation struct{ Id string } }
	s.ask(s.personas[admin], "AdminService/CreateInvitation", nil, &made)
	return fields{"invitationId": made.Invitation.Id}
}

// procedures are those of the schema.
func procedures() (names []string) {
	protoregistry.GlobalFiles.RangeFilesByPackage("comfyscheduler.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				names = append(names, string(service.Name())+"/"+string(service.Methods().Get(j).Name()))
			}
		}
		return true
	})
	slices.Sort(names)
	return names
}

func TestWhoMayDoWhat(t *testing.T) {
	names := procedures()
	if len(names) != len(matrix) {
		t.Errorf("%d procedures, %d rows", len(names), len(matrix))
	}
	for _, mode := range []string{"open", "invite", "closed", "private"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := openStage(t, mode)
			for _, name := range names {
				row, there := matrix[name]
				if !there {
					t.Fatalf("%s has no row", name)
				}
				want := row.want
				if other, differs := row.in[mode]; differs {
					want = other
				}
				for i, p := range s.personas {
					var request any
					if row.request != nil {
						request = row.request(s)
					}
					if name == "IdentityService/SignOut" && p.token != "" && i != revoked {
						p = s.secondToken(p)
					}
					if code, answer := s.call(p, name, request); code != want[i] {
						t.Errorf("%s by %s: got %q, want %q: %s", name, p.name, code, want[i], answer)
					}
				}
			}
			s.checkPaths()
		})
	}
}

// secondToken is the same user with a token of which nothing depends.
func (s *stage) secondToken(p *persona) *persona {
	var made struct{ Secret string }
	s.ask(p, "IdentityService/CreateToken", fields{"name": "second"}, &made)
	return &persona{name: p.name, token: made.Secret, user: p.user}
}

func (s *stage) checkPaths() {
	names := strings.NewReplacer("RESULT", s.result, "OTHERFILE", "other.txt", "JOB", s.job, "ASSET", s.uploadFile())
	for path, modes := range paths {
		want, differs := modes[s.mode]
		if !differs {
			want = modes[""]
		}
		method, at, posts := strings.Cut(path, " ")
		if !posts {
			method, at = http.MethodGet, path
		}
		for i, p := range s.personas {
			r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+names.Replace(at), strings.NewReader(`{"a": "graph"}`))
			if err != nil {
				s.t.Fatal(err)
			}
			if p.token != "" {
				r.Header.Set("Authorization", "Bearer "+p.token)
			}
			response, err := elsewhere(i).Do(r)
			if err != nil {
				s.t.Fatal(err)
			}
			_ = response.Body.Close()
			// Of several workers one may have run something of theirs meanwhile.
			hasOwn := path == "/archives/mine" && want[i] == http.StatusNotFound && response.StatusCode == http.StatusOK
			if response.StatusCode != want[i] && !hasOwn {
				s.t.Errorf("%s by %s: %d, want %d", path, p.name, response.StatusCode, want[i])
			}
		}
	}
}

// elsewhere is a client with an address of its own: who has no token is only so often answered from one.
func elsewhere(n int) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(n+1))}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
}
