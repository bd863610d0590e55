package fix

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// left notes the findings that are left, and why they are.
func (f *File) left(r *run, found *report.Report, patches []*patching) {
	refused := map[string]string{}
	for _, p := range patches {
		f.unwritten(p)
		maps.Copy(refused, p.refused)
	}
	for _, result := range found.Results {
		if !r.only.hasCheck(result.Validator, result.Control) || result.Ignored != "" {
			continue
		}
		left := Left{Result: result}
		why, tried := refused[keyOfResult(&result)]
		switch {
		case tried:
			left.Why = why
		case len(result.Fix) > 0 && !result.FixIsSafe && !r.unsafe:
			left.Why = NeedsUnsafe
		}
		f.Left = append(f.Left, left)
	}
	slices.SortStableFunc(f.Left, func(a, b Left) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// keyOfResult is keyOf for a finding in a report.
func keyOfResult(r *report.Result) string {
	return r.Guardrail + " " + r.Validator + " " + r.Control + " " + r.Path + " " + r.Message
}

// ignored are the findings that a manifest says are to be ignored, in a comment or an annotation.
func (r *run) ignored(ctx context.Context, source *manifest.File) map[string]bool {
	if !bytes.Contains(source.Text, []byte("taffrail:ignore")) && !bytes.Contains(source.Text, []byte("ignore.taffrail.dev/")) {
		return nil
	}
	ignored := map[string]bool{}
	for _, result := range r.Report(ctx, r.set, source.Parse(source.Text)).Results {
		if result.Ignored != "" {
			ignored[keyOfResult(&result)] = true
		}
	}
	return ignored
}

// unwritten notes the defaults that cannot be written.
func (f *File) unwritten(p *patching) {
	for _, d := range p.unwritten {
		line, column := p.object.PositionAt("")
		f.Left = append(f.Left, Left{report.Result{
			File: f.Name, Line: line, Column: column, Name: p.object.Name, Action: v1alpha1.Warn, Guardrail: d.Guardrail, Validator: d.Mutator,
			Resource: p.resource(), Message: "must be written by hand",
		}, p.why.Error()})
	}
}

func (p *patching) resource() string {
	resource, _ := workload.ResourceFor(p.object.GroupVersionKind())
	return resource.GroupResource().String()
}

// NeedsUnsafe is why a fix has not been made that changes what an object does.
const NeedsUnsafe = "--unsafe fixes it"
