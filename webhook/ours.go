package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/printable"
)

// isOurs tells whether somebody writes a Guardrail or an Exemption.
func isOurs(request *admissionv1.AdmissionRequest) bool {
	return request.Kind.Group == v1alpha1.GroupVersion.Group && request.SubResource == "" && len(request.Object.Raw) > 0
}

// isOwnStatus tells whether the status of a Guardrail or an Exemption is written. Taffrail alone
// does so, and no rule may keep it from telling what is wrong with a rule. There is nothing else
// that a write of it could change.
func isOwnStatus(request *admissionv1.AdmissionRequest) bool {
	return request.Resource.Group == v1alpha1.GroupVersion.Group && request.SubResource == "status"
}

// checkOurs refuses a Guardrail or an Exemption with mistakes, and lists them; it answers false
// where there are none, and what the rules in force say of it is still to come. One that was wrong
// already may be labelled, and freed of its finalizers.
func checkOurs(ctx context.Context, set *guardrail.Set, request *admissionv1.AdmissionRequest) (verdict, bool) {
	v := verdict{name: request.Name}
	if request.Operation == admissionv1.Update && sameSpec(request.Object.Raw, request.OldObject.Raw) {
		return v, false
	}
	mistakes := set.Check(request.Object.Raw)
	if len(mistakes) == 0 {
		mistakes = set.LocksOut(ctx, request)
	}
	if len(mistakes) == 0 {
		return v, false
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %q has %s:", printable.Text(request.Resource.Resource+"."+request.Resource.Group), request.Name, mistakesText(len(mistakes)))
	details := &metav1.StatusDetails{Name: request.Name, Group: request.Kind.Group, Kind: request.Kind.Kind}
	for _, mistake := range mistakes {
		line := printable.Text(mistake.Error())
		if m, ok := errors.AsType[*guardrail.Mistake](mistake); ok {
			line = m.Text()
		}
		cause := metav1.StatusCause{Type: metav1.CauseTypeFieldValueInvalid, Message: line}
		if at, ok := errors.AsType[*field.Error](mistake); ok {
			place := printable.Text(at.Field)
			cause = metav1.StatusCause{Type: metav1.CauseType(at.Type), Field: place, Message: strings.TrimPrefix(line, place+": ")}
		}
		details.Causes = append(details.Causes, cause)
		text.WriteString("\n- " + line)
	}
	v.result = resultDenied
	v.response = &admissionv1.AdmissionResponse{Result: &metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid,
		Message: text.String(), Details: details,
	}}
	return v, true
}

// advice warns of what is no mistake and cannot work.
func advice(set *guardrail.Set, request *admissionv1.AdmissionRequest) (warnings []string) {
	for _, text := range set.Advice(request.Object.Raw) {
		if len(warnings) == maxWarnings {
			break
		}
		warnings = append(warnings, warning(text))
	}
	return warnings
}

func mistakesText(n int) string {
	if n == 1 {
		return "a mistake"
	}
	return fmt.Sprintf("%d mistakes", n)
}

func sameSpec(a, b []byte) bool {
	var one, other struct {
		Spec any `json:"spec"`
	}
	return json.Unmarshal(a, &one) == nil && json.Unmarshal(b, &other) == nil && reflect.DeepEqual(one.Spec, other.Spec)
}
