package booking

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// plan holds the jobs of a series, each with its values and the workers that it can go to.
type plan struct {
	id    string // of the series
	asked SeriesRequest
	parts []part // in the order of what is asked for
	order []int  // in which they are booked: what needs the same models together
}

// part is one job of a series.
type part struct {
	cell
	wanted
}

// plan holds a series against what is offered, and says everything that is wrong with its values; fault.InvalidFields and the errors
// of want.
func (s *Service) plan(ctx context.Context, r SeriesRequest) (p plan, err error) {
	p.asked = r
	if p.id, err = newSeriesID(); err != nil {
		return p, err
	}
	offered, err := s.Offers.Offer(ctx, r.Workflow, r.Version)
	if err != nil {
		return p, err
	}
	cells, err := r.expand(offered)
	if err != nil {
		return p, err
	}
	var wrong fault.Fields
	for i, c := range cells {
		one, err := s.want(ctx, Request{Inputs: c.inputs, Workflow: r.Workflow, Version: r.Version, Worker: r.Worker})
		p.parts = append(p.parts, part{c, one})
		if refused, is := fault.Of(err); is && refused.Reason == fault.InvalidFields {
			located, _ := fault.Of(p.locate(i, err))
			for _, f := range located.Fields {
				if !slices.Contains(wrong, f) {
					wrong = append(wrong, f)
				}
			}
			continue
		}
		if err != nil {
			return p, err
		}
		if p.parts[i].id, err = newSeriesID(); err != nil {
			return p, err
		}
	}
	p.sort()
	return p, wrong.Err()
}

// sort brings jobs together that leave the same models in memory, in the order in which these are needed first.
func (p *plan) sort() {
	first := map[string]int{}
	models := func(i int) string {
		if len(p.parts[i].candidates) == 0 {
			return ""
		}
		return p.parts[i].candidates[0].Models
	}
	for i := range p.parts {
		p.order = append(p.order, i)
		if _, seen := first[models(i)]; !seen {
			first[models(i)] = i
		}
	}
	slices.SortStableFunc(p.order, func(a, b int) int { return first[models(a)] - first[models(b)] })
}

// blocks gives the workers that can run all jobs, each with the time that these take there one after the other.
func (p *plan) blocks() (found []placement.Candidate) {
	first := p.parts[p.order[0]]
	for _, c := range first.candidates {
		length, all, last := c.Length, true, c.Models
		for k, i := range p.order[1:] {
			there := named(p.parts[i].candidates, c.Worker)
			if all = len(there) > 0; !all {
				break
			}
			before := named(p.parts[p.order[k]].candidates, c.Worker)
			length.Expected += there[0].Expected
			length.Slot += there[0].Slot + 1
			last = there[0].Models
			if there[0].Models != "" && there[0].Models != before[0].Models {
				length.Expected += there[0].Load
				length.Slot += there[0].LoadSlot
			}
		}
		if all {
			found = append(found, placement.Candidate{Worker: c.Worker, Length: length, Leaves: last})
		}
	}
	if len(found) == 0 { // then the first job has the error of a worker that cannot run the others
		found = first.candidates[:1]
	}
	return found
}

// blocks gives the workers that can run all jobs of a series, each with the time until the files of all can be there.
func (s *Service) blocks(ctx context.Context, tx store.Tx, p plan, now int64) ([]placement.Candidate, error) {
	files := workflow.Values{}
	for i, one := range p.parts {
		for name, value := range one.wanted.inputs {
			if file, is := value.(workflow.File); is {
				files[name+"/"+strconv.Itoa(i)] = file
			}
		}
	}
	found, err := s.fitting(ctx, tx, p.blocks(), p.parts[0].workflow.ID, files, now)
	if err != nil {
		return p.blocks(), nil //nolint:nilerr // the job that takes the file says so, by the name of its input
	}
	return found, nil
}

// named returns the candidate that is a worker; none when it is not among them.
func named(candidates []placement.Candidate, worker string) []placement.Candidate {
	i := slices.IndexFunc(candidates, func(c placement.Candidate) bool { return c.Worker == worker })
	if i < 0 {
		return nil
	}
	return candidates[i : i+1 : i+1]
}

// locate names the fields of an error about one job where the request has them.
func (p *plan) locate(i int, err error) error {
	refused, is := fault.Of(err)
	if !is || refused.Reason != fault.InvalidFields {
		return err
	}
	var fields fault.Fields
	for _, f := range refused.Fields {
		name, key := p.parts[i].field(p.asked, f.Name, f.Key)
		fields.Add(name, key, f.Message)
	}
	return fields.Err()
}

// field names what an input of one job is called in the request.
func (c cell) field(r SeriesRequest, name, key string) (string, string) {
	if name != "inputs" {
		return name, key
	}
	for a, axis := range r.Axes {
		if axis.Name == key {
			return fmt.Sprintf("axes[%d].values[%d]", a, c.at[a]), ""
		}
	}
	_, common := r.Inputs[key]
	if c.item < 0 {
		return name, key
	}
	if _, own := r.Items[c.item][key]; own || !common {
		return "items[" + strconv.Itoa(c.item) + "].inputs", key
	}
	return name, key
}
