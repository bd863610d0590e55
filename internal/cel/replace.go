package cel

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/parser"
)

// Replace puts other expressions in place of variables of a CEL expression, by their names. What is
// in texts, a field of something, or a variable of a macro by that name stays.
func Replace(expression string, with map[string]string) (string, error) {
	p, err := parser.NewParser(parser.EnableOptionalSyntax(true), parser.EnableIdentEscapeSyntax(true))
	if err != nil {
		return "", fmt.Errorf("making a parser of CEL: %w", err)
	}
	parsed, problems := p.Parse(common.NewTextSource(expression))
	if len(problems.GetErrors()) > 0 {
		return "", fmt.Errorf("%s", problems.GetErrors()[0].Message)
	}
	r := replacer{info: parsed.SourceInfo(), with: with, at: map[int32]string{}}
	r.visit(parsed.Expr(), nil)
	return r.write([]rune(expression))
}

type replacer struct {
	info *ast.SourceInfo
	with map[string]string
	at   map[int32]string // names by where they begin
}

// macros are the functions whose first argument is the name of a variable, and their second of
// another one where they have four arguments or a call of them says so.
var macros = []string{"all", "exists", "exists_one", "existsOne", "map", "filter", "sortBy", "optMap", "optFlatMap", "transformList", "transformMap", "transformMapEntry"}

func (r *replacer) visit(e ast.Expr, bound []string) {
	switch e.Kind() {
	case ast.IdentKind:
		name := e.AsIdent()
		if _, wanted := r.with[name]; wanted && !slices.Contains(bound, name) {
			if at, known := r.info.GetOffsetRange(e.ID()); known {
				r.at[at.Start] = name
			}
		}
	case ast.SelectKind:
		r.visit(e.AsSelect().Operand(), bound)
	case ast.CallKind:
		r.visitCall(e.AsCall(), bound)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			r.visit(element, bound)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			r.visit(entry.AsMapEntry().Key(), bound)
			r.visit(entry.AsMapEntry().Value(), bound)
		}
	case ast.StructKind:
		for _, field := range e.AsStruct().Fields() {
			r.visit(field.AsStructField().Value(), bound)
		}
	}
}

func (r *replacer) visitCall(c ast.CallExpr, bound []string) {
	args, inner := c.Args(), bound
	if c.IsMemberFunction() {
		r.visit(c.Target(), bound)
		if slices.Contains(macros, c.FunctionName()) && len(args) > 1 || c.FunctionName() == "bind" && len(args) == 3 {
			inner = slices.Clone(bound)
			names := 1
			if strings.HasPrefix(c.FunctionName(), "transform") || len(args) == 3 && slices.Contains(macros[:4], c.FunctionName()) {
				names = 2
			}
			for _, name := range args[:names] {
				if name.Kind() == ast.IdentKind {
					inner = append(inner, name.AsIdent())
				}
			}
			args = args[names:]
			if c.FunctionName() == "bind" {
				r.visit(args[0], bound)
				args = args[1:]
			}
		}
	}
	for _, arg := range args {
		r.visit(arg, inner)
	}
}

func (r *replacer) write(text []rune) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); {
		name, replaced := r.at[int32(i)] //nolint:gosec // an expression has 8 KiB
		if !replaced {
			b.WriteRune(text[i])
			i++
			continue
		}
		if !strings.HasPrefix(string(text[i:]), name) {
			return "", fmt.Errorf("replacing %s: it is written in a way that was not found", name)
		}
		b.WriteString(r.with[name])
		i += len([]rune(name))
	}
	return b.String(), nil
}

// Uses tells whether a CEL expression names a variable. One that cannot be read uses none.
func Uses(expression, name string) bool {
	replaced, err := Replace(expression, map[string]string{name: name + "_"})
	return err == nil && replaced != expression
}
