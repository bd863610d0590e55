package check

import (
	"context"
	"slices"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// Evaluator evaluates objects one at a time, for whoever wants decisions in place of a report. It
// knows what Run knows of the inputs, and is not to be used by several at once.
type Evaluator struct {
	around *surroundings
	fields *builtin.Fields
	// excluded is how many files are left out.
	excluded  int
	ignorable *ignorable
}

// NewEvaluator reads what the inputs say of each other.
func NewEvaluator(sources *manifest.Sources, o Options) *Evaluator {
	e := &Evaluator{fields: builtin.NewFields(), ignorable: ignorableIn(o.Objects)}
	if o.Excluded != nil {
		e.excluded = sources.Exclude(o.Excluded)
	}
	e.around = surroundingsIn(sources, o)
	return e
}

// Twin is the same for another goroutine.
func (e *Evaluator) Twin() *Evaluator {
	twin := *e
	twin.fields = builtin.NewFields()
	return &twin
}

// Compile makes a set of guardrails that knows the inputs.
func (e *Evaluator) Compile(objects guardrail.Objects) (*guardrail.Set, error) {
	return guardrail.Compile(objects, guardrail.Options{
		Cluster:     workload.Cluster{Namespace: e.around.namespaces.get, ServiceAccount: e.around.accounts.get},
		AllFindings: true,
	})
}

// Report is what Run would say of a file.
func (e *Evaluator) Report(ctx context.Context, set *guardrail.Set, input *manifest.Input) *report.Report {
	return (&evaluator{set: set, fields: e.fields, around: e.around, ignorable: e.ignorable}).file(ctx, input).Report
}

// Review is the creation of an object, whose JSON may be another than what was read. It is nil for
// what no guardrail ever evaluates; the error tells of what cannot be evaluated.
func (e *Evaluator) Review(set *guardrail.Set, object *manifest.Object, raw []byte) (*workload.Review, *report.Error) {
	object = object.With(raw)
	e.around.place(object)
	to := &evaluated{Report: report.New()}
	if to.isNone(object) {
		return nil, firstError(to)
	}
	_, decoded := schemaFindings(e.fields, object) // takes out what is not as its kind says
	review, err := admission.SentDecoded(admission.Create(object), decoded)
	if err != nil {
		to.unreadable(object, err)
		return nil, firstError(to)
	}
	if set.Excludes(review.Namespace) {
		return nil, nil
	}
	return review, nil
}

func firstError(to *evaluated) *report.Error {
	if len(to.Errors) == 0 {
		return nil
	}
	return &to.Errors[0]
}

// Notes are what had to be assumed to evaluate the inputs, a line each.
func (e *Evaluator) Notes(set *guardrail.Set, objects guardrail.Objects) []string {
	return slices.Concat(notesOnExcluded(e.excluded), set.Warnings(), e.around.namespaces.assumed(set, objects))
}
