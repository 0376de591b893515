package account

// Limits bound what one user may do; 0 stands for no limit. Administrators have none.
type Limits struct {
	OpenBookings      int // scheduled and running jobs
	DaysAhead         int // of a slot's start
	RequestsPerSecond int // calls, on average
	Tokens            int // that are good
	StreamsPerUser    int // open state streams
	StreamsPerAddress int // open state streams from one address, of all users there
}
