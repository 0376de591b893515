package timelines

import "crypto/sha256"

// requestKey stands for a user and a request id.
type requestKey [16]byte

func keyOf(userID, requestID string) requestKey {
	sum := sha256.Sum256([]byte(userID + "\x00" + requestID))
	return requestKey(sum[:16])
}

// Request is the number of the event that came of a user's request.
func (s *Set) Request(userID, requestID string) (event int64, known bool) {
	event, known = s.requests[keyOf(userID, requestID)]
	return event, known
}

// Remember notes the event that came of a user's request.
func (s *Set) Remember(userID, requestID string, event int64) {
	key := keyOf(userID, requestID)
	before, known := s.requests[key]
	s.requests[key] = event
	s.OnUndo(func() {
		if delete(s.requests, key); known {
			s.requests[key] = before
		}
	})
}

// Forget forgets a user's request, unless another event came of it since.
func (s *Set) Forget(userID, requestID string, event int64) {
	key := keyOf(userID, requestID)
	if s.requests[key] != event {
		return
	}
	delete(s.requests, key)
	s.OnUndo(func() { s.requests[key] = event })
}
