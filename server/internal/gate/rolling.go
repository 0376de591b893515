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

// rolling gives each write a deadline and the answer as a whole none: streams last, and large files take their time.
func rolling(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&rollingWriter{ResponseWriter: w, control: http.NewResponseController(w)}, r)
	})
}

// rollingWriter does not pass on io.ReaderFrom: a file would be one single write.
type rollingWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	renewed time.Time
}

// Unwrap is for http.ResponseController.
func (w *rollingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *rollingWriter) Write(data []byte) (int, error) {
	if err := w.renew(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(data)
}

// Flush implements http.Flusher.
func (w *rollingWriter) Flush() {
	if w.renew() == nil {
		_ = w.control.Flush() // the next write says what is wrong
	}
}

func (w *rollingWriter) renew() error {
	now := time.Now()
	if now.Sub(w.renewed) < renewAfter {
		return nil
	}
	w.renewed = now
	return w.control.SetWriteDeadline(now.Add(writeLimit))
}
