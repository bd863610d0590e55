package cel

import (
	"context"
	"errors"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// maxConditions is the API server's limit.
const maxConditions = 64

// Conditions are match conditions, compiled. Nil conditions hold always.
type Conditions []condition

type condition struct {
	name string
	*expression
}

// CompileConditions lists every mistake in match conditions, each with its place.
func CompileConditions(in []admissionregistrationv1.MatchCondition, at *field.Path) (Conditions, field.ErrorList) {
	if len(in) == 0 {
		return nil, nil
	}
	var all Conditions
	var mistakes field.ErrorList
	if len(in) > maxConditions {
		mistakes = append(mistakes, field.TooMany(at, len(in), maxConditions))
	}
	c := &compiler{env: untyped()}
	seen := map[string]bool{}
	for i, m := range in {
		at := at.Index(i)
		if seen[m.Name] {
			mistakes = append(mistakes, field.Duplicate(at.Child("name"), m.Name))
		}
		seen[m.Name] = true
		for _, text := range validation.IsQualifiedName(m.Name) {
			mistakes = append(mistakes, field.Invalid(at.Child("name"), m.Name, text))
		}
		compiled, _, wrong := c.compile(m.Expression, cel.BoolType, at.Child("expression"))
		mistakes = append(mistakes, wrong...)
		all = append(all, condition{m.Name, compiled})
	}
	return all, mistakes
}

// Hold tells whether all conditions are true. As in an API server one that is
// false decides, whatever becomes of the others; without one, the error tells of
// those that could not be evaluated, and the request must not pass.
func (c Conditions) Hold(ctx context.Context, review *workload.Review, budget *Budget) (bool, error) {
	if len(c) == 0 {
		return true, nil
	}
	in := &inputs{review: review}
	var failed []string
	for _, condition := range c {
		value, err := condition.evaluate(ctx, in, budget)
		if err != nil {
			failed = append(failed, condition.name+": "+explainFailure(err).Error())
		}
		if value == types.False {
			return false, nil
		}
	}
	if len(failed) > 0 {
		return false, errors.New(strings.Join(failed, "; "))
	}
	return true, nil
}
