package mutators

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The labels that Kubernetes recommends for all workloads.
const (
	nameLabel    = "app.kubernetes.io/name"
	versionLabel = "app.kubernetes.io/version"
	partOfLabel  = "app.kubernetes.io/part-of"
)

// pair is one entry of a map that is a parameter.
type pair struct{ key, value string }

// sorted are the entries of a map in order, so that patches are the same each time.
func sorted(m map[string]string) []pair {
	pairs := make([]pair, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		pairs = append(pairs, pair{key, m[key]})
	}
	return pairs
}

// requireLabels finds fault with labels that no object may have.
func requireLabels(pairs []pair, at *field.Path) (mistakes field.ErrorList) {
	if len(pairs) == 0 {
		mistakes = append(mistakes, field.Required(at, "must hold a label"))
	}
	for _, p := range pairs {
		if len(validation.IsQualifiedName(p.key)) > 0 {
			mistakes = append(mistakes, field.Invalid(at, p.key, "must be a label, such as team or example.com/team"))
		}
		if len(validation.IsValidLabelValue(p.value)) > 0 {
			mistakes = append(mistakes, field.Invalid(at.Key(p.key), p.value, "must be a label's value"))
		}
	}
	return mistakes
}

// requireLabelKeys finds fault with what is the key of no label.
func requireLabelKeys(keys []string, at *field.Path) (mistakes field.ErrorList) {
	if len(keys) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a label"))
	}
	for i, key := range keys {
		if len(validation.IsQualifiedName(key)) > 0 {
			mistakes = append(mistakes, field.Invalid(at.Index(i), key, "must be a label, such as team or example.com/team"))
		}
	}
	return mistakes
}
