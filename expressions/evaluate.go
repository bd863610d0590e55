package expressions

import (
	"context"
	"errors"
	"math"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/ref"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// Budget is what the rules of a Guardrail may cost together for one review, in
// CEL's units: as much as those of a ValidatingAdmissionPolicy, about a second.
// A single evaluation may cost a tenth of it.
type Budget struct{ left int64 }

// NewBudget is a whole budget.
func NewBudget() *Budget { return &Budget{celconfig.RuntimeCELCostBudget} }

var errOutOfBudget = errors.New("the rules of this guardrail have cost more than an API server allows for one object")

func (b *Budget) spend(details *cel.EvalDetails) error {
	cost := details.ActualCost()
	if cost == nil || *cost > math.MaxInt64 || int64(*cost) > b.left {
		b.left = -1
		return errOutOfBudget
	}
	b.left -= int64(*cost)
	return nil
}

// evaluate evaluates an expression. Nothing is evaluated once the budget is
// spent.
func (e *expression) evaluate(ctx context.Context, in *inputs, budget *Budget) (ref.Val, error) {
	if budget.left < 0 {
		return nil, errOutOfBudget
	}
	value, details, err := e.program.ContextEval(ctx, in)
	if spent := budget.spend(details); err == nil {
		err = spent
	}
	if err != nil {
		return nil, err
	}
	return value, nil
}

// explainFailure says in one line why an expression fails, and how to write one
// that does not.
func explainFailure(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	switch {
	case errors.Is(err, errOutOfBudget):
		return err
	case strings.Contains(text, "no such key"):
		text += "; guard what may be absent with has()"
	case strings.Contains(text, "actual cost limit exceeded"):
		text = "the expression costs more than an API server allows for one evaluation"
	}
	return errors.New(text)
}
