package render

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
)

// List is the same things in all the ways in which they may be printed.
type List struct {
	// Answer is the API's own.
	Answer proto.Message
	// IDs are printed by --quiet.
	IDs []string
	// Table is for people and for pipes.
	Table *Table
	// None is said to people when there is nothing.
	None string
}

// Print shows a list as the options ask.
func (l List) Print(io *term.Streams, out flags.Out) error {
	switch {
	case out.JSON:
		return JSON(io, l.Answer)
	case out.Quiet:
		for _, id := range l.IDs {
			if _, err := fmt.Fprintln(io.Out, id); err != nil {
				return err
			}
		}
		return nil
	case l.Table.Len() == 0 && io.IsStdoutTTY():
		_, err := fmt.Fprintln(io.Err, l.None)
		return err
	}
	return l.Table.Print()
}
