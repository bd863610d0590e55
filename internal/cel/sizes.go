package cel

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// How long expressions may be: to compile one takes time that grows with the square of its terms,
// a quarter of a second for these bytes, and whoever writes a Guardrail has every replica do it.
const (
	// MaxExpressionBytes bounds one expression.
	MaxExpressionBytes = 8 << 10
	// MaxGuardrailBytes bounds all expressions of a Guardrail together.
	MaxGuardrailBytes = 64 << 10
)

// Bytes is how long all expressions of a Guardrail are together.
func Bytes(spec *v1alpha1.GuardrailSpec) int {
	n := 0
	for i := range spec.Rules {
		rule := &spec.Rules[i]
		n += len(rule.Expression) + len(rule.MessageExpression) + len(rule.Worsens) + variableBytes(rule.Variables)
	}
	for i := range spec.Mutations {
		n += mutationBytes(&spec.Mutations[i])
	}
	if spec.Match != nil {
		for _, condition := range spec.Match.MatchConditions {
			n += len(condition.Expression)
		}
	}
	return n
}

func mutationBytes(m *v1alpha1.Mutation) int {
	n := variableBytes(m.Variables)
	for _, condition := range m.MatchConditions {
		n += len(condition.Expression)
	}
	if m.ApplyConfiguration != nil {
		n += len(m.ApplyConfiguration.Expression)
	}
	if m.JSONPatch != nil {
		n += len(m.JSONPatch.Expression)
	}
	return n
}

func variableBytes(variables []admissionregistrationv1.Variable) int {
	n := 0
	for _, v := range variables {
		n += len(v.Expression)
	}
	return n
}
