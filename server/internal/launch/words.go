package launch

import (
	"errors"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// words say something twice: in full, for administrators, with paths, processes, addresses and what other programs said; and plainly,
// for everybody. What nobody has put into plain words is not told to everybody.
type words struct{ full, plain string }

// open are words that everybody may read as they are.
func open(text string) words { return words{text, text} }

// over are the words of a boot step that is over.
func (w words) over(name string, outcome health.Outcome, elapsedMS int64) health.BootStep {
	return health.BootStep{Name: name, Outcome: outcome, ElapsedMS: elapsedMS, Detail: w.full, Plain: w.plain}
}

// plainer is an error that has words for everybody. Other packages' errors may have them too.
type plainer interface{ Plain() string }

// plainError gives an error such words.
type plainError struct {
	error
	plain string
}

func (e *plainError) Plain() string { return e.plain }

func (e *plainError) Unwrap() error { return e.error }

// plainly gives an error words for everybody.
func plainly(err error, plain string) error {
	if err == nil {
		return nil
	}
	return &plainError{err, plain}
}

// openly makes an error that everybody may read as it is.
func openly(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return plainly(err, err.Error())
}

// plain returns the words for everybody of an error, or of one that it wraps; otherwise, when there are none.
func plain(err error, otherwise string) string {
	var p plainer
	if errors.As(err, &p) {
		return p.Plain()
	}
	return otherwise
}

// forAdministrators stands for what everybody may not read.
const forAdministrators = "what went wrong is for administrators to see"

// in puts what is known of an error into a sentence that has a place for it.
func in(sentence string, err error) words {
	return words{fmt.Sprintf(sentence, firstLine(err)), fmt.Sprintf(sentence, plain(err, forAdministrators))}
}
