// Package secret prints secrets that the server tells once.
package secret

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/apijson"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
)

// Help says how secrets are printed, for the help of commands.
const Help = `The secret is told this once and is the only thing on standard output.`

// Print writes the secret alone to stdout, so that it can be kept in a file; what it is for is said to a person on stderr.
func Print(io *iostreams.IOStreams, out outflag.Flags, answer proto.Message, value, sentence string) error {
	if out.JSON {
		return apijson.Print(io, answer)
	}
	if io.IsStderrTTY() && !out.Quiet {
		fmt.Fprintln(io.Err, sentence)
	}
	_, err := fmt.Fprintln(io.Out, value)
	return err
}
