// Package audit holds what was done, and by whom. It is pure values.
package audit

// Action names a deed, for programs.
type Action string

// The actions.
const (
	Book             Action = "book"
	Update           Action = "update"
	Cancel           Action = "cancel"
	SignIn           Action = "sign_in"
	CreateToken      Action = "create_token"
	RevokeToken      Action = "revoke_token"
	RenameUser       Action = "rename_user"
	CreateUser       Action = "create_user"
	DeleteUser       Action = "delete_user"
	SetAdministrator Action = "set_administrator"
	CreateInvitation Action = "create_invitation"
	RevokeInvitation Action = "revoke_invitation"
	RestartWorker    Action = "restart_worker"
	PauseWorker      Action = "pause_worker"
	ResumeWorker     Action = "resume_worker"
	TakeWorkerOut    Action = "take_worker_out_of_service"
	ReturnWorker     Action = "return_worker_to_service"
	ImportWorkflow   Action = "import_workflow"
	UpdateWorkflow   Action = "update_workflow"
	DeleteWorkflow   Action = "delete_workflow"
	CreateAsset      Action = "create_asset"
	DeleteAsset      Action = "delete_asset"
)

// Event is one action. It must hold neither prompts nor secrets.
type Event struct {
	Number   int64 // given by the store; rises with each event
	At       int64 // milliseconds since the Unix epoch
	UserID   string
	UserName string // filled in when read
	Address  string
	Action   Action
	JobID    string // empty: it was not done to a job
	Detail   string // for people
	Request  Request
}

// Request identifies the client's request that an event came of, so that a repetition can be told from something new. It
// is written with the event, and not read with it.
type Request struct {
	ID   string // made by the client; empty: it made none
	Hash []byte // of the request's content
}

// Query selects events. Zero fields do not restrict.
type Query struct {
	UserID string
	JobID  string
	Before int64 // number
	Limit  int
}
