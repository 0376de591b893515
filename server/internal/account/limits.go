package account

// Limits bound what one user may do; 0 stands for no limit. Administrators have none.
type Limits struct {
	OpenBookings      int   // scheduled and running jobs
	DaysAhead         int   // of a slot's start
	MaxSlot           int64 // of one slot, in milliseconds
	OpenTime          int64 // of the slots of scheduled and running jobs, in milliseconds
	DayTime           int64 // of the slots that start on one day, in milliseconds
	RequestsPerSecond int   // calls, on average
	Tokens            int   // that are good
	StreamsPerUser    int   // open state streams
	StreamsPerAddress int   // open state streams from one address, of all users there
}
