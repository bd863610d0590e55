package guardrailtest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/workload"
)

var operations = []v1alpha1.Operation{
	v1alpha1.OperationCreate, v1alpha1.OperationUpdate, v1alpha1.OperationDelete, v1alpha1.OperationConnect,
}

// request is the request of a case as the API server would send it, but for the defaults of the
// API. It is nil where something is wrong with it.
func (r *reader) request(in *v1alpha1.TestCase, at *field.Path) *admissionv1.AdmissionRequest {
	before := len(r.mistakes)
	operation := cmp.Or(in.Operation, v1alpha1.OperationCreate)
	if !slices.Contains(operations, operation) {
		r.wrong(field.NotSupported(at.Child("operation"), operation, operations))
	}
	object := r.objectOf(in.Object, in.File, at, "object", "file")
	old := r.objectOf(in.OldObject, in.OldFile, at, "oldObject", "oldFile")
	if len(r.mistakes) > before {
		return nil
	}
	r.place(in.Namespace, at.Child("namespace"), object, old)
	r.checkObjects(operation, object, old, at)
	if operation == v1alpha1.OperationConnect && in.Subresource == "" {
		r.wrong(field.Required(at.Child("subresource"), "must be exec, attach, portforward or proxy: nothing else is connected to"))
	}
	if len(r.mistakes) > before {
		return nil
	}
	if operation == v1alpha1.OperationDelete {
		object, old = nil, cmp.Or(old, object)
	}
	request := assemble(object, old)
	request.Operation = admissionv1.Operation(operation)
	request.UserInfo = userOf(in)
	r.setSubresource(request, in, at)
	r.setOptions(request, in, at)
	if len(r.mistakes) == before {
		r.checkForm(request, in, at)
	}
	return request
}

// checkObjects wants the objects that an operation has.
func (r *reader) checkObjects(operation v1alpha1.Operation, object, old *manifest.Object, at *field.Path) {
	switch {
	case object == nil && old == nil:
		r.wrong(field.Required(at.Child("object"), "must be set, or file"))
	case operation == v1alpha1.OperationDelete:
		if object != nil && old != nil {
			r.wrong(field.Forbidden(at.Child("oldObject"), "must not be set beside object: on DELETE they are the same"))
		}
	case object == nil:
		r.wrong(field.Required(at.Child("object"), "must be set, or file"))
	case operation != v1alpha1.OperationUpdate && old != nil:
		r.wrong(field.Forbidden(at.Child("oldObject"), "must not be set: only UPDATE and DELETE have one"))
	case operation != v1alpha1.OperationUpdate:
	case old == nil:
		r.wrong(field.Required(at.Child("oldObject"), "must be set for an UPDATE, or oldFile"))
	case identity(old) != identity(object):
		r.wrong(field.Invalid(at.Child("oldObject"), identity(old),
			fmt.Sprintf("must be %s: an UPDATE changes neither kind, namespace nor name", identity(object))))
	}
}

// checkNamespace finds what no Namespace can be called, and labels that none can have.
func (r *reader) checkNamespace(in *v1alpha1.TestNamespace, at *field.Path) {
	if in == nil {
		return
	}
	if in.Name != "" {
		for _, wrong := range validation.IsDNS1123Label(in.Name) {
			r.wrong(field.Invalid(at.Child("name"), in.Name, wrong))
		}
	}
	for _, wrong := range metav1validation.ValidateLabels(in.Labels, at.Child("labels")) {
		r.wrong(wrong)
	}
}

// identity is what of an object stays as it is: deployments.apps shop/web.
func identity(object *manifest.Object) string {
	resource, _ := workload.ResourceFor(object.GroupVersionKind())
	return resource.GroupResource().String() + " " + strings.TrimPrefix(admission.Namespace(object, !isClusterScoped(object))+"/"+object.Name, "/")
}

// place puts objects that name no namespace into that of the case.
func (r *reader) place(in *v1alpha1.TestNamespace, at *field.Path, objects ...*manifest.Object) {
	r.checkNamespace(in, at)
	for _, o := range objects {
		if o == nil || in == nil || in.Name == "" || isClusterScoped(o) {
			continue
		}
		if o.Namespace != "" && o.Namespace != in.Name {
			r.wrong(field.Invalid(at.Child("name"), in.Name, fmt.Sprintf("must be that of the object, %q", o.Namespace)))
		}
		o.Namespace = in.Name
	}
}

// assemble puts a request together of its objects.
func assemble(object, old *manifest.Object) *admissionv1.AdmissionRequest {
	if old == nil {
		return admission.Create(object)
	}
	before := admission.Create(old)
	request := before
	if object != nil {
		request = admission.Create(object)
		request.OldObject = before.Object
		return request
	}
	request.Object, request.OldObject = runtime.RawExtension{}, before.Object
	return request
}

func isClusterScoped(object *manifest.Object) bool {
	_, namespaced := workload.ResourceFor(object.GroupVersionKind())
	return !namespaced || builtin.ClusterScoped(object.GroupVersionKind())
}

// checkForm tells of objects that an API server would not take: they are not as their kind must be.
func (r *reader) checkForm(request *admissionv1.AdmissionRequest, in *v1alpha1.TestCase, at *field.Path) {
	_, err := workload.NewReview(request)
	if err == nil {
		return
	}
	name := "object"
	switch text := err.Error(); {
	case strings.HasPrefix(text, "request.oldObject"):
		name = "oldObject"
		if in.OldFile != "" {
			name = "oldFile"
		}
	case request.Operation == admissionv1.Connect:
		name = "options"
	case in.File != "":
		name = "file"
	}
	if wrong, is := errors.AsType[*workload.DecodeError](err); is {
		r.wrong(below(at.Child(name), workload.PathAt(wrong.Pointer), wrong.Detail))
		return
	}
	_, text, _ := strings.Cut(err.Error(), ": ") // without request.object
	r.wrong(below(at.Child(name), "", text))
}

// userOf is the user with the groups that an API server adds.
func userOf(in *v1alpha1.TestCase) authenticationv1.UserInfo {
	user := authenticationv1.UserInfo{Username: cmp.Or(in.User, admission.Nobody.Username), Groups: slices.Clone(in.Groups)}
	more := []string{"system:authenticated"}
	if rest, is := strings.CutPrefix(user.Username, "system:serviceaccount:"); is {
		namespace, _, _ := strings.Cut(rest, ":")
		more = append([]string{"system:serviceaccounts", "system:serviceaccounts:" + namespace}, more...)
	}
	if user.Username == "system:anonymous" {
		more = []string{"system:unauthenticated"}
	}
	for _, group := range more {
		if !slices.Contains(user.Groups, group) {
			user.Groups = append(user.Groups, group)
		}
	}
	return user
}
