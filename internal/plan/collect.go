package plan

import (
	"cmp"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/report"
)

// maxWorkloads bounds the changes that are kept, and maxRequests the requests that one of them
// names: an audit log has no end.
const (
	maxWorkloads = 10_000
	maxRequests  = 100
)

// collector gathers differences by workload.
type collector struct {
	plan *Plan
	at   map[group]*gathered
}

type group struct {
	what     What
	workload Workload
	file     string
}

// gathered is a change, with the findings that it has already.
type gathered struct {
	Change
	has map[same]int
}

func collect(p *Plan) *collector { return &collector{plan: p, at: map[group]*gathered{}} }

// subject is what differences are about.
type subject struct {
	workload Workload
	file     string
	// controlled says that the object belongs to the workload and is not the workload itself: where
	// both have a finding, the place in the workload is where somebody can mend it.
	controlled bool
	request    *Request
}

func (c *collector) add(of *subject, differences []difference) {
	for i := range differences {
		d := &differences[i]
		c.plan.Summary.Changes[d.what]++
		key := group{d.what, of.workload, of.file}
		g := c.at[key]
		if g == nil {
			if len(c.at) == maxWorkloads {
				c.plan.Summary.Left++
				continue
			}
			g = &gathered{Change{What: d.what, Workload: of.workload, File: of.file, Defaults: defaultsOf(d.applied), Patch: d.patch, OldPatch: d.oldPatch}, map[same]int{}}
			c.at[key] = g
		}
		g.take(of, d)
	}
}

func (g *gathered) take(of *subject, d *difference) {
	g.Objects++
	if of.request != nil && len(g.Requests) < maxRequests {
		g.Requests = append(g.Requests, *of.request)
	}
	for _, f := range d.findings {
		key := sameness(&f.Result)
		key.path = inPod(f.Path)
		i, has := g.has[key]
		switch {
		case !has:
			g.has[key] = len(g.Findings)
			g.Findings = append(g.Findings, f)
		case !of.controlled:
			g.Findings[i] = f
		}
	}
}

// templates are where kinds keep what becomes Pods.
var templates = []string{"spec.jobTemplate.spec.template.", "spec.template.", "template."}

// inPod is a path as it is in the Pod that a template becomes.
func inPod(path string) string {
	for _, template := range templates {
		if rest, is := strings.CutPrefix(path, template); is {
			return rest
		}
	}
	return path
}

// finish puts the changes into the plan, in the order in which to read them.
func (c *collector) finish() {
	for _, g := range c.at {
		sortFindings(g.Findings)
		c.plan.Changes = append(c.plan.Changes, g.Change)
	}
	slices.SortFunc(c.plan.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(rank(a.What), rank(b.What)), cmp.Compare(a.Workload.Namespace, b.Workload.Namespace),
			cmp.Compare(a.Workload.Kind, b.Workload.Kind), cmp.Compare(a.Workload.Name, b.Workload.Name), cmp.Compare(a.File, b.File))
	})
	slices.SortFunc(c.plan.Errors, func(a, b report.Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	slices.Sort(c.plan.Notes)
	c.plan.Notes = append([]string{}, slices.Compact(c.plan.Notes)...)
	c.plan.Errors = slices.Compact(c.plan.Errors)
}

func sortFindings(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Validator, b.Validator),
			cmp.Compare(a.Control, b.Control), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
}

func rank(what What) int {
	return slices.IndexFunc(all, func(one titled) bool { return one.what == what })
}

// identity is an object of a file, by the names that its findings go by.
type identity struct{ file, resource, kind, namespace, name string }

func identityOf(r *report.Result) identity {
	return identity{r.File, r.Resource, r.Kind, r.Namespace, r.Name}
}
