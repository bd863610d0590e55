// Package cel compiles and evaluates the CEL of Guardrails: rules and match conditions. It uses the
// environment, the libraries, the types and the limits of an API server, so that an expression of a
// ValidatingAdmissionPolicy that uses neither params nor authorizer means the same here.
//
//	rule, mistakes := cel.CompileRule(&in, field.NewPath("spec", "rules").Index(0))
//	message, err := rule.Evaluate(ctx, review, cel.NewBudget())
//
// Nothing is built before the first expression is compiled.
package cel
