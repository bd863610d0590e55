package psp

import (
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

const prefix = "pod-security.kubernetes.io/"

// ReadsLabels tells whether an object is a Namespace with Pod Security labels, or the configuration of
// that admission plugin.
func ReadsLabels(o *policy.Object) bool {
	return labelled(o) || o.Kind == "PodSecurityConfiguration" && strings.HasPrefix(o.APIVersion, "pod-security.admission.config.k8s.io/")
}

func labelled(o *policy.Object) bool {
	if o.Kind != "Namespace" || o.APIVersion != "v1" {
		return false
	}
	for key := range o.Labels() {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// OfLabels is one check that obeys the labels of each Namespace. The first object stands for it.
func OfLabels(o *policy.Object, in *policy.Inputs) []policy.Rule {
	r := policy.Rule{Guardrail: "pod-security"}
	if first := slices.IndexFunc(in.Objects, ReadsLabels); first >= 0 && in.Objects[first] != o {
		return []policy.Rule{r} // the check obeys its labels as well
	}
	params := map[string]any{"level": "namespace"}
	for _, other := range in.Objects {
		if other.Kind != "PodSecurityConfiguration" {
			continue
		}
		for _, name := range []string{"defaults", "exemptions"} {
			if given, is := other.Content[name].(map[string]any); is && len(given) > 0 {
				params[name] = given
			}
		}
	}
	r.Parts = []policy.Part{{Validators: []v1alpha1.Validator{policy.Check("pod-security", params)}}}
	return []policy.Rule{r}
}
