package job

// Progress tells how far a running job is.
type Progress struct {
	JobID      string
	UserID     string // owner; filled in by the live state
	Attempt    int
	NodeID     string
	NodeTitle  string
	Step       int // within the node
	Total      int // steps of the node; 0: it does not tell
	Preview    int // number of the latest preview picture; 0: none
	NodesDone  int
	NodesTotal int
}
