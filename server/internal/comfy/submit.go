package comfy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ErrUncertain says that the prompt may or may not be queued. The caller asks [Client.Lookup] until it knows;
// submitting again could run the prompt twice.
var ErrUncertain = errors.New("it is not known whether ComfyUI queued the prompt")

// Prompt is one graph to run.
type Prompt struct {
	// ID is chosen by the caller, who can then find the prompt again whatever happens to the answer:
	// a lower-case hyphenated UUID, newer versions refuse all else.
	ID    string
	Graph json.RawMessage // API format; sent as it is, so numbers keep every digit
	// Workflow holds the file of ComfyUI's page that the graph was made of, which opens again from what ComfyUI writes; nil: none.
	Workflow json.RawMessage
	// Paid says that the graph has nodes of paid services. They are given [Options.PartnerKey].
	Paid bool
}

// extraData returns what goes beside the graph.
func (c *Client) extraData(p Prompt) map[string]any {
	extra := map[string]any{}
	if p.Workflow != nil {
		extra["extra_pnginfo"] = map[string]json.RawMessage{"workflow": p.Workflow}
	}
	if p.Paid && c.partnerKey != "" {
		extra["api_key_comfy_org"] = c.partnerKey
	}
	return extra
}

// Submit posts a prompt and returns nil when ComfyUI has queued it. It posts once, never again. Errors:
//   - *[RejectedError]: the graph will not run; nothing of it is queued.
//   - [ErrUnreachable]: nothing was sent, or something other than ComfyUI answered. Safe to submit again.
//   - [ErrUncertain]: the connection was lost midway and neither queue nor history settled it, or ctx's deadline came
//     first: then they were not asked, and the caller, who has other plans, may want to [Client.Cancel] it.
//
// A prompt with this ID that ComfyUI already has counts as queued.
func (c *Client) Submit(ctx context.Context, p Prompt) error {
	r, err := c.Encode(p)
	if err != nil {
		return err
	}
	return c.Post(ctx, r)
}

// Request is a prompt that is ready to be posted.
type Request struct {
	id   string
	body encoded
}

// Encode makes a prompt ready for [Client.Post]: what can be done before the moment at which it is to begin. A
// *[RejectedError] says that the graph will not run.
func (c *Client) Encode(p Prompt) (Request, error) {
	if p.ID == "" {
		return Request{}, &RejectedError{Type: "invalid_prompt_id", Message: "a prompt needs an id"}
	}
	if err := CheckGraph(p.Graph); err != nil {
		return Request{}, err
	}
	body := map[string]any{"prompt": p.Graph, "prompt_id": p.ID, "client_id": c.ClientID()}
	if extra := c.extraData(p); len(extra) > 0 {
		body["extra_data"] = extra
	}
	data, err := encode(body)
	if err != nil {
		return Request{}, &RejectedError{Type: "invalid_graph", Message: fmt.Sprintf("the workflow cannot be encoded: %v", err)}
	}
	return Request{p.ID, data}, nil
}

// Post is the second half of [Client.Submit], with its errors.
func (c *Client) Post(ctx context.Context, r Request) error {
	a, err := c.send(ctx, slowTimeout, http.MethodPost, "/prompt", r.body)
	if errors.Is(err, ErrUnreachable) {
		return err
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrUncertain, err)
	}
	if err != nil {
		return c.resolveSubmission(ctx, r.id, fmt.Errorf("%w: %w", ErrUncertain, err))
	}
	return c.judge(ctx, r.id, a)
}

// judge turns the answer to a post into Submit's result.
func (c *Client) judge(ctx context.Context, id string, a answer) error {
	refusal := parseRejection(a)
	status := a.ok(http.MethodPost, "/prompt")
	switch {
	case a.status == http.StatusOK:
		return c.accepted(ctx, id, a, refusal)
	case a.status == http.StatusConflict:
		if refusal == nil {
			refusal = &RejectedError{Status: a.status, Message: "ComfyUI already has a prompt with this id"}
		}
		return c.resolveSubmission(ctx, id, refusal)
	case a.status == http.StatusInternalServerError:
		// The handler is over, so what is not in the queue now will not come; but it may have come.
		return c.resolveSubmission(ctx, id, &RejectedError{
			Status:  a.status,
			Type:    "server_error",
			Message: "ComfyUI could not handle the workflow",
			Details: a.said(),
		})
	case a.status > http.StatusInternalServerError: // a proxy speaks; ComfyUI may have been asked
		return c.resolveSubmission(ctx, id, fmt.Errorf("%w: %w", ErrUncertain, status))
	case a.status == http.StatusRequestEntityTooLarge:
		return &RejectedError{Status: a.status, Type: "too_large", Message: "the workflow is larger than ComfyUI takes"}
	case refusal != nil:
		return refusal
	case a.status == http.StatusBadRequest:
		return &RejectedError{Status: a.status, Message: "ComfyUI refused the workflow", Details: firstLine(a.said())}
	default:
		return fmt.Errorf("%w: %w", ErrUnreachable, status)
	}
}

// accepted checks that ComfyUI queued the whole graph under the id asked for.
func (c *Client) accepted(ctx context.Context, id string, a answer, refusal *RejectedError) error {
	var v struct {
		PromptID string `json:"prompt_id"`
	}
	if err := decode(a.body, &v); err != nil || v.PromptID == "" && refusal == nil {
		return c.resolveSubmission(ctx, id, fmt.Errorf("%w: POST /prompt was answered with %.60q", ErrUncertain, a.body))
	}
	if v.PromptID != "" && v.PromptID != id {
		refusal = &RejectedError{
			Status:  a.status,
			Type:    "prompt_id_ignored",
			Message: "this ComfyUI does not take prompt ids from its clients; version 0.3.57 or later is needed",
		}
		id = v.PromptID
	}
	if refusal == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	if err := c.Cancel(ctx, id); err != nil {
		c.log.Warn("could not cancel a prompt that ComfyUI accepted only in part", "prompt", id, "err", err)
	}
	return refusal
}

// resolveSubmission looks for a prompt whose submission did not clearly succeed: nil when ComfyUI has it, otherwise doubt,
// or, when it cannot even be asked, an ErrUncertain. It looks twice, since a lost connection does not stop the
// handler, and goes on briefly when ctx has ended: the caller needs the answer to stop cleanly.
func (c *Client) resolveSubmission(ctx context.Context, id string, doubt error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		presence, _, err := c.Lookup(ctx, id)
		switch {
		case err != nil && errors.Is(doubt, ErrUncertain):
			return doubt
		case err != nil:
			return fmt.Errorf("%w: %v", ErrUncertain, doubt) // not wrapped: it is no refusal yet
		case presence != Unknown:
			return nil
		case attempt == 2:
			return doubt
		}
		time.Sleep(c.timings.submitCheck)
	}
}
