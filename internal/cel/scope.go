package cel

import (
	"context"
	"slices"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	apiservercel "k8s.io/apiserver/pkg/cel"

	"taffrail.dev/taffrail/internal/workload"
)

// scope is the variables that expressions share.
type scope struct {
	declared  *apiservercel.DeclType // of variables
	variables []variable
}

// inputs are what the expressions see.
func (s *scope) inputs(review *workload.Review) *inputs {
	in := &inputs{review: review}
	if s.declared != nil {
		in.declare(s.declared)
	}
	return in
}

// evaluate evaluates an expression and before it the variables that it uses, in their
// order. Were each evaluated when it is asked for, those that ask would all be under way, each with
// a cost that is not counted yet.
func (s *scope) evaluate(ctx context.Context, e *expression, in *inputs, budget *Budget) (ref.Val, error) {
	needed := map[string]bool{}
	if len(s.variables) > 0 {
		e.addUses(needed)
	}
	for _, v := range slices.Backward(s.variables) {
		if needed[v.name] || needed[allVariables] {
			needed[v.name] = true
			v.addUses(needed)
		}
	}
	for _, v := range s.variables {
		if !needed[v.name] || in.has(v.name) {
			continue
		}
		of := v.expression
		if in.watching {
			of = v.exhaustive()
		}
		value, err := of.evaluate(ctx, in, budget)
		if err != nil && isUndecided(err) {
			return nil, err
		}
		if err != nil {
			value = types.NewErr("variable %q: %v", v.name, err)
		}
		in.set(v.name, value)
	}
	return e.evaluate(ctx, in, budget)
}
