package registration

import (
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/validators"
)

// unchanged tells whether a write of the status leaves alone all that a check of
// the catalogue reads: the metadata and, of a Service, the addresses of its load
// balancer. Nothing in it can fail: an optional that is not there equals another.
const unchanged = `(["annotations", "finalizers", "labels", "ownerReferences"].all(f, object.metadata[?f] == oldObject.metadata[?f]) && ` +
	`(request.resource.group != "" || request.resource.resource != "services" || object.?status.?loadBalancer == oldObject.?status.?loadBalancer))`

// onlyChanges keeps out of an entry the writes of the status that no check would
// find fault with: that of Pods is the most written of a cluster. A rule in CEL
// that names a status sees every write of it.
func onlyChanges(w *admissionregistrationv1.ValidatingWebhook, resources []validators.Resource) {
	var asked []string
	checked := false
	for _, r := range resources {
		name, sub, alone := strings.Cut(r.Resource, "/")
		switch {
		case alone && (sub == "*" || sub == "status"):
			asked = append(asked, name)
		case slices.Contains(r.Subresources, "status"):
			checked = true
		}
	}
	if !checked || slices.Contains(asked, "*") {
		return
	}
	skipped := isStatus + ` && ` + unchanged
	if len(asked) > 0 {
		slices.Sort(asked)
		skipped += ` && !(request.resource.resource in ` + quoted(slices.Compact(asked)) + `)`
	}
	condition(w, "status-changes", "!("+skipped+")")
}
