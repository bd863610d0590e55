package reference

import (
	"maps"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// podsAndTemplates are what holds a Pod.
var podsAndTemplates = append([]string{
	"pods", "podtemplates", "replicationcontrollers", "daemonsets.apps", "deployments.apps", "replicasets.apps",
	"statefulsets.apps", "cronjobs.batch", "jobs.batch",
}, foreignTemplates()...)

// foreignTemplates are those of other systems.
func foreignTemplates() (names []string) {
	for _, f := range workload.ForeignKinds() {
		names = append(names, f.Resource+"."+f.Group)
	}
	return names
}

// LooksAt names what a check looks at.
func (p *Page) LooksAt() string {
	if p.OverSet == nil {
		return looksAt(p.Resources)
	}
	var names []string
	for _, kind := range p.OverSet.Kinds {
		names = append(names, kind.Kind)
	}
	if slices.Contains(names, "Pod") { // the rest are those that hold a template of one, but for these
		rest := slices.DeleteFunc(names, func(name string) bool { return name != "Ingress" && name != "ServiceAccount" })
		names = append([]string{"Pod", "all that hold a template"}, rest...)
	}
	return "all objects together, for " + strings.Join(names, ", ")
}

// looksAt lists resources by their operations: CREATE and UPDATE of pods,
// deployments.apps. It has short names for what most checks look at.
func looksAt(resources []validators.Resource) string {
	seen := map[string]bool{}
	for _, r := range resources {
		seen[r.GroupResource().String()] = true
	}
	everything := len(seen) > 1 && !slices.ContainsFunc(slices.Collect(maps.Keys(knownResources())), func(name string) bool { return !seen[name] })
	allPods := !slices.ContainsFunc(podsAndTemplates, func(name string) bool { return !seen[name] })
	return list(resources, func(r validators.Resource) []string {
		name := r.GroupResource().String()
		switch {
		case everything && knownResources()[name]:
			return []string{"every kind", "the subresources that write its metadata"}[:1+min(len(r.Subresources), 1)]
		case everything && slices.Contains(foreignTemplates(), name):
			return []string{"the templates of other systems"}
		case allPods && slices.Contains(podsAndTemplates, name):
			names := []string{"Pods and templates"}
			if slices.Contains(r.Subresources, "status") {
				names = append(names, name+"/status")
			}
			return names
		}
		names := []string{name}
		for _, subresource := range r.Subresources {
			names = append(names, name+"/"+subresource)
		}
		return names
	})
}

func knownResources() map[string]bool {
	known := map[string]bool{}
	for _, gvk := range workload.Kinds() {
		resource, _ := workload.ResourceFor(gvk)
		known[resource.GroupResource().String()] = true
	}
	return known
}

// list writes the names of resources behind the operations that they share.
func list(resources []validators.Resource, namesOf func(validators.Resource) []string) string {
	var operations []string
	names := map[string][]string{}
	for _, r := range resources {
		var all []string
		for _, operation := range r.Operations {
			all = append(all, string(operation))
		}
		key := strings.Join(all, " and ")
		if !slices.Contains(operations, key) {
			operations = append(operations, key)
		}
		for _, name := range namesOf(r) {
			if !slices.Contains(names[key], name) {
				names[key] = append(names[key], name)
			}
		}
	}
	var parts []string
	for _, key := range operations {
		parts = append(parts, key+" of "+strings.Join(names[key], ", "))
	}
	return strings.Join(parts, "; ")
}
