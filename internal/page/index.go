package page

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/audit"
)

// index is a report, arranged as the views need it. Its lists are worst first.
type index struct {
	report     *audit.Report
	all        tally
	rules      []*rule
	namespaces []*namespace
	workloads  []*owner
	// worst are the findings, those of the worst workload first.
	worst []*audit.Result

	byRule      map[ruleKey]*rule
	byNamespace map[string]*namespace
	byWorkload  map[ownerKey]*owner
}

// ruleKey names a check or a rule. Each guardrail has its own.
type ruleKey struct{ guardrail, name string }

type rule struct {
	key      ruleKey
	severity string
	own      bool // a rule in CEL, and no check of the catalogue
	tally    tally
	// workloads and namespaces are how many have a finding.
	workloads, namespaces int
	results               []*audit.Result
}

type namespace struct {
	name      string
	summary   audit.NamespaceSummary
	tally     tally
	workloads []*owner
	byRule    map[ruleKey]tally
}

// ownerKey names an object without its version: an owner may be known by another.
type ownerKey struct{ namespace, kind, group, name string }

type owner struct {
	key     ownerKey
	tally   tally
	results []*audit.Result
}

func keyOf(o audit.Object) ownerKey {
	kind := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
	return ownerKey{o.Namespace, kind.Kind, kind.Group, o.Name}
}

func keyOfRule(r *audit.Result) ruleKey { return ruleKey{r.Guardrail, r.Validator} }

func newIndex(r *audit.Report) *index {
	x := &index{
		report: r, byRule: map[ruleKey]*rule{}, byNamespace: map[string]*namespace{}, byWorkload: map[ownerKey]*owner{},
	}
	for _, s := range r.Namespaces {
		x.in(s.Name).summary = s
	}
	for i := range r.Results {
		x.add(&r.Results[i])
	}
	x.sort()
	return x
}

func (x *index) add(r *audit.Result) {
	x.all.add(r)
	key := keyOf(r.Owner)
	n, w, known := x.in(key.namespace), x.byWorkload[key], x.byRule[keyOfRule(r)]
	if w == nil {
		w = &owner{key: key}
		x.byWorkload[key] = w
		x.workloads = append(x.workloads, w)
		n.workloads = append(n.workloads, w)
	}
	if known == nil {
		known = &rule{key: keyOfRule(r), severity: r.Severity, own: r.Rule}
		x.byRule[known.key] = known
		x.rules = append(x.rules, known)
	}
	w.tally.add(r)
	n.tally.add(r)
	known.tally.add(r)
	if n.byRule[known.key] == (tally{}) {
		known.namespaces++
	}
	cell := n.byRule[known.key]
	cell.add(r)
	n.byRule[known.key] = cell
	if !slices.ContainsFunc(w.results, func(other *audit.Result) bool { return keyOfRule(other) == known.key }) {
		known.workloads++
	}
	w.results = append(w.results, r)
	known.results = append(known.results, r)
}

func (x *index) in(name string) *namespace {
	n := x.byNamespace[name]
	if n == nil {
		n = &namespace{name: name, byRule: map[ruleKey]tally{}}
		x.byNamespace[name] = n
		x.namespaces = append(x.namespaces, n)
	}
	return n
}

func (x *index) sort() {
	sortRules(x.rules)
	slices.SortFunc(x.namespaces, func(a, b *namespace) int {
		return cmp.Or(worstFirst(a.tally, b.tally), cmp.Compare(a.name, b.name))
	})
	byWorkload := func(a, b *owner) int {
		return cmp.Or(worstFirst(a.tally, b.tally), compareKeys(a.key, b.key))
	}
	slices.SortFunc(x.workloads, byWorkload)
	for _, n := range x.namespaces {
		slices.SortFunc(n.workloads, byWorkload)
	}
	for _, w := range x.workloads {
		slices.SortStableFunc(w.results, func(a, b *audit.Result) int {
			var of, other tally
			of.add(a)
			other.add(b)
			return worstFirst(of, other)
		})
		x.worst = append(x.worst, w.results...)
	}
}

func sortRules(rules []*rule) {
	slices.SortFunc(rules, func(a, b *rule) int {
		return cmp.Or(worstFirst(a.tally, b.tally), cmp.Compare(a.key.name, b.key.name), cmp.Compare(a.key.guardrail, b.key.guardrail))
	})
}

func compareKeys(a, b ownerKey) int {
	return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.kind, b.kind), cmp.Compare(a.group, b.group), cmp.Compare(a.name, b.name))
}

// failing are the namespaces with findings.
func (x *index) failing() []*namespace {
	end := slices.IndexFunc(x.namespaces, func(n *namespace) bool { return n.tally.total() == 0 })
	if end < 0 {
		return x.namespaces
	}
	return x.namespaces[:end]
}
