package validators

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/nearest"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

// OverSet is a check over all objects together: that what one of them refers to is there.
type OverSet struct {
	// Kinds are those in whose objects something may be found.
	Kinds []schema.GroupKind
	// Needs are the facts that are kept for it.
	Needs sets.Needs
	// New makes the check of its parameters. Its error names all that is wrong with them.
	New func(decode params.Decode) (ValidateSet, error)
}

// ValidateSet is such a check with its parameters. It passes on what it finds, and in which object.
type ValidateSet func(all *sets.Set, found func(in *sets.Object, f Finding))

// parameters reads them, and makes a check that finds nothing in a single object.
func (o *OverSet) parameters(decode params.Decode) (Validate, error) {
	_, err := o.New(decode)
	return func(*workload.Review) []Finding { return nil }, err
}

// withoutSetParameters is withoutParameters for a check over a set.
func withoutSetParameters(validate ValidateSet) func(params.Decode) (ValidateSet, error) {
	return func(decode params.Decode) (ValidateSet, error) { return validate, decode(&struct{}{}) }
}

// placeAt is the path of a JSON Pointer, in which numbers are indexes of lists.
func placeAt(pointer string, below ...string) *workload.Path {
	var at *workload.Path
	for _, name := range strings.Split(pointer, "/")[1:] {
		if i, err := strconv.Atoi(name); err == nil {
			at = at.Item(i, "")
		} else {
			at = at.Child(name)
		}
	}
	return at.Child(below...)
}

// maxNames bounds the names that a misspelt one is compared with: for each of many it would take
// long, and what is near among thousands is hardly what was meant.
const maxNames = 100

// absent finds the name of an object of a kind that is not in a namespace.
func absent(path *workload.Path, kind, name string, in *sets.Namespace) Finding {
	detail := fmt.Sprintf("must be a %s in namespace %q", kind, in.Name)
	if in.Name == "" {
		detail = fmt.Sprintf("must be a %s that exists", kind)
	}
	return invalid(path, name, bounded(detail, didYouMean(meant(name, in.Names(kind)))))
}

// meant is the name that was probably meant, or nothing.
func meant(name string, names map[string]bool) string {
	if len(names) > maxNames || len(name) < 3 {
		return ""
	}
	near := nearest.Name(name, slices.Sorted(maps.Keys(names)))
	if len(near) < 3 { // in a short name every slip makes another one
		return ""
	}
	return near
}

// didYouMean is the end of a detail, where something was meant.
func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", name)
}

// bounded is a detail with its end, where that does not make it too long to be read.
func bounded(detail, end string) string {
	if len(detail)+len(end) > maxDetail {
		return detail
	}
	return detail + end
}

// unselecting finds a selector that selects no Pods of a namespace.
func unselecting(path *workload.Path, selector *sets.Selector, in *sets.Namespace) Finding {
	detail := fmt.Sprintf("must select Pods of a workload in namespace %q", in.Name)
	for _, label := range selector.Labels() {
		values := in.Values(label.Key)
		if near := meant(label.Value, values); near != "" && !values[label.Value] {
			return invalid(path, selector.String(), bounded(detail, didYouMean(label.Key+"="+near)))
		}
	}
	return invalid(path, selector.String(), detail)
}

// describe is an object as people call it: Deployment "web". What has a longer name than most is the
// other of its kind.
func describe(o *sets.Object) string {
	if len(o.Name) > maxListed {
		return "another " + o.Kind
	}
	return fmt.Sprintf("%s %q", o.Kind, o.Name)
}

// specPath is where most selectors are.
func specPath(names ...string) *workload.Path {
	return (*workload.Path)(nil).Child("spec").Child(names...)
}

// distinct are the selectors of objects, each once: many policies of a namespace select all Pods.
func distinct[T any](objects []T, selectorOf func(T) *sets.Selector) iter.Seq[labels.Selector] {
	return func(yield func(labels.Selector) bool) {
		seen := map[string]bool{}
		for _, o := range objects {
			selector := selectorOf(o).Parse()
			if selector == nil || seen[selector.String()] {
				continue
			}
			seen[selector.String()] = true
			if !yield(selector) {
				return
			}
		}
	}
}
