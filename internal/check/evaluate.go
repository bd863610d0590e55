package check

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

// evaluator evaluates files, one at a time.
type evaluator struct {
	set      *guardrail.Set
	needs    sets.Needs
	number   int // of the file, for facts
	fields   *builtin.Fields
	around   *surroundings
	excerpts bool
	defaults bool // are told
	// ignorable are the names that manifests may say are to be ignored.
	ignorable *ignorable
}

// evaluated is what there is to say of one file.
type evaluated struct {
	*report.Report
	passedOver []manifest.Skipped
	ignores    ignores
	quote      quoter
	// facts are what is kept of the objects.
	facts []sets.Fact
}

func (e *evaluator) begin() *evaluated {
	return &evaluated{Report: report.New(), ignores: ignores{names: e.ignorable}, quote: quoter{on: e.excerpts}}
}

func (e *evaluator) file(ctx context.Context, input *manifest.Input) *evaluated {
	to := e.begin()
	to.passOver(input)
	addErrors(to.Report, input.Errors)
	to.Summary.Files = input.Files
	to.Summary.Objects = len(input.Objects)
	for i, object := range input.Objects {
		e.around.place(object)
		at := placeOf(e.number, i)
		if to.isNone(object) {
			to.facts = append(to.facts, factsOfNone(object, at, e.needs)...)
			continue
		}
		if review := e.object(ctx, to, object); review != nil {
			to.facts = append(to.facts, sets.Of(review, object.Raw, at, e.needs)...)
		}
	}
	return to
}

// object does to an object what the webhooks would do at its creation. Its review is nil where it
// cannot be evaluated.
func (e *evaluator) object(ctx context.Context, to *evaluated, object *manifest.Object) *workload.Review {
	found, decoded := schemaFindings(e.fields, object)
	review, err := admission.SentDecoded(admission.Create(object), decoded)
	if err != nil {
		to.addSchema(object, found, v1alpha1.Warn, "")
		to.unreadable(object, err)
		return nil
	}
	action, by := e.set.SchemaAction(ctx, review)
	to.addSchema(object, found, action, by)
	if e.set.Excludes(review.Namespace) {
		to.skip(object, review.Namespace, "", fmt.Sprintf("no guardrail ever matches in namespace %q", review.Namespace))
		return review
	}
	outcome, err := admission.Admit(ctx, e.set, review)
	if err != nil {
		to.unreadable(object, err)
		return nil
	}
	decision := &outcome.Decision
	for _, err := range append(outcome.Mutation.Errors, decision.Errors...) {
		text, _, _ := strings.Cut(err.Error(), "\n")
		to.Note(fmt.Sprintf("%s: %s", place(object, ""), text))
	}
	to.cover(object, decision.Review, e.set.Coverage(ctx, decision.Review))
	to.see(object)
	to.add(object, decision)
	if e.defaults {
		to.complete(object, decision.Review, admission.Completion(ctx, e.set, review, &outcome))
	}
	return decision.Review
}

func (e *evaluated) unreadable(object *manifest.Object, err error) {
	pointer, text := explainDecoding(object, err)
	e.fail(object, pointer, text)
}

// fail says what makes an object none that could be evaluated.
func (e *evaluated) fail(object *manifest.Object, pointer, text string) {
	line, _ := object.PositionAt(pointer)
	e.Errors = append(e.Errors, report.Error{File: object.File, Line: line, Message: text})
	e.Summary.Objects--
}

// explainDecoding says what is wrong with an object that is not as its kind must be, and where.
func explainDecoding(object *manifest.Object, err error) (pointer, text string) {
	if wrong, ok := errors.AsType[*workload.DecodeError](err); ok {
		return wrong.Pointer, fmt.Sprintf("%s %q: %v", object.Kind, object.Name, wrong)
	}
	return "", fmt.Sprintf("%s %q: %v", object.Kind, object.Name, err)
}

// place is where a value is, as editors read it.
func place(object *manifest.Object, pointer string) string {
	line, column := object.PositionAt(pointer)
	return fmt.Sprintf("%s:%d:%d", object.File, line, column)
}

// complete adds what a set has completed, under the names that its findings go by.
func (e *evaluated) complete(object *manifest.Object, review *workload.Review, m guardrail.Mutation) {
	if len(m.Patch) > 0 {
		e.Completed = append(e.Completed, report.Completed{
			File: object.File, Resource: review.GroupResource(), Kind: object.Kind, Namespace: namespaceOf(review), Name: review.DisplayName(),
			Applied: m.Applied, Patch: m.Patch,
		})
	}
}

// namespaceOf is the namespace of an object, which for a Namespace is none.
func namespaceOf(review *workload.Review) string {
	if _, namespaced := workload.ResourceFor(review.Kind); !namespaced {
		return ""
	}
	return review.Namespace
}

// add adds what a set has found.
func (e *evaluated) add(object *manifest.Object, decision *guardrail.Decision) {
	e.Summary.Exempted += len(decision.Exempted)
	namespace := namespaceOf(decision.Review)
	for _, f := range decision.Expiring() {
		line, column := object.Position(f.Path)
		e.Note(fmt.Sprintf("%s:%d:%d: warning: %s", object.File, line, column, f))
	}
	for _, f := range decision.Findings {
		result := report.Result{
			File: object.File, Kind: object.Kind, Namespace: namespace, Name: decision.Review.DisplayName(),
			Guardrail: f.Guardrail, Validator: f.Validator, Control: f.Control,
			Action: f.Action, Severity: string(f.Severity),
			Path: f.Path.String(), Message: report.MessageOf(f), Fix: object.Fit(f.Fix), FixIsSafe: f.Safe,
			Resource: decision.Review.GroupResource(), Rule: f.Rule, Identity: f.Path.Identity(), Cause: f.Cause(),
		}
		result.Must = report.MustOf(result.Message, f.Detail)
		e.quote.locate(&result, object, f.Path.Pointer())
		e.ignored(&result, object, f.Path.Pointer())
		e.Add(result)
	}
}
