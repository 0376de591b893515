package acceptance

// Besides what testscript offers, scripts may use
//
//	server start [STEP-TIME] [mode=MODE]
//	                                  start the service, open to everybody or with this access mode; a second start finds
//	                                  its bookings again
//	server stop                       stop it
//	exits CODE program args...        run a program and demand its exit code
//	capture NAME                      keep the last output, without its line end, in a variable
//	eventually PATTERN program...     run a program again and again until its output matches
//	terminal COLUMNSxROWS CODE [-expect PATTERN -send KEYS]... program args...
//	                                  run a program on a pseudo-terminal: type keys when a pattern has appeared, and
//	                                  demand its exit code; what appeared is the output
