package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unique"

	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// summary makes a Report of what is held.
type summary struct {
	report     *Report
	owners     owners
	over       map[types.UID]*over
	at         map[same]int // of results
	alikes     map[unique.Handle[finding]]unique.Handle[finding]
	fixes      map[string][]workload.Operation
	namespaces map[string]*NamespaceSummary
	guardrails map[string]*GuardrailSummary
	exemptions map[exempted]*ExemptionSummary // by namespace and exemption
	covered    map[unique.Handle[string]]int
}

// same is what findings of the objects of one owner have alike.
type same struct {
	owner   Object
	finding unique.Handle[finding] // at the path in the Pod
}

// report makes a Report of what is held, by what it was evaluated by, with notes besides. First is since when results are
// there that have been in a Report before; those of this one take its place.
func (h *held) report(by *basis, notes []string, first map[same]time.Time) (*Report, map[same]time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &summary{
		over: h.over, report: &Report{Results: []Result{}, Notes: slices.Concat([]string{}, by.notes, notes)},
		owners: owners{h.find, map[unique.Handle[Object]]Object{}}, at: map[same]int{},
		alikes: map[unique.Handle[finding]]unique.Handle[finding]{}, fixes: map[string][]workload.Operation{},
		namespaces: map[string]*NamespaceSummary{}, covered: map[unique.Handle[string]]int{},
	}
	s.begin(by)
	for _, kind := range h.kinds {
		s.kind(kind)
	}
	seen := map[same]time.Time{}
	for key, i := range s.at {
		r := &s.report.Results[i]
		if before, known := first[key]; known && before.Before(r.FirstSeen) {
			r.FirstSeen = before
		}
		seen[key] = r.FirstSeen
	}
	s.end()
	return s.report, seen
}

// begin names what the evaluation is by.
func (s *summary) begin(by *basis) {
	s.guardrails = map[string]*GuardrailSummary{}
	for _, g := range by.guardrails {
		s.guardrails[g.Name] = guardrailSummary(&g)
	}
	s.exemptions = map[exempted]*ExemptionSummary{}
	for i := range by.objects.Exemptions {
		x := &by.objects.Exemptions[i]
		one := &ExemptionSummary{Name: x.Name, Namespace: x.Namespace, Owner: x.Spec.Owner, Reason: x.Spec.Reason}
		if expires, err := guardrail.ParseDate(x.Spec.Expires); err == nil {
			one.Expires = &expires
		}
		if used := x.Status.LastUsed; used != nil {
			one.LastUsed = &used.Time
		}
		s.exemptions[exempted{namespace: x.Namespace, exemption: x.Name}] = one
	}
}

func guardrailSummary(g *guardrail.InForce) *GuardrailSummary {
	out := &GuardrailSummary{Name: g.Name, Validators: []ValidatorSummary{}}
	for _, v := range g.Validators {
		one := ValidatorSummary{Name: v.Name, Action: v.Action, Rule: v.Rule}
		if !v.EnforceFrom.IsZero() {
			one.EnforceFrom = &v.EnforceFrom
		}
		out.Validators = append(out.Validators, one)
	}
	return out
}

func (s *summary) in(namespace string) *NamespaceSummary {
	if s.namespaces[namespace] == nil {
		s.namespaces[namespace] = &NamespaceSummary{Name: namespace}
	}
	return s.namespaces[namespace]
}

func (s *summary) kind(kind *heldKind) {
	var problem *record
	problems := 0
	for _, r := range kind.objects {
		if !kind.evaluated {
			continue // it is there for others to refer to
		}
		s.record(kind, r)
		if r.problem == "" {
			continue
		}
		problems++
		if problem == nil || r.before(problem) {
			problem = r
		}
	}
	if problem != nil {
		s.report.Notes = append(s.report.Notes, problemNote(kind, problem, problems))
	}
}

// before orders records, so that what is said of several does not depend on chance.
func (r *record) before(other *record) bool {
	return cmp.Or(cmp.Compare(r.namespace, other.namespace), cmp.Compare(r.name, other.name)) < 0
}

// problemNote tells of the first of those that could not be evaluated: there may be thousands.
func problemNote(kind *heldKind, r *record, n int) string {
	text := fmt.Sprintf("could not evaluate %s %s: %s", kind.resource.GroupResource(), strings.TrimPrefix(r.namespace+"/"+r.name, "/"), r.problem)
	if n > 1 {
		text += fmt.Sprintf("; nor %d more", n-1)
	}
	return text
}

func (s *summary) record(kind *heldKind, r *record) {
	findings, exempt := r.findings, r.exempted
	if o := s.over[r.uid]; o != nil {
		findings, exempt = slices.Concat(findings, o.findings), slices.Concat(exempt, o.exempted)
	}
	namespace := s.in(r.namespace)
	for _, count := range []*Summary{&s.report.Summary, &namespace.Summary} {
		count.Objects++
		count.Exempted += len(exempt)
		switch {
		case r.excluded:
			count.Excluded++
		case r.isCovered():
			count.Evaluated++
			if len(findings)+len(exempt) == 0 && r.problem == "" {
				count.Passed++
			}
		}
	}
	if r.isCovered() {
		s.covered[r.covered]++
	}
	s.exempted(exempt)
	if len(findings) == 0 {
		return
	}
	object := kind.object(r)
	owner := s.owners.lastOf(object, r.owner)
	for _, f := range findings {
		s.finding(kind, object, owner, f)
	}
}

