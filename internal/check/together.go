package check

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/inorder"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

// placeOf is where an object can be read once more.
func placeOf(file, object int) sets.At {
	return sets.At{File: int32(file), Object: int32(object)} //nolint:gosec // no machine has more files
}

// factsOfNone are those of a document that is no object of a cluster.
func factsOfNone(object *manifest.Object, at sets.At, needs sets.Needs) []sets.Fact {
	if object.Kind != "Kustomization" {
		return nil
	}
	return sets.OfKustomization(object.Raw, at, needs)
}

// validateTogether evaluates all objects together. Those in which something is found are read once
// more: what was kept of them are facts alone.
func validateTogether(ctx context.Context, e *evaluator, sources *manifest.Sources, together *sets.Set, all *report.Report) {
	found, errs := e.set.ValidateAll(together)
	for _, err := range errs {
		all.Note(err.Error())
	}
	if len(found) == 0 {
		return
	}
	if len(all.Errors) > 0 {
		// What is not there may be in what could not be read.
		all.Note(fmt.Sprintf("what checks over all inputs together find, in %s, is told when all inputs can be read", objects(len(found))))
		return
	}
	in := map[int][]*guardrail.InObject{}
	for _, one := range found {
		in[int(one.At.File)] = append(in[int(one.At.File)], one)
	}
	files := slices.Sorted(maps.Keys(in))
	inorder.Each(len(files), func() func(i int) *evaluated {
		e := &evaluator{set: e.set, fields: builtin.NewFields(), around: e.around, ignorable: e.ignorable, excerpts: e.excerpts}
		return func(i int) *evaluated { return e.again(ctx, sources.Read(files[i]), in[files[i]]) }
	}, func(one *evaluated) {
		all.Merge(one.Report)
		all.Pack()
	})
}

// again adds what was found in some objects of a file.
func (e *evaluator) again(ctx context.Context, input *manifest.Input, found []*guardrail.InObject) *evaluated {
	to := e.begin()
	for _, one := range found {
		object, review := e.review(ctx, input, one)
		if review == nil {
			to.Note(fmt.Sprintf("%s %q has changed while it was evaluated: run the command again", one.Kind, one.Name))
			continue
		}
		decision := e.set.DecideIn(ctx, review, one)
		to.add(object, &decision)
	}
	return to
}

// review is that of an object which was evaluated before, or nil where it is not what it was.
func (e *evaluator) review(ctx context.Context, input *manifest.Input, of *guardrail.InObject) (*manifest.Object, *workload.Review) {
	if int(of.At.Object) >= len(input.Objects) {
		return nil, nil
	}
	object := input.Objects[of.At.Object]
	e.around.place(object)
	_, decoded := schemaFindings(e.fields, object) // which takes out of it what cannot be decoded
	review, err := admission.SentDecoded(admission.Create(object), decoded)
	if err != nil || review.Kind.Kind != of.Kind || review.DisplayName() != of.Name {
		return nil, nil
	}
	outcome, err := admission.Admit(ctx, e.set, review)
	if err != nil {
		return nil, nil
	}
	return object, outcome.Decision.Review
}

func objects(n int) string {
	if n == 1 {
		return "1 object"
	}
	return fmt.Sprintf("%d objects", n)
}
