package cel

import (
	"context"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// accessor is an expression as an API server takes it.
type accessor string

func (a accessor) GetExpression() string  { return string(a) }
func (accessor) ReturnTypes() []*cel.Type { return []*cel.Type{cel.BoolType} }

// byAnAPIServer evaluates an expression with the code of an API server's ValidatingAdmissionPolicy.
func byAnAPIServer(t *testing.T, expression string, r *workload.Review) (kept bool, err error) {
	t.Helper()
	evaluator := plugincel.NewConditionCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())).
		CompileCondition([]plugincel.ExpressionAccessor{accessor(expression)}, plugincel.OptionalVariableDeclarations{}, environment.StoredExpressions)
	document, err := r.Document()
	require.NoError(t, err)
	attributes := &admission.VersionedAttributes{
		Attributes: admission.NewAttributesRecord(nil, nil, r.Kind, r.Namespace, r.Name, r.Resource, r.Subresource,
			admission.Operation(r.Operation), nil, r.DryRun, nil),
		VersionedKind: schema.GroupVersionKind(r.Request().Kind),
	}
	if document != nil {
		attributes.VersionedObject = admission.NewLazyObject(&unstructured.Unstructured{Object: document})
	}
	if old, err := r.OldDocument(); err == nil && old != nil {
		attributes.VersionedOldObject = admission.NewLazyObject(&unstructured.Unstructured{Object: old})
	}
	namespace := plugincel.CreateNamespaceObject(&corev1.Namespace{ObjectMeta: r.NamespaceMeta().ObjectMeta})
	request := *r.Request()
	// As in plugincel.CreateAdmissionRequest.
	request.DryRun, request.RequestResource = new(bool), &request.Resource
	request.Object, request.OldObject = runtime.RawExtension{}, runtime.RawExtension{}
	results, _, err := evaluator.ForInput(context.Background(), attributes, &request, plugincel.OptionalVariableBindings{}, namespace, celconfig.RuntimeCELCostBudget)
	if err != nil {
		return false, err
	}
	return results[0].EvalResult == types.True, results[0].Error
}

// TestWeAgreeWithAnAPIServer on what is true, what is not, and what cannot be evaluated.
func TestWeAgreeWithAnAPIServer(t *testing.T) {
	all := []string{
		`object.spec.replicas > 3`,
		`object.spec.paused == true`,
		`has(object.spec.paused) || !has(object.status)`,
		`object.spec.template.spec.containers[7].name == 'a'`,
		`object.spec.replicas.startsWith('3')`,
		`1 / (object.spec.replicas - 3) == 1`,
		`oldObject.spec.replicas == 3`,
		`object.status.replicas == 1 || object.spec.replicas == 3`,
		`object.spec.replicas == 3.0 && object.spec.replicas > 2.5`,
		`dyn(object.spec.replicas) == '3'`,
		`object.metadata.labels == {'app': 'web', 'team': 'web-team'}`,
		`request.subResource == ''`,
		`has(request.namespace) && !has(request.options.dryRun)`,
		`request.userInfo.extra['none'] == []`,
		`namespaceObject.metadata.labels['none'] == ''`,
		`namespaceObject.metadata.creationTimestamp == null`,
		`dyn(request).object == null`,
		`object.spec.template.spec.containers.map(c, c.image).isSorted()`,
	}
	for _, test := range meaningful {
		all = append(all, test.expression)
	}
	for _, operation := range []admissionv1.Operation{admissionv1.Create, admissionv1.Update, admissionv1.Delete} {
		for _, expression := range all {
			t.Run(string(operation)+" "+expression, func(t *testing.T) {
				object, old := deployment, ""
				switch operation {
				case admissionv1.Update:
					old = deployment
				case admissionv1.Delete:
					object, old = "", deployment
				}
				want, wantErr := byAnAPIServer(t, expression, reviewOf(t, operation, object, old))
				message, err := compileRule(t, v1alpha1.Rule{Expression: expression}).
					Evaluate(context.Background(), reviewOf(t, operation, object, old), NewBudget())
				assert.Equal(t, wantErr == nil, err == nil, "an API server: %v, we: %v", wantErr, err)
				if wantErr == nil {
					assert.Equal(t, want, message == "")
				}
			})
		}
	}
}
