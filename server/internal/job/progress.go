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

	Fraction    float64 // of the time that the run takes, from 0 to 1; 0: not known
	ExpectedEnd int64   // milliseconds since the Unix epoch; 0: not known
}
