package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/workload"
)

// checkSkipped is an object that no guardrail evaluates. Where nothing is found, it must show that
// nothing was looked at.
type checkSkipped struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Reason    string `json:"reason"`

	by string // the guardrails that it is about, where it is about some
}

// The beginnings of reasons that go on with a kind: the kinds are told together.
const (
	unlooked = "no check or rule looks at "
	unknown  = "neither Kubernetes nor the guardrails know "
)

// isNone tells of a document that is no object of a cluster, or of none that there could be.
func (r *checkReport) isNone(object *manifest.Object) bool {
	if wrong := builtin.Misnamed(object.APIVersion, object.Kind); wrong != nil {
		r.fail(object, wrong.Pointer, wrong.Error())
		r.Summary.Objects--
		return true
	}
	gvk := object.GroupVersionKind()
	switch {
	case gvk.Group == "admission.k8s.io":
		r.skip(object, object.Namespace, "", gvk.Kind+" is no manifest: it carries an object in request.object")
	case builtin.IsOfClients(gvk):
		r.skip(object, object.Namespace, "", fmt.Sprintf("%s of %s is the file of a client, and no object of a cluster", gvk.Kind, gvk.GroupVersion()))
	default:
		return false
	}
	return true
}

func (r *checkReport) skip(object *manifest.Object, namespace, by, reason string) {
	line, _ := object.PositionAt("")
	r.Summary.Skipped = append(r.Summary.Skipped, checkSkipped{
		File: object.File, Line: line, Kind: object.Kind, Namespace: namespace, Name: object.Name, Reason: reason, by: by,
	})
}

// cover takes note of who evaluates an object, or why nobody does.
func (r *checkReport) cover(object *manifest.Object, review *workload.Review, c guardrail.Coverage) {
	for _, name := range c.By {
		r.evaluatedBy[name]++
	}
	for _, not := range c.Not {
		if r.notMatched[not.Guardrail] == nil {
			r.notMatched[not.Guardrail] = map[string]bool{}
		}
		r.notMatched[not.Guardrail][not.Why] = true
	}
	if len(c.By) > 0 {
		r.Summary.Evaluated++
		return
	}
	gvk := object.GroupVersionKind()
	known := builtin.Has(gvk) || gvk.Group == v1alpha1.GroupVersion.Group
	var by, why []string
	for _, not := range c.Not {
		by, why = append(by, not.Guardrail), append(why, not.Why)
	}
	switch {
	case len(why) > 0:
		by, why := strings.Join(by, ", "), strings.Join(slices.Compact(why), "; ")
		r.skip(object, review.Namespace, by, by+": "+why)
	case known:
		r.skip(object, review.Namespace, "", unlooked+gvk.Kind)
	default:
		r.skip(object, review.Namespace, "", fmt.Sprintf("%s%s of %s", unknown, gvk.Kind, gvk.GroupVersion()))
	}
}

// skippedLines say what was not evaluated, a line a reason.
func (r *checkReport) skippedLines() (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(r.notMatched)) {
		if r.evaluatedBy[name] == 0 {
			lines = append(lines, fmt.Sprintf("0 of %s evaluated by %s: %s",
				were(r.Summary.Objects), name, few(slices.Sorted(maps.Keys(r.notMatched[name])))))
		}
	}
	return append(lines, r.skippedByReason()...)
}

// skippedByReason are the lines of single objects, but for those that have been told of with their
// guardrail.
func (r *checkReport) skippedByReason() (lines []string) {
	var reasons []string
	of := map[string][]checkSkipped{}
	kinds := map[string]map[string]bool{}
	for _, s := range r.Summary.Skipped {
		if s.by != "" && !strings.Contains(s.by, ", ") && r.evaluatedBy[s.by] == 0 {
			continue
		}
		reason, kind := s.split()
		if of[reason] == nil {
			reasons = append(reasons, reason)
			kinds[reason] = map[string]bool{}
		}
		of[reason] = append(of[reason], s)
		kinds[reason][kind] = true
	}
	for _, reason := range reasons {
		first := of[reason][0]
		lines = append(lines, fmt.Sprintf("%s:%d: %d of %s not evaluated: %s%s", first.File, first.Line, len(of[reason]),
			count(r.Summary.Objects, "object"), reason, few(slices.Sorted(maps.Keys(kinds[reason])))))
	}
	return lines
}

// split parts a reason from the kind at its end, where there is one.
func (s *checkSkipped) split() (reason, kind string) {
	for _, beginning := range []string{unlooked, unknown} {
		if kind, is := strings.CutPrefix(s.Reason, beginning); is {
			return beginning, kind
		}
	}
	return s.Reason, ""
}

func were(objects int) string {
	if objects == 1 {
		return "1 object was"
	}
	return fmt.Sprintf("%d objects were", objects)
}

// mostNamed bounds a list in a line: the json has all.
const mostNamed = 8

func few(names []string) string {
	if more := len(names) - mostNamed; more > 0 {
		return strings.Join(names[:mostNamed], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}
