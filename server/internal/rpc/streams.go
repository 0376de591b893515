package rpc

import (
	"net/netip"
	"strconv"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
)

// tooManyStreams says that somebody has as many state streams open as one may have.
func tooManyStreams(who string, limit int) *fault.Error {
	return fault.Newf(fault.TooManyStreams, "%s has %d state streams open, which is the limit: close one first", who, limit).
		With("limit", strconv.Itoa(limit))
}

// streams counts the open state streams. Each holds memory and gets every change, so that without a limit one user could
// take all of both.
type streams struct {
	mu        sync.Mutex
	byUser    map[string]int
	byAddress map[string]int
}

// open counts a stream until closed is called; fault.TooManyStreams. A limit of 0 is none.
func (s *streams) open(me identity.Caller, perUser, perAddress int) (closed func(), err error) {
	user, address := me.ID, network(me.Address)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case perUser > 0 && !me.Administrator && s.byUser[user] >= perUser:
		return nil, tooManyStreams("the user", perUser)
	case perAddress > 0 && address != "" && s.byAddress[address] >= perAddress:
		return nil, tooManyStreams("the address "+address, perAddress)
	}
	if s.byUser == nil {
		s.byUser, s.byAddress = map[string]int{}, map[string]int{}
	}
	s.byUser[user]++
	s.byAddress[address]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		release(s.byUser, user)
		release(s.byAddress, address)
	}, nil
}

func release(count map[string]int, key string) {
	if count[key]--; count[key] == 0 {
		delete(count, key)
	}
}

// network names whom an address counts for. On the machine itself it is nobody: behind that address may be a proxy, or many
// users.
func network(address string) string {
	if ip, err := netip.ParseAddr(address); err != nil || ip.Unmap().IsLoopback() {
		return ""
	}
	return refusal.Network(address)
}
