package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/graph"
)

func (s *server) promptInfo(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, queueStatus(s.queue.remaining())["status"])
}

func (s *server) postPrompt(w http.ResponseWriter, r *http.Request) error {
	s.logf("got prompt")
	fields, err := body(r)
	if err != nil {
		return err
	}
	number, err := s.numberOf(fields)
	if err != nil {
		return err
	}
	raw, given := fields["prompt"]
	if !given {
		return refuse(w, graph.NewProblem("no_prompt", "No prompt provided", "No prompt provided"), object{})
	}
	p := &prompt{number: number, raw: raw}
	if p.id, err = promptID(fields); err != nil {
		return err
	}
	if p.graph, err = graph.Parse(raw); err != nil {
		return err
	}
	var targets []string
	if err := optional(fields["partial_execution_targets"], &targets); err != nil {
		return err
	}
	verdict := s.catalogue.Validate(p.graph, targets, s)
	if verdict.Refused != nil {
		s.logf("invalid prompt: %s", encode(verdict.Refused))
		return refuse(w, verdict.Refused, verdict.NodeErrors)
	}
	for id, problems := range verdict.NodeErrors {
		s.logf("Failed to validate prompt for outputs %v: node %s: %s", problems.DependentOutputs, id, problems.Errors[0].Message)
	}
	p.outputs = verdict.Outputs
	if p.extra, err = extraData(fields); err != nil {
		return err
	}
	p.partnerKey = takePartnerKey(p.extra)
	if err := s.queue.put(p); err != nil {
		return err
	}
	return answer(w, http.StatusOK, object{"prompt_id": p.id, "number": p.number, "node_errors": verdict.NodeErrors})
}

func refuse(w http.ResponseWriter, problem *graph.Problem, nodeErrors any) error {
	return answer(w, http.StatusBadRequest, object{"error": problem, "node_errors": nodeErrors})
}

// body reads a JSON object; a list has no fields, and nothing else is taken.
func body(r *http.Request) (map[string]json.RawMessage, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if list := []json.RawMessage(nil); json.Unmarshal(text, &list) == nil && list != nil {
		return nil, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	if fields == nil {
		return nil, errors.New("the body is null")
	}
	return fields, nil
}

// numberOf gives a prompt its priority: the client's number, or the next one counted,
// negated to go to the front.
func (s *server) numberOf(fields map[string]json.RawMessage) (number, error) {
	if raw, given := fields["number"]; given {
		var n json.Number
		if err := json.Unmarshal(raw, &n); err != nil {
			return number{}, err
		}
		value, err := n.Float64()
		return number{value, true}, err
	}
	n := float64(s.numbers.Add(1) - 1)
	var front bool
	if err := optional(fields["front"], &front); err != nil {
		return number{}, err
	}
	if front && n != 0 {
		n = -n
	}
	return number{value: n}, nil
}

// promptID takes any text, as 0.3.64 does; null becomes "None" and a number its text.
func promptID(fields map[string]json.RawMessage) (string, error) {
	raw, given := fields["prompt_id"]
	if !given {
		return uuid.NewString(), nil
	}
	var id any
	if err := json.Unmarshal(raw, &id); err != nil {
		return "", err
	}
	switch id := id.(type) {
	case nil:
		return "None", nil
	case string:
		return id, nil
	}
	return string(raw), nil
}

func extraData(fields map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	extra := map[string]json.RawMessage{}
	if raw, given := fields["extra_data"]; given {
		if err := json.Unmarshal(raw, &extra); err != nil {
			return nil, err
		}
	}
	if raw, given := fields["client_id"]; given {
		if extra == nil {
			return nil, errors.New("extra_data is null")
		}
		extra["client_id"] = raw
	}
	return extra, nil
}

// optional decodes a field that may be absent.
func optional(raw json.RawMessage, into any) error {
	if raw == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}

func (s *server) getQueue(w http.ResponseWriter, _ *http.Request) error {
	running, pending := s.queue.snapshot()
	return answer(w, http.StatusOK, object{"queue_running": running, "queue_pending": pending})
}

func (s *server) postQueue(w http.ResponseWriter, r *http.Request) error {
	all, ids, err := removal(r)
	if err != nil {
		return err
	}
	if all {
		s.queue.clear()
	}
	s.queue.remove(ids...)
	return empty(w, http.StatusOK)
}

func (s *server) getHistory(w http.ResponseWriter, r *http.Request) error {
	limit, offset := -1, -1
	for name, into := range map[string]*int{"max_items": &limit, "offset": &offset} {
		if text := r.URL.Query().Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				return err
			}
			*into = n
		}
	}
	return answer(w, http.StatusOK, s.history.page(limit, offset))
}

func (s *server) getHistoryOf(w http.ResponseWriter, r *http.Request) error {
	return answer(w, http.StatusOK, s.history.one(r.PathValue("id")))
}

func (s *server) postHistory(w http.ResponseWriter, r *http.Request) error {
	all, ids, err := removal(r)
	if err != nil {
		return err
	}
	if all {
		s.history.clear()
	}
	s.history.remove(ids...)
	return empty(w, http.StatusOK)
}

// removal reads {"clear": bool, "delete": [ids]}.
func removal(r *http.Request) (all bool, ids []string, err error) {
	fields, err := body(r)
	if err != nil {
		return false, nil, err
	}
	return all, ids, errors.Join(optional(fields["clear"], &all), optional(fields["delete"], &ids))
}

func (s *server) interrupt(w http.ResponseWriter, r *http.Request) error {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var request any
	var id string
	if json.Unmarshal(text, &request) == nil {
		fields, isObject := request.(map[string]any)
		if !isObject {
			return errors.New("the body is not an object")
		}
		id, _ = fields["prompt_id"].(string)
	}
	switch running := s.current.interrupt(id); {
	case id == "":
		s.logf("Global interrupt (no prompt_id specified)")
	case running:
		s.logf("Interrupting prompt %s", id)
	default:
		s.logf("Prompt %s is not currently running, skipping interrupt", id)
	}
	return empty(w, http.StatusOK)
}

func (s *server) postFree(w http.ResponseWriter, r *http.Request) error {
	fields, err := body(r)
	if err != nil {
		return err
	}
	var free freeing
	if err := errors.Join(optional(fields["unload_models"], &free.models), optional(fields["free_memory"], &free.memory)); err != nil {
		return err
	}
	if free != (freeing{}) {
		s.queue.askToFree(free)
	}
	return empty(w, http.StatusOK)
}
