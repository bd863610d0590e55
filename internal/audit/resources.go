package audit

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/sets"
)

// listed is a kind of the cluster that a set looks at.
type listed struct {
	resource   schema.GroupVersionResource
	kind       schema.GroupVersionKind
	namespaced bool
	// evaluated says that a check or a rule finds something in its objects.
	evaluated bool
	// facts are those that its objects have for checks over all objects together.
	facts sets.Needs
}

// namesOnly says that nothing but the names of its objects is asked for: whoever has no rule for Secrets
// must not read them.
func (l *listed) namesOnly() bool {
	return !l.evaluated && l.resource.Group == "" && (l.resource.Resource == "secrets" || l.resource.Resource == "configmaps")
}

// name is the kind as kubectl writes it: deployments.apps.
func (l *listed) name() string { return shared(l.resource.GroupResource().String()) }

// overIn are the kinds in whose objects checks over all objects together find something, if these are
// given the facts that they need.
func overIn(set *guardrail.Set, needs sets.Needs) (kinds []schema.GroupKind) {
	if needs == 0 {
		return nil
	}
	for _, g := range set.InForce() {
		kinds = append(kinds, g.Over()...)
	}
	return kinds
}

// resourcesOf are the kinds of a cluster that a set looks at, and what the API server could not say
// about its own kinds, and those that have facts which are needed. Of a kind that has several versions one is listed.
func resourcesOf(client discovery.DiscoveryInterface, set *guardrail.Set, needs sets.Needs) (all []listed, notes []string, err error) {
	_, lists, err := client.ServerGroupsAndResources()
	if failed, ok := discovery.GroupDiscoveryFailedErrorGroups(err); ok {
		for group, err := range failed {
			notes = append(notes, fmt.Sprintf("could not ask what kinds %s has: %v", group, err))
		}
		slices.Sort(notes)
	} else if err != nil {
		return nil, nil, fmt.Errorf("asking the API server what kinds it has: %w", err)
	}
	watched, over := set.Resources(), overIn(set, needs)
	seen := map[schema.GroupResource]bool{}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, r := range list.APIResources {
			resource := version.WithResource(r.Name)
			if seen[resource.GroupResource()] || !canList(&r) {
				continue
			}
			kind := listed{resource, version.WithKind(r.Kind), r.Namespaced, false, factsOf[resource.GroupResource()] & needs}
			kind.evaluated = looksAt(watched, resource) || slices.Contains(over, kind.kind.GroupKind())
			if !kind.evaluated && kind.facts == 0 {
				continue
			}
			seen[resource.GroupResource()] = true
			all = append(all, kind)
		}
	}
	return all, notes, nil
}

func canList(r *metav1.APIResource) bool {
	return slices.Contains(r.Verbs, "list") && !strings.Contains(r.Name, "/")
}

// looksAt tells whether a set evaluates the creation of objects of a resource.
func looksAt(watched []guardrail.Watched, resource schema.GroupVersionResource) bool {
	is := func(pattern, name string) bool { return pattern == "*" || pattern == name }
	return slices.ContainsFunc(watched, func(w guardrail.Watched) bool {
		return is(w.Group, resource.Group) && is(w.Version, resource.Version) && is(w.Resource.Resource, resource.Resource)
	})
}
