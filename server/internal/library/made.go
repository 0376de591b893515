package library

import "github.com/comfyscheduler/comfyscheduler/server/internal/workflow"

// maxMade bounds the versions that are kept as a ComfyUI has them.
const maxMade = 64

// On returns a version as the worker's ComfyUI has it.
func (s *Stock) On(v *workflow.Version) workflow.Offer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.on(v)
}

// on is On; the library's mu is held.
func (s *Stock) on(v *workflow.Version) workflow.Offer {
	if made, is := s.made[v.Hash]; is {
		return made
	}
	if len(s.made) >= maxMade {
		clear(s.made)
	}
	s.made[v.Hash] = s.make(v)
	return s.made[v.Hash]
}

// offer is on, with what the files there allow; the library's mu is held.
func (s *Stock) offer(v *workflow.Version) workflow.Offer {
	o := s.on(v)
	o.HasFile = s.hasFile
	o.MaxFile = s.MaxFile
	return o
}

// make makes a version as the worker's ComfyUI has it. One that was made for a ComfyUI which told the same is shared: many workers are
// alike, and who holds a booking against each of them sees by the form that it is the same.
func (s *Stock) make(v *workflow.Version) workflow.Offer {
	for _, other := range s.stocks {
		if other != s && other.info != nil && s.info != nil && other.answer == s.answer {
			if made, is := other.made[v.Hash]; is {
				return made
			}
		}
	}
	return v.On(s.info)
}
