package cel

import (
	"cmp"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/lazy"

	"taffrail.dev/taffrail/internal/workload"
)

// inputs are what expressions see of a review. Each is made when it is first
// asked for: most expressions ask for one.
type inputs struct {
	review                                *workload.Review
	object, oldObject, request, namespace ref.Val
	variables                             ref.Val
	values                                *lazy.MapValue
	known                                 map[string]bool // of the variables
	// watching says that what is read of the object is noted, in all branches.
	watching bool
}

// ResolveName implements interpreter.Activation.
func (in *inputs) ResolveName(name string) (any, bool) {
	switch name {
	case objectName:
		return once(&in.object, func() ref.Val { return documentValue(in.review.Document()) }), true
	case oldObjectName:
		return once(&in.oldObject, func() ref.Val { return documentValue(in.review.OldDocument()) }), true
	case requestName:
		return once(&in.request, func() ref.Val { return requestValue(in.review.Request()) }), true
	case namespaceName:
		return once(&in.namespace, func() ref.Val { return namespaceValue(in.review) }), true
	case variablesName:
		return in.variables, in.variables != nil
	default:
		return nil, false
	}
}

// Parent implements interpreter.Activation.
func (*inputs) Parent() interpreter.Activation { return nil }

func once(value *ref.Val, create func() ref.Val) ref.Val {
	if *value == nil {
		*value = create()
	}
	return *value
}

func documentValue(document map[string]any, err error) ref.Val {
	switch {
	case err != nil:
		return types.WrapErr(err)
	case document == nil:
		return types.NullValue
	default:
		return types.DefaultTypeAdapter.NativeToValue(document)
	}
}

// requestValue is the request as an API server shows it to a ValidatingAdmissionPolicy: the objects
// are seen through object and oldObject only, and some fields are always there.
func requestValue(sent *admissionv1.AdmissionRequest) ref.Val {
	r := *sent
	r.Object, r.OldObject = runtime.RawExtension{}, runtime.RawExtension{}
	r.RequestKind = cmp.Or(r.RequestKind, &r.Kind)
	r.RequestResource = cmp.Or(r.RequestResource, &r.Resource)
	r.RequestSubResource = cmp.Or(r.RequestSubResource, r.SubResource)
	r.DryRun = cmp.Or(r.DryRun, new(bool))
	return common.SchemalessTypedToVal(&r)
}

var namespaceKind = corev1.SchemeGroupVersion.WithKind("Namespace")

// namespaceValue is null for what lives in no Namespace and, as in an API
// server, for Namespaces themselves. Of a Namespace that nothing is known of
// there is the name, and the label that each has.
func namespaceValue(r *workload.Review) ref.Val {
	if r.Namespace == "" || r.Kind == namespaceKind {
		return types.NullValue
	}
	meta := r.NamespaceMeta()
	if meta == nil {
		meta = &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
			Name: r.Namespace, Labels: map[string]string{corev1.LabelMetadataName: r.Namespace},
		}}
	}
	namespace := &corev1.Namespace{ObjectMeta: meta.ObjectMeta}
	namespace.ManagedFields, namespace.OwnerReferences = nil, nil
	return common.SchemalessTypedToVal(namespace)
}

// declare makes the variables of a rule known. Each has its value before an expression that uses it
// is evaluated.
func (in *inputs) declare(variables *apiservercel.DeclType) {
	in.values = lazy.NewMapValue(variables)
	in.variables = in.values
}

func (in *inputs) has(variable string) bool { return in.known[variable] }

func (in *inputs) set(variable string, value ref.Val) {
	if in.known == nil {
		in.known = map[string]bool{}
	}
	in.known[variable] = true
	in.values.Append(variable, func(*lazy.MapValue) ref.Val { return value })
}
