package cel

import (
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// conjunct is a part of an expression that must be true on its own. Its programs are made when an
// update is compared for the first time: most rules never compare one.
type conjunct struct {
	// plain is the part; watching is it with all branches evaluated, so that what is read does not
	// hang on the values.
	plain, watching func() *expression
	// literals are the values that the expression names.
	literals []any
}

func newConjunct(env *cel.Env, whole *ast.AST, part ast.Expr, literals []any) *conjunct {
	uses := usesIn(part)
	program := func(options ...cel.ProgramOption) func() *expression {
		return sync.OnceValue(func() *expression {
			program, err := plan(env, whole, part, options...)
			return &expression{program: program, err: err, uses: uses}
		})
	}
	return &conjunct{plain: program(), watching: program(cel.EvalOptions(cel.OptExhaustiveEval)), literals: literals}
}

// exhaustive is the expression with all branches evaluated.
func (e *expression) exhaustive() *expression {
	return e.watching()
}

// allVariables takes the place of a name where it does not show which variables are used.
const allVariables = ""

// usesIn are the variables that an expression uses itself.
func usesIn(e ast.Expr) map[string]bool {
	uses := map[string]bool{}
	selected, mentioned := 0, 0
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		switch {
		case e.Kind() == ast.SelectKind && isIdent(e.AsSelect().Operand(), variablesName):
			uses[e.AsSelect().FieldName()] = true
			selected++
		case isIdent(e, variablesName):
			mentioned++
		}
	}))
	if mentioned > selected {
		uses[allVariables] = true
	}
	return uses
}

func (e *expression) addUses(to map[string]bool) {
	for name := range e.uses {
		to[name] = true
	}
}

func isIdent(e ast.Expr, name string) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == name }

// literalsIn are the numbers and texts that are written in an expression.
func literalsIn(e ast.Expr) (all []any) {
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.LiteralKind {
			switch value := e.AsLiteral().Value().(type) {
			case int64, float64, string:
				all = append(all, value)
			}
		}
	}))
	return all
}

// looksAt notes which fields of the object an expression names: it can read nothing else.
func looksAt(e ast.Expr, seen *reads) {
	if path, ok := pathOf(e); ok {
		for _, name := range path {
			seen = seen.field(name)
		}
		seen.all = true
		return
	}
	switch e.Kind() {
	case ast.SelectKind:
		looksAt(e.AsSelect().Operand(), seen)
	case ast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			looksAt(call.Target(), seen)
		}
		for _, arg := range call.Args() {
			looksAt(arg, seen)
		}
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			looksAt(element, seen)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			looksAt(entry.AsMapEntry().Key(), seen)
			looksAt(entry.AsMapEntry().Value(), seen)
		}
	case ast.StructKind:
		for _, f := range e.AsStruct().Fields() {
			looksAt(f.AsStructField().Value(), seen)
		}
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		for _, part := range []ast.Expr{c.IterRange(), c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()} {
			looksAt(part, seen)
		}
	}
}

// pathOf is where in the object an expression points: object, object.spec,
// object.metadata.labels['a'].
func pathOf(e ast.Expr) (path []string, ok bool) {
	switch e.Kind() {
	case ast.IdentKind:
		return nil, e.AsIdent() == objectName
	case ast.SelectKind:
		path, ok = pathOf(e.AsSelect().Operand())
		return append(path, e.AsSelect().FieldName()), ok
	case ast.CallKind:
		call := e.AsCall()
		switch call.FunctionName() {
		case operators.Index, operators.OptIndex, operators.OptSelect:
		default:
			return nil, false
		}
		if args := call.Args(); len(args) == 2 && args[1].Kind() == ast.LiteralKind {
			if name, isText := args[1].AsLiteral().(types.String); isText {
				path, ok = pathOf(args[0])
				return append(path, string(name)), ok
			}
		}
	}
	return nil, false
}
