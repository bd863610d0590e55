package registration

import (
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/validators"
)

// NotOurs is the match condition of rules for every group.
const NotOurs = "not-taffrails-own"

// ours are Guardrails and Exemptions: a mistake is told to whoever makes it, and rules about them
// are evaluated. It fails open: a mistake that comes in while Taffrail is down is told in the
// status, and to mend a Guardrail must be possible then.
func ours(watched []guardrail.Watched) admissionregistrationv1.ValidatingWebhook {
	var all []validators.Resource
	for _, name := range []string{"guardrails", "exemptions"} {
		r := validators.Resource{Operations: []admissionv1.Operation{admissionv1.Create, admissionv1.Update}}
		r.GroupVersionResource = v1alpha1.GroupVersion.WithResource(name)
		if slices.ContainsFunc(watched, func(w guardrail.Watched) bool { return deletionOf(w, name) }) {
			r.Operations = append(r.Operations, admissionv1.Delete)
		}
		all = append(all, r)
	}
	w := validating(names.OwnKindsWebhook, admissionregistrationv1.Ignore, nil, all)
	w.MatchConditions = nil
	return w
}

// deletionOf tells whether a rule in force looks at the deletion of one of our own kinds.
func deletionOf(w guardrail.Watched, name string) bool {
	either := func(pattern, value string) bool { return pattern == "*" || pattern == value }
	resource, subresource, narrow := strings.Cut(w.Resource.Resource, "/")
	return !w.ManifestsOnly && w.Labelled == "" && slices.Contains(w.Operations, admissionv1.Delete) &&
		either(w.Group, v1alpha1.GroupVersion.Group) && either(w.Version, v1alpha1.GroupVersion.Version) &&
		either(resource, name) && (!narrow || subresource == "*")
}
