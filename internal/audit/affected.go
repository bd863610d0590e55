package audit

import (
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// affected is what must be evaluated again after a change of what decides.
type affected struct {
	all       bool
	resources []guardrail.Watched
	kinds     []schema.GroupKind
	// namespaces are those of Exemptions.
	namespaces map[string]bool
}

func (a *affected) any() bool { return a.all || len(a.resources)+len(a.kinds)+len(a.namespaces) > 0 }

// of are the namespaces in which the objects of a kind must be evaluated again; the empty one is all.
func (a *affected) of(kind *listed) []string {
	switch {
	case a.all, looksAt(a.resources, kind.resource), slices.Contains(a.kinds, kind.kind.GroupKind()):
		return []string{""}
	case kind.namespaced, kind.resource == ofNamespaces.resource:
		return slices.Collect(maps.Keys(a.namespaces))
	default:
		return nil
	}
}

// affectedBy is what a change from one basis to another affects.
func affectedBy(before, after *basis) affected {
	a := affected{namespaces: map[string]bool{}}
	if before == nil || before == after { // at first all is listed anyway
		return a
	}
	was, is := before.specs(), after.specs()
	for name := range union(was, is) {
		if was[name] == nil || is[name] == nil || !equality.Semantic.DeepEqual(was[name], is[name]) {
			a.guardrail(name, before, after)
		}
	}
	exempted, exempts := before.exemptions(), after.exemptions()
	for name := range union(exempted, exempts) {
		b, n := exempted[name], exempts[name]
		if b == nil || n == nil || !equality.Semantic.DeepEqual(b.Spec, n.Spec) || !b.CreationTimestamp.Equal(&n.CreationTimestamp) {
			a.namespaces[name.Namespace] = true
		}
	}
	return a
}

// guardrail adds what a guardrail looked at before a change, and after it. One with defaults completes
// what all others look at.
func (a *affected) guardrail(name string, in ...*basis) {
	for _, b := range in {
		for i := range b.guardrails {
			if g := &b.guardrails[i]; g.Name == name {
				a.resources, a.kinds = append(a.resources, g.Resources...), append(a.kinds, g.Over()...)
				a.all = a.all || g.Completes
			}
		}
	}
}

// byDates adds what is evaluated otherwise since a date that has passed.
func (a *affected) byDates(b *basis, from, to time.Time) {
	passed := func(date time.Time) bool { return from.Before(date) && !to.Before(date) }
	for _, g := range b.guardrails {
		for _, v := range g.Validators {
			if passed(v.EnforceFrom) {
				a.resources, a.kinds = append(a.resources, g.Resources...), append(a.kinds, g.Over()...)
			}
		}
	}
	for i := range b.objects.Exemptions {
		x := &b.objects.Exemptions[i]
		if expires, err := guardrail.ParseDate(x.Spec.Expires); err == nil && passed(expires) {
			a.namespaces[x.Namespace] = true
		}
	}
}

func (b *basis) specs() map[string]*v1alpha1.GuardrailSpec {
	all := map[string]*v1alpha1.GuardrailSpec{}
	for i := range b.objects.Guardrails {
		all[b.objects.Guardrails[i].Name] = &b.objects.Guardrails[i].Spec
	}
	return all
}

func (b *basis) exemptions() map[types.NamespacedName]*v1alpha1.Exemption {
	all := map[types.NamespacedName]*v1alpha1.Exemption{}
	for i := range b.objects.Exemptions {
		x := &b.objects.Exemptions[i]
		all[types.NamespacedName{Namespace: x.Namespace, Name: x.Name}] = x
	}
	return all
}

func union[K comparable, V any](a, b map[K]V) map[K]bool {
	all := map[K]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}
