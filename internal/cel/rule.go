package cel

import (
	"context"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// Rule is the expressions of a rule, compiled. Reviews may use it side by side.
type Rule struct {
	scope
	expression        *expression
	messageExpression *expression
	message           string

	// What an update is compared by.
	about   about
	looksAt *reads      // of the object, by what is written
	parts   []*conjunct // of the expression
	worsens *expression
}

// about is what a rule is about.
type about bool

const (
	// aboutObject is a rule that looks at the object alone.
	aboutObject about = true
	// aboutChange is a rule that looks at the old object or the request too. It may well fail for
	// the old object (`request.userInfo.username == "admin"`), which says nothing of whether the
	// change may pass.
	aboutChange about = false
)

// CompileRule lists every mistake in the expressions of a rule, each with its place.
func CompileRule(in *v1alpha1.Rule, at *field.Path) (*Rule, field.ErrorList) {
	c := &compiler{env: untyped()}
	out, mistakes := c.rule(in, at)
	text := strings.TrimSpace(in.Message)
	switch {
	case in.Message != "" && text == "":
		mistakes = append(mistakes, field.Invalid(at.Child("message"), in.Message, "must not be blank"))
	case strings.ContainsAny(text, "\r\n"):
		mistakes = append(mistakes, field.Invalid(at.Child("message"), in.Message, "must be one line"))
	case text == "":
		text = "must satisfy " + strings.Join(strings.Fields(in.Expression), " ")
	}
	out.message = text
	if len(mistakes) == 0 {
		out.prepareComparison(c)
	}
	return out, mistakes
}

func (c *compiler) rule(in *v1alpha1.Rule, at *field.Path) (*Rule, field.ErrorList) {
	out := &Rule{}
	var mistakes, wrong field.ErrorList
	out.variables, mistakes = c.compileVariables(in.Variables, at.Child("variables"))
	out.declared = c.variables
	out.expression, _, wrong = c.compile(in.Expression, cel.BoolType, at.Child("expression"))
	mistakes = append(mistakes, wrong...)
	if in.MessageExpression != "" {
		out.messageExpression, _, wrong = c.compile(in.MessageExpression, cel.StringType, at.Child("messageExpression"))
		mistakes = append(mistakes, wrong...)
	}
	if in.Worsens != "" {
		out.worsens, _, wrong = c.compile(in.Worsens, cel.BoolType, at.Child("worsens"))
		mistakes = append(mistakes, wrong...)
	}
	return out, mistakes
}

// prepareComparison splits the expression, and finds what the rule looks at.
func (r *Rule) prepareComparison(c *compiler) {
	expressions := []*expression{r.expression}
	var literals []any
	for _, v := range r.variables {
		expressions = append(expressions, v.expression)
	}
	r.about, r.looksAt = aboutObject, &reads{}
	for _, e := range expressions {
		if e.names[oldObjectName] || e.names[requestName] {
			r.about = aboutChange
		}
		looksAt(e.ast.Expr(), r.looksAt)
		literals = append(literals, literalsIn(e.ast.Expr())...)
	}
	for _, part := range conjuncts(r.expression.ast.Expr()) {
		r.parts = append(r.parts, newConjunct(c.env, r.expression.ast, part, literals))
	}
}

// Evaluate returns what is wrong with the object, or "" when the rule is kept. The error says that
// the rule could not be evaluated.
func (r *Rule) Evaluate(ctx context.Context, review *workload.Review, budget *Budget) (message string, err error) {
	in := r.inputs(review)
	kept, err := r.evaluate(ctx, r.expression, in, budget)
	switch {
	case err != nil:
		if isUndecided(err) {
			return "", err
		}
		return "", explainAbsent(explainFailure(err), r, review)
	case kept == types.True:
		return "", nil
	}
	return r.say(ctx, in, budget), nil
}

// say falls back to the message when the expression for it fails, or yields something that an API
// server would not take.
func (r *Rule) say(ctx context.Context, in *inputs, budget *Budget) string {
	if r.messageExpression == nil {
		return r.message
	}
	value, err := r.evaluate(ctx, r.messageExpression, in, budget)
	if err != nil {
		return r.message
	}
	text, _ := value.Value().(string)
	text = strings.TrimSpace(text)
	if text == "" || len(text) > celconfig.MaxEvaluatedMessageExpressionSizeBytes || strings.ContainsAny(text, "\r\n") {
		return r.message
	}
	return text
}
