package schedule

// Outage says that a worker is out of service: nothing is booked on it and nothing starts there until an administrator returns it.
type Outage struct {
	Worker string
	Since  int64  // milliseconds since the Unix epoch
	Reason string // may be empty
}

// String says it for people.
func (o Outage) String() string {
	text := "the worker " + o.Worker + " is out of service"
	if o.Reason != "" {
		text += ": " + o.Reason
	}
	return text
}