func (k *listed) object(r *record) Object {
	version, kind := k.kind.ToAPIVersionAndKind()
	return Object{version, kind, r.namespace, r.name, r.uid}
}

// exempted counts what Exemptions let through of an object, which counts once for each of them.
func (s *summary) exempted(exempt []unique.Handle[exempted]) {
	for i, h := range exempt {
		x := h.Value()
		if g := s.guardrails[x.guardrail]; g != nil {
			g.Exempted++
		}
		x.guardrail = ""
		counted := slices.ContainsFunc(exempt[:i], func(before unique.Handle[exempted]) bool {
			b := before.Value()
			return b.namespace == x.namespace && b.exemption == x.exemption
		})
		if by := s.exemptions[x]; by != nil && !counted {
			by.Used++
		}
	}
}

// finding counts a finding of an object to who controls it.
func (s *summary) finding(kind *heldKind, object, owner Object, f seen) {
	key := same{owner, s.alike(kind, f.Handle)}
	since := time.Unix(f.since, 0).UTC()
	i, known := s.at[key]
	if !known {
		s.at[key] = len(s.report.Results)
		s.report.Results = append(s.report.Results, Result{s.result(kind, object, f.Handle), owner, 1, since})
		return
	}
	r := &s.report.Results[i]
	r.Objects++
	if since.Before(r.FirstSeen) {
		r.FirstSeen = since
	}
	// What its owner says of the path is what somebody can mend. Else the first by name stands for all.
	ofOwner := r.Kind == owner.Kind && r.Name == owner.Name
	if object == owner || !ofOwner && cmp.Or(cmp.Compare(object.Kind, r.Kind), cmp.Compare(object.Name, r.Name)) < 0 {
		r.Result = s.result(kind, object, f.Handle)
	}
}

// alike is the finding at its path in the Pod, without what a Pod and its template may differ in. It is
// made once for all objects that have it.
func (s *summary) alike(kind *heldKind, h unique.Handle[finding]) unique.Handle[finding] {
	if known, is := s.alikes[h]; is {
		return known
	}
	f := h.Value()
	f.path = inPod(kind.kind.GroupKind(), f.path)
	f.fix, f.severity, f.rule = "", "", false
	alike := unique.Make(f)
	s.alikes[h] = alike
	return alike
}

// result is what is told of a finding of an object. The operations of its fix are shared.
func (s *summary) result(kind *heldKind, object Object, h unique.Handle[finding]) report.Result {
	f := h.Value()
	fix, known := s.fixes[f.fix]
	if !known {
		fix = f.operations()
		s.fixes[f.fix] = fix
	}
	return report.Result{
		Kind: object.Kind, Namespace: object.Namespace, Name: object.Name,
		Guardrail: f.guardrail, Validator: f.validator, Control: f.control, Action: f.action, Severity: f.severity,
		Path: f.path, Message: f.message, Fix: fix,
		Resource: kind.name(), Rule: f.rule,
	}
}

// end counts results, and puts all in order.
func (s *summary) end() {
	for i := range s.report.Results {
		r := &s.report.Results[i]
		s.report.Summary.count(r.Action)
		s.in(r.Owner.Namespace).count(r.Action)
		if g := s.guardrails[r.Guardrail]; g != nil {
			g.count(r)
		}
	}
	for names, n := range s.covered {
		for name := range strings.SplitSeq(names.Value(), separator) {
			if g := s.guardrails[name]; g != nil {
				g.Objects += n
			}
		}
	}
	s.report.Namespaces = values(s.namespaces)
	s.report.Guardrails = values(s.guardrails)
	s.report.Exemptions = values(s.exemptions)
	s.sort()
}

func (g *GuardrailSummary) count(r *Result) {
	var s Summary
	s.count(r.Action)
	g.Denied, g.Warned, g.Audited = g.Denied+s.Denied, g.Warned+s.Warned, g.Audited+s.Audited
}

func values[K comparable, V any](m map[K]*V) []V {
	all := make([]V, 0, len(m))
	for v := range maps.Values(m) {
		all = append(all, *v)
	}
	return all
}

func (s *summary) sort() {
	s.report.Results = inOrder(s.report.Results)
	slices.SortFunc(s.report.Namespaces, func(x, y NamespaceSummary) int { return cmp.Compare(x.Name, y.Name) })
	slices.SortFunc(s.report.Guardrails, func(x, y GuardrailSummary) int { return cmp.Compare(x.Name, y.Name) })
	slices.SortFunc(s.report.Exemptions, func(x, y ExemptionSummary) int {
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
	slices.Sort(s.report.Notes)
}

// inOrder are results by their owners. They are large, so that not they are sorted but where they are.
func inOrder(results []Result) []Result {
	at := make([]int, len(results))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(i, j int) int {
		x, y := &results[i], &results[j]
		return cmp.Or(cmp.Compare(x.Owner.Namespace, y.Owner.Namespace), cmp.Compare(x.Owner.Kind, y.Owner.Kind), cmp.Compare(x.Owner.Name, y.Owner.Name),
			cmp.Compare(x.Validator, y.Validator), cmp.Compare(x.Control, y.Control), cmp.Compare(x.Path, y.Path),
			cmp.Compare(x.Guardrail, y.Guardrail), cmp.Compare(x.Message, y.Message), cmp.Compare(x.Owner.UID, y.Owner.UID))
	})
	sorted := make([]Result, len(results))
	for to, from := range at {
		sorted[to] = results[from]
	}
	return sorted
}
