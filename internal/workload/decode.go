package workload

import (
	"bytes"
	"reflect"
	"sync"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"taffrail.dev/taffrail/internal/tape"
)

// decoder is how objects of a type are decoded.
type decoder struct {
	decode func(raw []byte, at tape.Value) (Object, error)
	// fits tells whether an object is one of the type, where the tape can tell.
	fits func(at tape.Value) bool
}

// into decodes objects of a type: from a tape where that takes them, which is less than half of the work,
// else with the decoder that knows all of JSON, and says what is wrong.
func into[T any, P interface {
	*T
	Object
}]() decoder {
	plan := sync.OnceValue(func() *tape.Plan { return plans.Of(reflect.TypeFor[T]()) })
	decode := func(raw []byte, at tape.Value) (Object, error) {
		if at.Known() {
			if object, ok := plan().Decode(at); ok {
				return object.(P), nil
			}
		}
		object := P(new(T))
		// Duplicate names and invalid UTF-8 are refused: what two parsers read
		// differently could be evaluated as one thing and run as another.
		if err := json.Unmarshal(raw, object, skipManagedFields); err != nil {
			return nil, explain(err)
		}
		return object, nil
	}
	return decoder{decode, func(at tape.Value) bool { return plan().Fits(at) }}
}

var metadata = into[metav1.PartialObjectMetadata]()

// glance is the metadata of an object that would be decoded without an error. It is nil where that is
// not known, and for kinds that hold a Pod, which has metadata of its own.
func glance(gvk schema.GroupVersionKind, at tape.Value) Object {
	k, known := kinds[gvk]
	if _, ofPods := maker[gvk.Kind]; !known || ofPods || gvk == podKind || gvk.Kind == "PodTemplate" || !at.Known() || !k.fits(at) {
		return nil
	}
	object, err := metadata.decode(nil, at)
	if err != nil || object.GetObjectKind().GroupVersionKind() != gvk {
		return nil
	}
	return object
}

// skipManagedFields leaves metadata.managedFields out: a third of what the API
// server sends, and no business of ours.
var skipManagedFields = json.WithUnmarshalers(json.UnmarshalFromFunc(
	func(d *jsontext.Decoder, _ *[]metav1.ManagedFieldsEntry) error { return d.SkipValue() },
))

var plans = tape.NewPlans(tape.Custom{
	reflect.TypeFor[[]metav1.ManagedFieldsEntry](): func(tape.Value, any) bool { return true },
	reflect.TypeFor[intstr.IntOrString]():          decodeIntOrString,
	reflect.TypeFor[corev1.ResourceList]():         decodeResourceList,
})

// decodeResourceList makes the maps that Pods have most of, six in one of three containers.
func decodeResourceList(from tape.Value, into any) bool {
	if from.Kind() != tape.Object {
		return from.Kind() == tape.Null
	}
	list := tape.Map[corev1.ResourceList](from)
	for inner, value := range from.Members() {
		var quantity resource.Quantity
		if bytes.IndexByte(inner, '\\') >= 0 || quantity.UnmarshalJSON(value.Raw()) != nil {
			return false
		}
		list[resourceName(inner)] = quantity
	}
	*into.(*corev1.ResourceList) = list
	return true
}

// resourceName makes no string of the names that there are most of.
func resourceName(name []byte) corev1.ResourceName {
	switch string(name) {
	case "cpu":
		return corev1.ResourceCPU
	case "memory":
		return corev1.ResourceMemory
	default:
		return corev1.ResourceName(name)
	}
}

// decodeIntOrString does what the method of the type does with encoding/json.
func decodeIntOrString(from tape.Value, into any) bool {
	value := into.(*intstr.IntOrString)
	if from.Kind() == tape.String {
		value.Type, value.StrVal = intstr.String, from.Text()
		return true
	}
	n, ok := from.Int()
	value.Type, value.IntVal = intstr.Int, int32(n) //nolint:gosec // it is compared
	return ok && int64(value.IntVal) == n
}

func decodeUnstructured(raw []byte, _ tape.Value) (Object, error) {
	object := &unstructured.Unstructured{}
	return object, object.UnmarshalJSON(raw)
}
