package check

import (
	"context"
	"fmt"
	"io"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/inorder"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

// Options are what to evaluate with.
type Options struct {
	Objects guardrail.Objects
	// Namespace is that of objects that name none. Empty, it is default.
	Namespace string
	// NamespaceLabels are those of Namespaces that are not among the inputs. Nil, nothing is known of
	// these but their name.
	NamespaceLabels map[string]string
	// Excluded tells of a file in a directory whether it is left out. Nil, none is.
	Excluded func(file string) bool
	// Excerpts says that outputs quote the manifests, and mend them.
	Excerpts bool
	// Progress is called after each file, if it is there.
	Progress func(done, files int)
	// Namespaces are those of a cluster. One that is among the inputs is as it is there.
	Namespaces []metav1.PartialObjectMetadata
	// Rendered is what programs have made of other inputs.
	Rendered []manifest.Rendered
}

// Run evaluates what arguments stand for: files, directories, and "-" for stdin. Its error is about
// the guardrails; what is wrong with the inputs is in the report.
func Run(ctx context.Context, o Options, stdin io.Reader, args ...string) (*report.Report, error) {
	sources := manifest.Open(stdin, args...)
	left := 0
	if o.Excluded != nil {
		left = sources.Exclude(o.Excluded)
	}
	sources.Add(o.Rendered...)
	around := surroundingsIn(sources, o)
	set, err := guardrail.Compile(o.Objects, guardrail.Options{
		Cluster:     workload.Cluster{Namespace: around.namespaces.get, ServiceAccount: around.accounts.get},
		AllFindings: true, Together: true,
	})
	if err != nil {
		return nil, err
	}

	needs := set.Needs()
	all := report.New()
	addErrors(all, sources.Errors)
	var passedOver []manifest.Skipped
	names := ignorableIn(o.Objects)
	done := 0
	together := sets.New()
	inorder.Each(sources.Len(), func() func(i int) *evaluated {
		fields := builtin.NewFields()
		return func(i int) *evaluated {
			e := &evaluator{set: set, needs: needs, number: i, fields: fields, around: around, ignorable: names, excerpts: o.Excerpts}
			return e.file(ctx, sources.Read(i))
		}
	}, func(one *evaluated) {
		all.Merge(one.Report)
		passedOver = append(passedOver, one.passedOver...)
		together.Add(one.facts...)
		if done++; o.Progress != nil {
			o.Progress(done, sources.Len())
		}
	})
	validateTogether(ctx, &evaluator{set: set, around: around, ignorable: names, excerpts: o.Excerpts}, sources, together, all)
	all.Notes = slices.Concat(notesOn(passedOver), notesOnExcluded(left), all.Notes)
	for _, warning := range set.Warnings() {
		all.Note(warning)
	}
	for _, line := range around.namespaces.assumed(set, o.Objects) {
		all.Note(line)
	}
	all.NoteIgnores()
	all.Sort()
	return all, nil
}

// notesOnExcluded is the line about files that are left out: a pattern may match more than was meant.
func notesOnExcluded(files int) []string {
	switch files {
	case 0:
		return nil
	case 1:
		return []string{"1 file is left out by exclude"}
	default:
		return []string{fmt.Sprintf("%d files are left out by exclude", files)}
	}
}

func addErrors(r *report.Report, errors []*manifest.Error) {
	for _, err := range errors {
		r.Errors = append(r.Errors, report.Error{File: err.File, Line: err.Line, Message: err.Text})
	}
}
