package registration

import (
	"maps"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/validators"
)

// MayFind is the match condition that keeps away objects in which no check finds anything.
const MayFind = "may-find-something"

// onlyWhereFound keeps out of an entry the objects in which none of its checks can find anything,
// by what each check says of that. A resource that one check or rule looks at without a condition
// is sent as a whole.
func onlyWhereFound(w *admissionregistrationv1.ValidatingWebhook, resources []validators.Resource) {
	if slices.ContainsFunc(resources, isWild) {
		return
	}
	conditions := map[string][]string{}
	for _, r := range resources {
		name, _, _ := strings.Cut(r.Resource, "/")
		path := r.Group + "/" + name
		conditions[path] = insert(conditions[path], r.Only)
	}
	paths := map[string][]string{} // by what must hold of their objects
	for _, path := range slices.Sorted(maps.Keys(conditions)) {
		if all := conditions[path]; all[0] != "" {
			paths[anyOf(all)] = append(paths[anyOf(all)], path)
		}
	}
	var terms []string
	for _, holds := range slices.Sorted(maps.Keys(paths)) {
		terms = append(terms, "!("+resourcePath+" in "+quoted(paths[holds])+") || "+holds)
	}
	if len(terms) > 0 {
		// A deletion and a connection carry no object.
		condition(w, MayFind, `!(request.operation in ["CREATE", "UPDATE"]) || ((`+strings.Join(terms, ") && (")+"))")
	}
}
