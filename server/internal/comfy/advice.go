package comfy

import "strings"

// numpyLimit is in the error of numpy.random.seed about a seed beyond 32 bits, from classes that declare a range of 64.
const numpyLimit = "Seed must be between 0 and 2**32 - 1"

// advised adds to what a node says what can be done about it, where that is known.
func advised(message string) string {
	if strings.Contains(message, numpyLimit) {
		message += "; set the largest value of the seed to 4294967295 in the workflow's form"
	}
	return message
}
