package main

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
	"taffrail.dev/taffrail/webhook"
)

// growths are all that grow: everything in every kind, under the whole catalogue, and everything in
// every fixture, under the check or the default that it is for.
func growths() (all []growth, err error) {
	if all, err = ofKinds(); err != nil {
		return nil, err
	}
	for _, v := range validators.All() {
		grown, err := ofFixtures(validators.Fixtures, v.Name, "fail-*.yaml", fixture.check, validated)
		if err != nil {
			return nil, err
		}
		all = append(all, grown...)
	}
	for _, m := range mutators.All() {
		grown, err := ofFixtures(mutators.Fixtures, m.Name, "*.yaml", fixture.mutator, mutated)
		if err != nil {
			return nil, err
		}
		all = append(all, grown...)
	}
	return all, nil
}

func ofKinds() (all []growth, err error) {
	guardrails, err := everything()
	if err != nil {
		return nil, err
	}
	handler, err := handlerOf(guardrails...)
	if err != nil {
		return nil, err
	}
	kinds := workload.Kinds()
	slices.SortFunc(kinds, func(a, b schema.GroupVersionKind) int { return strings.Compare(a.String(), b.String()) })
	for _, kind := range kinds {
		document, err := full(kind)
		if err != nil {
			return nil, err
		}
		for _, at := range append(ownPlaces(kind.Kind, document), nil) {
			alone := bare(document, at)
			for _, s := range append(shapesOf(nodeAt(document, at), 1), nothing) {
				all = append(all, validated(handler, kind.Kind, alone, at, s))
				if kind.Kind == "Pod" {
					all = append(all, mutated(handler, kind.Kind, alone, at, s))
				}
			}
		}
	}
	return all, nil
}

// ownPlaces leaves out what is in the template of a Pod, which is one Go type and one path through
// the code: that of a Deployment stands for all.
func ownPlaces(kind string, document any) []place {
	if kind == "Pod" || kind == "Deployment" {
		return places(document)
	}
	return slices.DeleteFunc(places(document), func(p place) bool {
		template := slices.Index(p, "template")
		return template >= 0 && len(p) > template+3
	})
}

// asked makes a growth of what grows.
type asked func(handler *webhook.Handler, name string, document any, at place, s shape) growth

func validated(handler *webhook.Handler, name string, document any, at place, s shape) growth {
	reviews := inEveryWay(document, at, s)
	if at == nil { // with what it was before it would be larger than a review may be
		reviews = created(document, at, s)
	}
	return growth{name: fmt.Sprintf("/validate %s%s %s", name, at, s), handler: handler.Validate(), reviews: reviews}
}

func mutated(handler *webhook.Handler, name string, document any, at place, s shape) growth {
	return growth{name: fmt.Sprintf("/mutate %s%s %s", name, at, s), handler: handler.Mutate(), reviews: created(document, at, s)}
}

func ofFixtures(files fs.FS, name, pattern string, as func(fixture) (v1alpha1.Guardrail, error), ask asked) (all []growth, err error) {
	fixtures, err := fixturesOf(files, name, pattern)
	if err != nil {
		return nil, err
	}
	for _, f := range fixtures {
		guardrail, err := as(f)
		if err != nil {
			return nil, err
		}
		handler, err := handlerOf(guardrail)
		if err != nil {
			return nil, err
		}
		for _, at := range append(places(f.document), nil) {
			for _, s := range shapesOf(nodeAt(f.document, at), 2) {
				all = append(all, ask(handler, f.name, f.document, at, s))
			}
		}
	}
	return all, nil
}

// bare leaves out the other lists and objects on the way to a place, so that what grows is most of
// the document.
func bare(document any, at place) any {
	if len(at) == 0 {
		return document
	}
	switch node := document.(type) {
	case map[string]any:
		some := scalars(node).(map[string]any)
		some[at[0].(string)] = bare(node[at[0].(string)], at[1:])
		return some
	case []any:
		return []any{bare(node[0], at[1:])}
	default:
		return document
	}
}

func nodeAt(document any, at place) any {
	for _, step := range at {
		switch key := step.(type) {
		case string:
			document = document.(map[string]any)[key]
		case int:
			document = document.([]any)[key]
		}
	}
	return document
}

var (
	alike   = shape{distinct: -1}
	nothing = shape{distinct: -1, empty: true}
)

// shapesOf are the ways in which a list or a map grows. Of the strings in an item, at most so many
// make a shape of their own.
func shapesOf(node any, most int) []shape {
	list, is := node.([]any)
	if !is || len(list) == 0 {
		return []shape{alike}
	}
	shapes := []shape{alike}
	_, strings := mark(list[0], -1, "")
	for nth := range min(strings, most) {
		shapes = append(shapes, shape{distinct: nth})
	}
	return shapes
}
