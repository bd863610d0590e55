package plan

import (
	"context"
	"io"
	"slices"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/report"
)

// Manifests compares two guardrails by what is in manifests, as `taffrail check` reads and
// evaluates them. The error is about the guardrails.
func Manifests(ctx context.Context, from, to *Side, o check.Options, stdin io.Reader, args ...string) (*Plan, error) {
	p := newPlan(from, to)
	o.Defaults = true
	o.Objects = guardrail.Objects{
		Guardrails: slices.Concat(from.Objects.Guardrails, to.Objects.Guardrails),
	}
	reports, err := check.RunEach(ctx, o, []check.Compile{from.compile(p), to.compile(p)}, stdin, args...)
	if err != nil {
		return nil, err
	}
	was, is := byObject(reports[0]), byObject(reports[1])
	c := collect(p)
	for _, r := range reports {
		p.Errors = append(p.Errors, r.Errors...)
		p.Notes = append(p.Notes, r.Notes...)
	}
	for id := range keysOf(was, is) {
		c.add(&subject{workload: Workload{id.kind, id.namespace, id.name}, file: id.file}, compare(of(was, id), of(is, id)))
	}
	p.Summary.Objects = reports[0].Summary.Objects
	p.Summary.Evaluated = max(reports[0].Summary.Evaluated, reports[1].Summary.Evaluated)
	c.finish()
	return p, nil
}

// byObject has what a report says of each object.
func byObject(r *report.Report) map[identity]*verdict {
	all := map[identity]*verdict{}
	at := func(id identity) *verdict {
		if all[id] == nil {
			all[id] = &verdict{}
		}
		return all[id]
	}
	for f := range r.All() {
		v := at(identityOf(f))
		v.findings = append(v.findings, *f)
	}
	for i := range r.Completed {
		c := &r.Completed[i]
		v := at(identity{c.File, c.Resource, c.Kind, c.Namespace, c.Name})
		v.applied, v.patch = append(v.applied, c.Applied...), append(v.patch, c.Patch...)
	}
	return all
}

func keysOf(maps ...map[identity]*verdict) map[identity]bool {
	all := map[identity]bool{}
	for _, one := range maps {
		for id := range one {
			all[id] = true
		}
	}
	return all
}

func of(all map[identity]*verdict, id identity) *verdict {
	if v := all[id]; v != nil {
		return v
	}
	return &verdict{}
}
