package cel

import (
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
)

// maxConjuncts bounds what an expression is split into; one with more is taken as a whole.
const maxConjuncts = 32

// conjuncts splits an expression into those that must all be true, down into what must be true of
// each item of a list. An update is compared by each on its own: what it breaks must not hide
// behind another that was broken before.
func conjuncts(e ast.Expr) []ast.Expr {
	if parts := split(e, operators.LogicalAnd); len(parts) <= maxConjuncts {
		return parts
	}
	return []ast.Expr{e}
}

// dual is how a negation turns and into or, and all() into exists().
var dual = map[string]string{operators.LogicalAnd: operators.LogicalOr, operators.LogicalOr: operators.LogicalAnd}

// split splits by an operator: a && b, !(a || b), all(x, a && b) by and; a || b, !(a && b),
// exists(x, a || b) by or. By and, a || (b && c) is a || b and a || c too, which is the usual guard
// for what may be absent.
func split(e ast.Expr, by string) []ast.Expr {
	switch e.Kind() {
	case ast.CallKind:
		return splitCall(e, by)
	case ast.ComprehensionKind:
		return splitComprehension(e, by)
	default:
		return []ast.Expr{e}
	}
}

var factory = ast.NewExprFactory()

func splitCall(e ast.Expr, by string) []ast.Expr {
	call := e.AsCall()
	switch args := call.Args(); call.FunctionName() {
	case by:
		return append(split(args[0], by), split(args[1], by)...)
	case operators.LogicalNot:
		var all []ast.Expr
		for _, part := range split(args[0], dual[by]) {
			all = append(all, factory.NewCall(e.ID(), operators.LogicalNot, part))
		}
		return all
	case dual[by]:
		left, right := split(args[0], by), split(args[1], by)
		if len(left)*len(right) > maxConjuncts {
			return []ast.Expr{e}
		}
		var all []ast.Expr
		for _, l := range left {
			for _, r := range right {
				all = append(all, factory.NewCall(e.ID(), dual[by], l, r))
			}
		}
		return all
	default:
		return []ast.Expr{e}
	}
}

// splitComprehension knows all() and exists() by what they are made of.
func splitComprehension(e ast.Expr, by string) []ast.Expr {
	c := e.AsComprehension()
	start, step := c.AccuInit(), c.LoopStep()
	if start.Kind() != ast.LiteralKind || step.Kind() != ast.CallKind || step.AsCall().FunctionName() != by ||
		start.AsLiteral().Value() != (by == operators.LogicalAnd) {
		return []ast.Expr{e}
	}
	args := step.AsCall().Args()
	if args[0].Kind() != ast.IdentKind || args[0].AsIdent() != c.AccuVar() {
		return []ast.Expr{e}
	}
	var all []ast.Expr
	for _, part := range split(args[1], by) {
		all = append(all, factory.NewComprehensionTwoVar(e.ID(), c.IterRange(), c.IterVar(), c.IterVar2(), c.AccuVar(),
			start, c.LoopCondition(), factory.NewCall(step.ID(), by, args[0], part), c.Result()))
	}
	return all
}

// plan makes a program of a part of a checked expression.
func plan(env *cel.Env, whole *ast.AST, part ast.Expr, options ...cel.ProgramOption) (cel.Program, error) {
	checked := ast.NewCheckedAST(ast.NewAST(part, whole.SourceInfo()), whole.TypeMap(), whole.ReferenceMap())
	return env.PlanProgram(checked, append(tracking(), options...)...)
}
