package check

import (
	"context"
	"slices"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

// bySet is what a set says of all inputs.
type bySet struct {
	evaluator  // which is copied for each file
	report     *report.Report
	passedOver []manifest.Skipped
	together   *sets.Set
}

func bySets(compile []Compile, unread []*manifest.Error, around *surroundings, o Options) (all []*bySet, err error) {
	names := ignorableIn(o.Objects)
	for _, compile := range compile {
		set, err := compile(guardrail.Options{
			Cluster:     workload.Cluster{Namespace: around.namespaces.get, ServiceAccount: around.accounts.get},
			AllFindings: true, Together: true, Kits: around.kits,
		})
		if err != nil {
			return nil, err
		}
		one := &bySet{
			evaluator: evaluator{set: set, needs: set.Needs(), around: around, ignorable: names, excerpts: o.Excerpts, defaults: o.Defaults},
			report:    report.New(), together: sets.New(),
		}
		addErrors(one.report, unread)
		all = append(all, one)
	}
	return all, nil
}

// eachOf evaluates a file by each set. To evaluate an object takes out of it what is not as its
// kind says: all but the last get copies.
func eachOf(ctx context.Context, all []*bySet, number int, fields *builtin.Fields, input *manifest.Input) []*evaluated {
	found := make([]*evaluated, len(all))
	for i, by := range all {
		e := by.evaluator
		e.number, e.fields = number, fields
		mine := *input
		if i < len(all)-1 {
			mine.Objects = slices.Clone(input.Objects)
			for k, object := range mine.Objects {
				twin := *object
				mine.Objects[k] = &twin
			}
		}
		found[i] = e.file(ctx, &mine)
	}
	return found
}

func (s *bySet) take(one *evaluated) {
	s.report.Merge(one.Report)
	s.report.Pack()
	s.passedOver = append(s.passedOver, one.passedOver...)
	s.together.Add(one.facts...)
}

// finish evaluates all objects together, and says what one should know besides.
func (s *bySet) finish(ctx context.Context, sources *manifest.Sources, left int, objects guardrail.Objects) *report.Report {
	all := s.report
	validateTogether(ctx, &s.evaluator, sources, s.together, all)
	all.Notes = slices.Concat(notesOn(s.passedOver), notesOnExcluded(left), all.Notes)
	for _, warning := range s.set.Warnings() {
		all.Note(warning)
	}
	for _, line := range s.around.namespaces.assumed(s.set, objects) {
		all.Note(line)
	}
	all.Sort()
	return all
}
