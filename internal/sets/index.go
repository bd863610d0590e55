package sets

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// index finds what has labels. To go through all of it for each selector would take a day where there
// are many of both.
type index[T any] struct {
	all     []T
	byLabel map[Label][]T
	// unknown are the labels that some will only have later, with values that nobody knows.
	unknown map[string]bool
}

func indexOf[T any](all []T, labelsOf func(T) Labels, unknown func(T) []string) *index[T] {
	x := &index[T]{all: all, byLabel: map[Label][]T{}, unknown: map[string]bool{}}
	for _, one := range all {
		for _, label := range labelsOf(one) {
			x.byLabel[label] = append(x.byLabel[label], one)
		}
		for _, key := range unknown(one) {
			x.unknown[key] = true
		}
	}
	return x
}

// candidates are all that a selector may select: those with the label of it that the fewest have.
func (x *index[T]) candidates(selector labels.Selector) []T {
	best, fewest := [][]T{x.all}, len(x.all)
	requirements, _ := selector.Requirements()
	for i := range requirements {
		if some, known := x.with(&requirements[i]); known {
			n := 0
			for _, list := range some {
				n += len(list)
			}
			if n < fewest {
				best, fewest = some, n
			}
		}
	}
	if len(best) == 1 {
		return best[0]
	}
	return slices.Concat(best...)
}

// with are those that have a label with one of the values that a requirement asks for.
func (x *index[T]) with(r *labels.Requirement) (some [][]T, known bool) {
	switch r.Operator() {
	case selection.Equals, selection.DoubleEquals, selection.In:
	default:
		return nil, false
	}
	if x.unknown[r.Key()] {
		return nil, false
	}
	for _, value := range r.Values().List() {
		some = append(some, x.byLabel[asIndexed(Label{r.Key(), value})])
	}
	return some, true
}

// asIndexed is the label by which the Pod of a name is found: each of a StatefulSet's has another.
func asIndexed(l Label) Label {
	if l.Key == appsv1.StatefulSetPodNameLabel {
		l.Value, _ = numbered(l.Value)
	}
	return l
}

// numbered parts the name of a Pod or a claim of a StatefulSet from the number at its end.
func numbered(name string) (of string, is bool) {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return "", false
	}
	digits := name[i+1:]
	return name[:i], digits != "" && strings.Trim(digits, "0123456789") == ""
}
