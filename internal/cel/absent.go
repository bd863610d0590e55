package cel

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// missing are the objects that a request of an operation does not carry, and what is there instead.
var missing = []struct {
	name, other string
	operation   admissionregistrationv1.OperationType
}{
	{objectName, oldObjectName, admissionregistrationv1.Delete},
	{oldObjectName, objectName, admissionregistrationv1.Create},
}

// Absent warns of a rule that reads an object where there is none: it fails on every request of an
// operation. One that compares the object with null, or asks for the request, is taken to know.
func Absent(in *v1alpha1.Rule, at *field.Path) (warnings field.ErrorList) {
	c := &compiler{env: untyped(), typesOnly: true}
	rule, mistakes := c.rule(in, at)
	if len(mistakes) > 0 {
		return nil // they are told
	}
	operations := operationsOf(in)
	for _, of := range missing {
		if !slices.Contains(operations, of.operation) || !rule.needs(of.name) {
			continue
		}
		what := "use " + of.other
		if len(operations) > 1 {
			what = "ask for request.operation first"
		}
		warnings = append(warnings, field.Invalid(at.Child("expression"), field.OmitValueType{},
			fmt.Sprintf("must %s: %s is null on %s, so the rule fails each time", what, of.name, of.operation)))
	}
	return warnings
}

// operationsOf are the operations of a rule, without a *.
func operationsOf(in *v1alpha1.Rule) (all []admissionregistrationv1.OperationType) {
	for i := range in.Resources {
		for _, o := range in.Resources[i].Operations {
			if o == admissionregistrationv1.OperationAll {
				return []admissionregistrationv1.OperationType{
					admissionregistrationv1.Create, admissionregistrationv1.Update, admissionregistrationv1.Delete, admissionregistrationv1.Connect,
				}
			}
			if !slices.Contains(all, o) {
				all = append(all, o)
			}
		}
	}
	return all
}

// needs tells whether the expression of a rule, or a variable, reads fields of an object and does
// nothing else with it.
func (r *Rule) needs(name string) bool {
	expressions := []*expression{r.expression}
	for _, v := range r.variables {
		expressions = append(expressions, v.expression)
	}
	selected, mentioned := 0, 0
	for _, e := range expressions {
		if e.names[requestName] {
			return false
		}
		ast.PreOrderVisit(e.ast.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
			switch {
			case e.Kind() == ast.SelectKind && isIdent(e.AsSelect().Operand(), name):
				selected++
			case isIdent(e, name):
				mentioned++
			}
		}))
	}
	return selected > 0 && mentioned == selected
}

// explainAbsent adds to a failure which object is not there, and which is.
func explainAbsent(err error, r *Rule, review *workload.Review) error {
	text := err.Error()
	for _, of := range missing {
		if review.Operation != admissionv1.Operation(of.operation) || !r.needs(of.name) {
			continue
		}
		text, _, _ = strings.Cut(text, "; guard what")
		return fmt.Errorf("%s; %s is null on %s: use %s", text, of.name, of.operation, of.other)
	}
	return err
}
