package servicetest

import "os"

// executable is the ending of a program's name.
const executable = ".exe"

// stop is the signal that asks the service for an end. Windows knows no other than this one between processes.
var stop = os.Kill
