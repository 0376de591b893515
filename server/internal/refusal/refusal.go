// Package refusal writes down who was turned away, without letting them fill the log: one line a minute for each address
// and kind, with how many there were.
package refusal

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// Kind names the reason of a refusal.
type Kind string

// The kinds. They are few and known, so that they can be counted apart.
const (
	NotSignedIn   Kind = "not_signed_in"  // no token where one is needed
	WrongToken    Kind = "wrong_token"    // a token that proves nobody
	TooManyTokens Kind = "token_limit"    // wrong tokens, or calls with none, too often
	SignIns       Kind = "sign_in_limit"  // sign-ins too often
	Calls         Kind = "call_limit"     // calls of a user too often
	Streams       Kind = "stream_limit"   // more state streams than one may have
	NotAllowed    Kind = "not_allowed"    // what is for owners or administrators
	ForeignHost   Kind = "foreign_host"   // a name that the service does not have
	ForeignOrigin Kind = "foreign_origin" // a page of somebody else's
)

// interval is the least time between two lines about one address and kind.
const interval = time.Minute

// maxSources is the number of sources that are told apart; those beyond share one line.
const maxSources = 4096

// Log writes down refusals. It is safe for concurrent use.
type Log struct {
	log   *slog.Logger
	count func(Kind)
	now   func() time.Time

	mu      sync.Mutex
	sources map[source]*tally
}

type source struct {
	kind    Kind
	address string
}

type tally struct {
	written time.Time // when the last line was
	since   int       // refusals since then
}

// New makes a log; count is told of each refusal.
func New(log *slog.Logger, count func(Kind), now func() time.Time) *Log {
	return &Log{log: log, count: count, now: now, sources: map[source]*tally{}}
}

// Note writes down a refusal: at once when it is the first of its kind and address for a minute.
func (l *Log) Note(kind Kind, address, detail string) {
	if l == nil {
		return
	}
	l.count(kind)
	l.mu.Lock()
	defer l.mu.Unlock()
	from := source{kind, Network(address)}
	t, known := l.sources[from]
	if !known && len(l.sources) >= maxSources {
		from.address = "many"
		t, known = l.sources[from]
	}
	switch {
	case !known:
		l.sources[from] = &tally{written: l.now()}
	case l.now().Sub(t.written) < interval:
		t.since++
		return
	default:
		t.written = l.now()
	}
	l.log.Warn("refused", "kind", string(kind), "from", from.address, "what", detail)
}

// Run writes how many there were since the line of each source, every minute until ctx ends, and forgets who has not come
// again.
func (l *Log) Run(ctx context.Context) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.summarize()
		case <-ctx.Done():
			return nil
		}
	}
}

func (l *Log) summarize() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for from, t := range l.sources {
		switch {
		case l.now().Sub(t.written) < interval:
		case t.since == 0:
			delete(l.sources, from)
		default:
			l.log.Warn("refused", "kind", string(from.kind), "from", from.address, "times", t.since)
			t.written, t.since = l.now(), 0
		}
	}
}

// Network returns the name of one source: an IPv4 address, or the /64 that one IPv6 host has all addresses of.
func Network(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if parsed = parsed.Unmap(); parsed.Is4() || parsed.IsLoopback() {
		return parsed.String()
	}
	prefix, err := parsed.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
