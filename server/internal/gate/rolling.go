package gate

import (
	"net/http"
	"time"
)

// The rolling deadline: whoever has not taken what was written for writeLimit is cut off. It is set anew no more often
// than every renewAfter, because that costs.
const (
	writeLimit = 30 * time.Second
	renewAfter = 5 * time.Second
)

// small is the size of an answer, in bytes, that needs no deadline on HTTP/2, where setting one costs a turn of the connection's
// loop: they fit into the first window, and a connection that takes nothing is cut off by the server itself.
const small = 16 << 10

// rollingWriter gives each write a deadline and the answer as a whole none: streams last, and large files take their time.
// It does not pass on io.ReaderFrom: a file would be one single write.
type rollingWriter struct {
	http.ResponseWriter
	control   *http.ResponseController
	freeBytes int // bytes that are still written without a deadline
	renewed   time.Time
}

func newRollingWriter(w http.ResponseWriter, r *http.Request) *rollingWriter {
	rolling := &rollingWriter{ResponseWriter: w, control: http.NewResponseController(w)}
	if r.ProtoMajor == 2 {
		rolling.freeBytes = small
	}
	return rolling
}

// Unwrap is for http.ResponseController.
func (w *rollingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *rollingWriter) Write(data []byte) (int, error) {
	w.freeBytes -= len(data)
	if err := w.renew(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(data)
}

// Flush implements http.Flusher. What it flushes was written just now, within the deadline of that write; only an answer
// of which nothing was written yet has none.
func (w *rollingWriter) Flush() {
	if w.renewed.IsZero() && w.renew() != nil {
		return
	}
	_ = w.control.Flush() // the next write says what is wrong
}

func (w *rollingWriter) renew() error {
	if w.freeBytes > 0 {
		return nil
	}
	now := time.Now()
	if now.Sub(w.renewed) < renewAfter {
		return nil
	}
	w.renewed = now
	return w.control.SetWriteDeadline(now.Add(writeLimit))
}
