package servicetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// Log keeps what services write to their standard error, of one life after the other. Its zero value is empty; it may be
// written and read at the same time.
type Log struct {
	mu      sync.Mutex
	content strings.Builder
	more    chan struct{} // closed by the next write
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.content.Write(p)
}

// String returns everything so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.String()
}

// Await returns when the log holds a text, or with an error when ctx ends before.
func (l *Log) Await(ctx context.Context, text string) error { return l.AwaitAgain(ctx, text, 1) }

// AwaitAgain returns when the log holds a text so many times, or with an error when ctx ends before.
func (l *Log) AwaitAgain(ctx context.Context, text string, times int) error {
	for {
		l.mu.Lock()
		if strings.Count(l.content.String(), text) >= times {
			l.mu.Unlock()
			return nil
		}
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more := l.more
		l.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("the log does not say %q: %w", text, ctx.Err())
		}
	}
}
