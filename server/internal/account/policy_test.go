package account_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

var (
	nobody = account.User{}
	ada    = account.User{ID: "ada"}
	bob    = account.User{ID: "bob"}
	root   = account.User{ID: "root", Administrator: true}
)

func TestJobsAreForTheirOwnerAndAdministratorsWhereTheyArePrivate(t *testing.T) {
	j := job.Job{
		ID:        "1",
		UserID:    "ada",
		UserName:  "Ada",
		Status:    job.Failed,
		Start:     1000,
		Duration:  500,
		Inputs:    workflow.Values{"prompt": workflow.Text("a fox"), "seed": workflow.Seed(7), "width": workflow.Integer(512)},
		Results:   []job.Result{{Filename: "fox.png", Kind: job.Image}},
		Failure:   &job.Failure{Reason: job.Execution, Message: "the prompt was: a fox", NodeID: "3"},
		Shortened: true,
	}
	taken := job.Job{
		ID:       "1",
		UserID:   "ada",
		UserName: "Ada",
		Status:   job.Failed,
		Start:    1000,
		Duration: 500,
		Failure:  &job.Failure{Reason: job.Execution, Message: "only its owner can see why"},
		Hidden:   true,
	}
	private, open := account.Policy{PrivateJobs: true}, account.Policy{}
	for _, tc := range []struct {
		name   string
		policy account.Policy
		viewer account.User
		want   job.Job
	}{
		{"the owner", private, ada, j},
		{"an administrator", private, root, j},
		{"another user", private, bob, taken},
		{"nobody", private, nobody, taken},
		{"another user where jobs are open", open, bob, j},
	} {
		if got := tc.policy.Job(tc.viewer, j); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s sees %+v, want %+v", tc.name, got, tc.want)
		}
	}
	if ownerless := (job.Job{Inputs: workflow.Values{"prompt": workflow.Text("a fox")}}); private.Job(nobody, ownerless).Prompt() != "" {
		t.Error("a job without an owner belongs to who has not signed in")
	}
	progress := job.Progress{JobID: "1", UserID: "ada", NodeID: "3", NodeTitle: "a fox", Preview: 2, Step: 4, Total: 9}
	if got := private.Progress(bob, progress); got != (job.Progress{JobID: "1", UserID: "ada", Step: 4, Total: 9}) {
		t.Errorf("another user sees the progress %+v", got)
	}
	if got := private.Progress(ada, progress); got != progress {
		t.Errorf("the owner sees the progress %+v", got)
	}
}

func TestAddressesAreForAdministratorsUnlessTheyAreOpen(t *testing.T) {
	for policy, want := range map[account.Policy][2]bool{{}: {false, true}, {Addresses: true}: {true, true}} {
		if got := [2]bool{policy.SeesAddresses(bob), policy.SeesAddresses(root)}; got != want {
			t.Errorf("%+v: a user and an administrator see addresses: %v", policy, got)
		}
	}
}

func TestWithoutATokenOneLooksOnlyWhereThatTellsNothing(t *testing.T) {
	for policy, want := range map[account.Policy]bool{
		{Mode: account.Open}:                    false,
		{Mode: account.Open, PrivateJobs: true}: true,
		{Mode: account.Invite}:                  true,
		{Mode: account.Closed}:                  true,
	} {
		if policy.NeedsToken() != want {
			t.Errorf("%+v needs a token: %v", policy, !want)
		}
	}
}

// What nobody has put into plain words is for administrators.
func TestPathsProcessesAndLogsAreForAdministrators(t *testing.T) {
	const full, plain = "launch: /opt/python, pid 17: ComfyUI ended; its last lines:\nTraceback: a fox", "ComfyUI ended"
	state := health.State{
		Reason: full,
		Plain:  plain,
		Workers: []health.Worker{
			{ID: "gpu", Reason: full, Plain: plain, BootSteps: []health.BootStep{{Name: "launch", Detail: full, Plain: plain}, {Detail: full}}},
			{ID: "other", Reason: full},
		},
	}
	shown := account.Policy{}.System(ada, state)
	gpu := shown.Workers[0]
	toldOf := []string{shown.Reason, gpu.Reason, gpu.BootSteps[0].Detail, gpu.BootSteps[1].Detail, shown.Workers[1].Reason}
	if !slices.Equal(toldOf, []string{plain, plain, plain, "", ""}) {
		t.Errorf("a user sees %+v", shown)
	}
	if got := (account.Policy{}).System(root, state); !reflect.DeepEqual(got, state) || state.Workers[0].BootSteps[0].Detail != full {
		t.Errorf("an administrator sees %+v", got)
	}
}

func TestWhoBringsWorkflowsMayChangeThem(t *testing.T) {
	administrators := account.Policy{Importers: account.ImportByAdministrators}
	everybody := account.Policy{Importers: account.ImportByEverybody}
	for _, c := range []struct {
		policy            account.Policy
		user              account.User
		imports, changes  bool // a workflow of ada's
		changesNobodysOwn bool
	}{
		{administrators, nobody, false, false, false},
		{everybody, nobody, false, false, false},
		{administrators, ada, false, true, false}, // who may not any more may still change what there is
		{everybody, ada, true, true, false},
		{everybody, bob, true, false, false},
		{administrators, root, true, true, true},
	} {
		if c.policy.MayImport(c.user) != c.imports || c.policy.MayChangeWorkflow(c.user, "ada") != c.changes ||
			c.policy.MayChangeWorkflow(c.user, "") != c.changesNobodysOwn {
			t.Errorf("%v of %v", c.user, c.policy)
		}
	}
}
