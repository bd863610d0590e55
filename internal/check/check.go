package check

import (
	"context"
	"fmt"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/inorder"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
)

// Options are what to evaluate with.
type Options struct {
	Objects guardrail.Objects
	// Namespace is that of objects that name none. Empty, it is default.
	Namespace string
	// NamespaceLabels are those of Namespaces that are not among the inputs. Nil, nothing is known
	// of these but their name.
	NamespaceLabels map[string]string
	// Excluded tells of a file in a directory whether it is left out. Nil, none is.
	Excluded func(file string) bool
	// Excerpts says that outputs quote the manifests, and mend them.
	Excerpts bool
	// Progress is called after each file, if it is there.
	Progress func(done, files int)
	// Namespaces are those of a cluster. One that is among the inputs is as it is there.
	Namespaces []metav1.PartialObjectMetadata
	// Defaults says that the report tells what the guardrails complete.
	Defaults bool
	// Rendered is what programs have made of other inputs.
	Rendered []manifest.Rendered
}

// Run evaluates what arguments stand for: files, directories, and "-" for stdin. Its error is about
// the guardrails; what is wrong with the inputs is in the report.
func Run(ctx context.Context, o Options, stdin io.Reader, args ...string) (*report.Report, error) {
	compile := func(with guardrail.Options) (*guardrail.Set, error) { return guardrail.Compile(o.Objects, with) }
	all, err := RunEach(ctx, o, []Compile{compile}, stdin, args...)
	if err != nil {
		return nil, err
	}
	all[0].NoteIgnores()
	return all[0], nil
}

// Compile makes a set that knows the inputs.
type Compile func(guardrail.Options) (*guardrail.Set, error)

// RunEach is Run by several sets, which together are what Objects holds: each file is read once,
// and evaluated by one after the other. A report is there for each, in their order.
func RunEach(ctx context.Context, o Options, compile []Compile, stdin io.Reader, args ...string) ([]*report.Report, error) {
	sources := manifest.Open(stdin, args...)
	left := 0
	if o.Excluded != nil {
		left = sources.Exclude(o.Excluded)
	}
	sources.Add(o.Rendered...)
	around := surroundingsIn(sources, o)
	all, err := bySets(compile, sources.Errors, around, o)
	if err != nil {
		return nil, err
	}
	done := 0
	inorder.Each(sources.Len(), func() func(i int) []*evaluated {
		fields := builtin.NewFields()
		return func(i int) []*evaluated { return eachOf(ctx, all, i, fields, sources.Read(i)) }
	}, func(one []*evaluated) {
		for i := range all {
			all[i].take(one[i])
		}
		if done++; o.Progress != nil {
			o.Progress(done, sources.Len())
		}
	})
	reports := make([]*report.Report, len(all))
	for i := range all {
		reports[i] = all[i].finish(ctx, sources, left, o.Objects)
	}
	return reports, nil
}

// notesOnExcluded is the line about files that are left out: a pattern may match more than was
// meant.
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
