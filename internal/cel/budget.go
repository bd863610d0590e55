package cel

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/common/types/ref"
)

// What CEL may cost for one review, in CEL's units as costs counts them: the rules of all
// guardrails, their variables, messages and match conditions, and the comparison with the old
// object. A unit is up to half a microsecond of one core (BenchmarkBudget), so that the dearest
// expressions take about 100 ms together.
const (
	maxReview     = 150_000
	maxEvaluation = 75_000
	// start is what the start of an evaluation costs, before it looks at anything.
	start = 5
)

// Budget is what the expressions of one review may still cost. The zero value is a whole one.
type Budget struct{ spent int64 }

// Spent is what has been spent, in CEL's units.
func (b *Budget) Spent() int64 { return b.spent }

// NewBudget is a whole budget.
func NewBudget() *Budget { return new(Budget) }

var (
	errOutOfBudget = fmt.Errorf("the rules of all guardrails have cost what they may for one review (%d units); "+
		"walk long lists once, or make the object smaller", maxReview)
	errTooCostly = fmt.Errorf("the expression costs more than one evaluation may (%d units); "+
		"walk long lists once, or make the object smaller", maxEvaluation)
)

// isSpent tells whether one more evaluation could exceed the budget.
func (b *Budget) isSpent() bool { return b.spent > maxReview-maxEvaluation }

// evaluate evaluates an expression. Nothing begins that could exceed the budget, so that no order
// of expressions ever does; and nothing begins when nobody waits for the answer any more.
func (e *expression) evaluate(ctx context.Context, in *inputs, budget *Budget) (ref.Val, error) {
	if budget.isSpent() {
		return nil, errOutOfBudget
	}
	if err := ctx.Err(); err != nil {
		return nil, stopped(err)
	}
	if e.err != nil {
		return nil, e.err
	}
	value, details, err := e.program.ContextEval(ctx, in)
	budget.spent += start
	if cost := details.ActualCost(); cost != nil {
		budget.spent += int64(min(*cost, maxEvaluation)) //nolint:gosec // it is small
	}
	switch {
	case err == nil:
		return value, nil
	case ctx.Err() != nil:
		return nil, stopped(ctx.Err())
	case strings.Contains(err.Error(), "actual cost limit exceeded"):
		return nil, errTooCostly
	default:
		return nil, err
	}
}

// stopped is the error of an evaluation that nobody waits for any more.
func stopped(err error) error { return fmt.Errorf("the request has ended: %w", err) }

// isUndecided tells whether an evaluation came to no end, which says nothing of the object.
func isUndecided(err error) bool {
	return errors.Is(err, errOutOfBudget) || errors.Is(err, errTooCostly) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// explainFailure says in one line why an expression fails, and how to write one that does not.
func explainFailure(err error) error {
	if isUndecided(err) {
		return err
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	if strings.Contains(text, "no such key") {
		text += "; guard what may be absent with has()"
	}
	return errors.New(text)
}
