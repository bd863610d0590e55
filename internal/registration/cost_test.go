package registration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
)

// A condition that costs more than an API server lets it is a refusal. The largest object that an
// API server takes costs a fiftieth of that.
func TestTheCostOfConditionsStaysFarBelowTheLimit(t *testing.T) {
	const largest = int(celconfig.MaxRequestSizeBytes)
	data := map[string]string{}
	for i := range largest / len(`"00000000":"",`) {
		data[fmt.Sprintf("%08d", i)] = ""
	}
	ports := make([]corev1.ServicePort, largest/len(`{"port":1},`))
	text := map[string]string{"a": strings.Repeat("a", largest)}
	objects := map[string][2]runtime.Object{
		"configmaps": {&corev1.ConfigMap{Data: data}, &corev1.ConfigMap{Data: text}},
		"secrets":    {&corev1.Secret{Type: corev1.SecretType(text["a"])}, &corev1.Secret{StringData: data}},
		"services":   {&corev1.Service{Spec: corev1.ServiceSpec{Ports: ports, Type: corev1.ServiceType(text["a"])}}, &corev1.Service{}},
		"nodes": {
			&corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: data, Annotations: text}},
			&corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: data, Annotations: data}},
		},
		"endpoints": {
			&corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Labels: text}}, //nolint:staticcheck // deprecated, and served
			&corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Labels: text}}, //nolint:staticcheck // deprecated, and served
		},
	}
	configuration := Validating(nil, everyCondition(t).Resources())
	for resource, pair := range objects {
		gvr := corev1.SchemeGroupVersion.WithResource(resource)
		attributes := admission.NewAttributesRecord(pair[0], pair[1], schema.GroupVersionKind{Version: "v1", Kind: resource}, "shop", "name", gvr, "",
			admission.Update, nil, false, &user.DefaultInfo{Name: "jane"})
		versioned := &admission.VersionedAttributes{Attributes: attributes, VersionedKind: attributes.GetKind()}
		versioned.VersionedObject.Set(pair[0])
		versioned.VersionedOldObject.Set(pair[1])
		for i := range configuration.Webhooks {
			w := &configuration.Webhooks[i]
			evaluator := compiler.CompileCondition(expressionsOf(w, MayFind), cel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.StoredExpressions)
			request := cel.CreateAdmissionRequest(attributes, metav1.GroupVersionResource(gvr), metav1.GroupVersionKind(attributes.GetKind()))
			const budget = celconfig.RuntimeCELCostBudgetMatchConditions
			results, remaining, err := evaluator.ForInput(context.Background(), versioned, request, cel.OptionalVariableBindings{}, nil, budget)
			require.NoError(t, err)
			for _, r := range results {
				require.NoError(t, r.Error, "%s, %s", w.Name, resource)
			}
			assert.Less(t, int64(budget)-remaining, int64(budget/50), "%s, %s", w.Name, resource)
		}
	}
}

// The oldest API server that Taffrail is for takes every condition.
func TestTheOldestAPIServerTakesTheConditions(t *testing.T) {
	oldest := cel.NewConditionCompiler(environment.MustBaseEnvSet(version.MajorMinor(1, 30)))
	configuration := Validating(nil, everyCondition(t).Resources())
	seen := 0
	for i := range configuration.Webhooks {
		expressions := expressionsOf(&configuration.Webhooks[i], "")
		compiled := oldest.CompileCondition(expressions, cel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions)
		assert.Empty(t, compiled.CompilationErrors())
		seen += len(expressions)
	}
	assert.NotZero(t, seen)
}

// expressionsOf are the match conditions of a name; all of them without one.
func expressionsOf(w *admissionregistrationv1.ValidatingWebhook, name string) (all []cel.ExpressionAccessor) {
	for _, c := range w.MatchConditions {
		if name == "" || c.Name == name {
			all = append(all, new(matchconditions.MatchCondition(c)))
		}
	}
	return all
}
