package expressions

import (
	"context"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/workload"
)

// Rule is the expressions of a rule, compiled. Reviews may use it side by side.
type Rule struct {
	declared          *apiservercel.DeclType // of variables
	variables         []variable
	expression        *expression
	messageExpression *expression
	message           string
}

// CompileRule lists every mistake in the expressions of a rule, each with its
// place.
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
	return out, mistakes
}

// Judge returns what is wrong with the object, or "" when the rule is kept. The
// error says that the rule could not be evaluated.
func (r *Rule) Judge(ctx context.Context, review *workload.Review, budget *Budget) (message string, err error) {
	in := &inputs{review: review}
	if r.declared != nil {
		in.withVariables(ctx, r.declared, r.variables, budget)
	}
	kept, err := r.expression.evaluate(ctx, in, budget)
	switch {
	case err != nil:
		return "", explainFailure(err)
	case kept == types.True:
		return "", nil
	}
	return r.say(ctx, in, budget), nil
}

// say falls back to the message when the expression for it fails, or yields
// something that an API server would not take.
func (r *Rule) say(ctx context.Context, in *inputs, budget *Budget) string {
	if r.messageExpression == nil {
		return r.message
	}
	value, err := r.messageExpression.evaluate(ctx, in, budget)
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

// JudgesObject tells whether the rule is about the object alone. A rule that
// also looks at the old object or at the request is about the change: it may
// well fail for the old object too (`request.userInfo.username == "admin"`),
// which says nothing about whether the change may pass.
func (r *Rule) JudgesObject() bool {
	about := func(e *expression) bool { return !e.names[oldObjectName] && !e.names[requestName] }
	for _, v := range r.variables {
		if !about(v.expression) {
			return false
		}
	}
	return about(r.expression)
}
