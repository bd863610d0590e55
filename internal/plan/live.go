package plan

import (
	"context"
	"fmt"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/workload"
)

// LiveOptions are what a cluster does not tell.
type LiveOptions struct {
	ExcludedNamespaces []string
	// Progress is called after each object, with how many there were, if it is there.
	Progress func(objects int)
}

// Live compares two guardrails by what is in a cluster: each object as its creation would be.
func Live(ctx context.Context, cluster audit.Cluster, from, to *Side, o LiveOptions) (*Plan, error) {
	inventory, err := audit.Take(ctx, cluster)
	if err != nil {
		return nil, err
	}
	p := newPlan(from, to)
	both, err := compileBoth(p, from.withoutRequests(p), to.withoutRequests(p), guardrail.Options{
		ExcludedNamespaces: guardrail.ExcludedNamespaces(o.ExcludedNamespaces...),
		Cluster:            workload.Cluster{Namespace: inventory.Namespace}, AllFindings: true,
	})
	if err != nil {
		return nil, err
	}
	c := collect(p)
	notes, err := inventory.Each(ctx, func(review *workload.Review) {
		was, is, evaluated, err := both.each(ctx, review)
		if err != nil {
			p.Notes = append(p.Notes, fmt.Sprintf("could not evaluate %s %s: %v", review.GroupResource(), review.DisplayName(), err))
			return
		}
		if p.Summary.Objects++; o.Progress != nil {
			o.Progress(p.Summary.Objects)
		}
		if evaluated {
			p.Summary.Evaluated++
		}
		w, controlled := workloadOf(review)
		c.add(&subject{workload: w, controlled: controlled}, compare(was, is))
	}, both.from, both.to)
	if err != nil {
		return nil, err
	}
	p.Notes = append(p.Notes, notes...)
	c.finish()
	return p, nil
}

// Preview is what becomes different in a cluster when what is in force there becomes what somebody
// has written. The error is about what was written, or that nothing can be listed.
func Preview(ctx context.Context, cluster audit.Cluster, stored guardrail.Objects, written []byte) (*Plan, error) {
	objects, err := guardrail.Parse("NEW", written)
	if err != nil {
		return nil, err
	}
	from, to := InForce(stored), &Side{Name: "NEW", Objects: objects}
	Share(from, to, stored.Exemptions)
	return Live(ctx, cluster, from, to, LiveOptions{})
}

// withoutRequests is a side without the rules that ask who sends a request.
func (s *Side) withoutRequests(p *Plan) *Side {
	rest := *s
	var notes []string
	rest.Objects, notes = audit.WithoutRequests(s.Objects)
	p.Notes = append(p.Notes, notes...)
	return &rest
}
