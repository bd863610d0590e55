package workload

import (
	"cmp"
	"errors"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/tape"
)

// Review is one object on its way into the cluster.
type Review struct {
	Operation admissionv1.Operation
	Kind      schema.GroupVersionKind
	// RequestKind is what the user sent, before the API server made it the version that the webhook
	// asks for. It differs from Kind in the version and, for kinds that have moved, in the group.
	RequestKind schema.GroupVersionKind
	Resource    schema.GroupVersionResource
	Subresource string
	// Name may be empty: the API server makes names up after admission.
	Name string
	// Namespace is empty for cluster-scoped objects; for a Namespace it is its own name.
	Namespace string
	User      authenticationv1.UserInfo
	DryRun    bool

	// Object is nil on DELETE. Kinds that Taffrail does not know are
	// *unstructured.Unstructured.
	Object Object
	// OldObject is set on UPDATE and DELETE.
	OldObject Object
	// Pod is the Pod in Object, or nil where it holds none.
	Pod *Pod

	namespace *namespace
	raw       []byte
	// object and old are where the objects are on a tape, if they are on one.
	object, old tape.Value

	request               *admissionv1.AdmissionRequest
	document, oldDocument document
}

// NewReview decodes the objects of a request. The error names the object that
// is not what the request says it is.
func NewReview(request *admissionv1.AdmissionRequest) (*Review, error) {
	return Read(request, tape.Value{}, tape.Value{})
}

// Read is NewReview where the objects have been read already.
func Read(request *admissionv1.AdmissionRequest, object, old tape.Value) (*Review, error) {
	r := begin(request)
	r.object, r.old = object, old
	if !present(request.Object.Raw) && (r.Operation == admissionv1.Create || r.Operation == admissionv1.Update) {
		return nil, errors.New("request.object: must be set")
	}
	var err error
	if present(request.Object.Raw) {
		if r.Object, err = decode(r.Kind, request.Object.Raw, object); err != nil {
			return nil, fmt.Errorf("request.object: %w", err)
		}
		if r.Pod, err = podOf(r.Object); err != nil {
			return nil, fmt.Errorf("request.object: decoding a %s: %w", r.Kind.Kind, err)
		}
	}
	if present(request.OldObject.Raw) {
		if r.OldObject, err = decode(r.Kind, request.OldObject.Raw, old); err != nil {
			return nil, fmt.Errorf("request.oldObject: %w", err)
		}
	}
	return r, nil
}

// begin is the review of a request without its objects.
func begin(request *admissionv1.AdmissionRequest) *Review {
	return &Review{
		Operation:   request.Operation,
		Kind:        schema.GroupVersionKind(request.Kind),
		RequestKind: schema.GroupVersionKind(*cmp.Or(request.RequestKind, &request.Kind)),
		Resource:    schema.GroupVersionResource(request.Resource),
		Subresource: request.SubResource,
		Name:        request.Name,
		Namespace:   request.Namespace,
		User:        request.UserInfo,
		DryRun:      request.DryRun != nil && *request.DryRun,
		raw:         request.Object.Raw,
		request:     request,
		document:    document{raw: request.Object.Raw},
		oldDocument: document{raw: request.OldObject.Raw},
	}
}

func present(raw []byte) bool { return len(raw) > 0 && raw[0] != 'n' }

// Glance is Read for a request of which nobody looks at more than the metadata of its objects: nothing
// else is made. It is nil where Read must decide, as what it would refuse is refused, be it looked at
// or not.
func Glance(request *admissionv1.AdmissionRequest, object, old tape.Value) *Review {
	r := begin(request)
	r.object, r.old = object, old
	switch {
	case present(request.Object.Raw):
		if r.Object = glance(r.Kind, object); r.Object == nil {
			return nil
		}
	case r.Operation == admissionv1.Create || r.Operation == admissionv1.Update:
		return nil
	}
	if present(request.OldObject.Raw) {
		if r.OldObject = glance(r.Kind, old); r.OldObject == nil {
			return nil
		}
	}
	return r
}

// HasKey tells whether the object is a ConfigMap with a key in its data. The key is plain.
func (r *Review) HasKey(key string) bool {
	if r.object.Known() {
		return r.object.Member("data").Member(key).Known()
	}
	config, is := r.Object.(*corev1.ConfigMap)
	if !is {
		return false
	}
	_, has := config.Data[key]
	return has
}

// Record makes the verbs of the Pod note a patch against the object that was sent, from the
// beginning: what verbs have done before is undone. It returns false when there is no Pod, or none
// that a patch could be applied to; the Pod must be left alone then.
func (r *Review) Record() bool {
	if r.Pod == nil || r.raw == nil {
		return false
	}
	if r.Pod.recorder != nil {
		object, err := decode(r.Kind, r.raw, tape.Value{})
		if err != nil {
			return false
		}
		r.Object = object
		if r.Pod, err = podOf(object); err != nil {
			return false
		}
	}
	return r.Pod.Record(r.raw)
}

// Old is the review of the old object as if nothing had changed, or nil where there is no old
// object to compare with. What a check finds there was there before.
func (r *Review) Old() *Review {
	if r.Operation != admissionv1.Update || r.OldObject == nil {
		return nil
	}
	old := *r
	old.Object, old.raw, old.object = r.OldObject, nil, r.old
	old.Pod, _ = podOf(r.OldObject) // what cannot be evaluated there excuses nothing
	old.document = r.oldDocument
	return &old
}

// Request is the request as it was sent. It must not be changed.
func (r *Review) Request() *admissionv1.AdmissionRequest { return r.request }

// Meta is the metadata of the object or, where there is none, of the old one.
// It is nil when the request carries neither.
func (r *Review) Meta() metav1.Object {
	switch {
	case r.Object != nil:
		return r.Object
	case r.OldObject != nil:
		return r.OldObject
	default:
		return nil
	}
}

// DisplayName is the object's name or, before it has one, its generateName.
func (r *Review) DisplayName() string {
	if m := r.Meta(); m != nil && r.Name == "" {
		if name := m.GetName(); name != "" {
			return name
		}
		return m.GetGenerateName()
	}
	return r.Name
}

// GroupResource is the resource as kubectl writes it: pods, deployments.apps.
func (r *Review) GroupResource() string { return r.Resource.GroupResource().String() }
