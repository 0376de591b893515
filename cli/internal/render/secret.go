package render

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
)

// SecretHelp says how secrets are printed, for the help of commands.
const SecretHelp = `The secret is told this once and is the only thing on standard output.`

// Secret writes the secret alone to stdout, so that it can be kept in a file; what it is for is said to a person on stderr.
func Secret(io *term.Streams, out flags.Out, answer proto.Message, value, sentence string) error {
	if out.JSON {
		return JSON(io, answer)
	}
	if io.IsStderrTTY() && !out.Quiet {
		fmt.Fprintln(io.Err, sentence)
	}
	_, err := fmt.Fprintln(io.Out, value)
	return err
}
