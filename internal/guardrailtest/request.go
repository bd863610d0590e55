package guardrailtest

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
)

var operations = []v1alpha1.Operation{
	v1alpha1.OperationCreate, v1alpha1.OperationUpdate, v1alpha1.OperationDelete, v1alpha1.OperationConnect,
}

// request is the request of a case as the API server would send it, but for the defaults of the API.
// It is nil where something is wrong with it.
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
	request := r.assemble(in, object, old, at)
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
	case old.GroupVersionKind().GroupKind() != object.GroupVersionKind().GroupKind() || old.Name != object.Name:
		r.wrong(field.Invalid(at.Child("oldObject"), fmt.Sprintf("%s %s", old.Kind, old.Name),
			fmt.Sprintf("must be %s %s: an UPDATE changes neither kind nor name", object.Kind, object.Name)))
	}
}

// assemble puts a request together of its objects.
func (r *reader) assemble(in *v1alpha1.TestCase, object, old *manifest.Object, at *field.Path) *admissionv1.AdmissionRequest {
	for _, o := range []*manifest.Object{object, old} {
		if o == nil || in.Namespace == nil || in.Namespace.Name == "" || isClusterScoped(o) {
			continue
		}
		if o.Namespace != "" && o.Namespace != in.Namespace.Name {
			r.wrong(field.Invalid(at.Child("namespace", "name"), in.Namespace.Name, fmt.Sprintf("must be that of the object, %q", o.Namespace)))
		}
		o.Namespace = in.Namespace.Name
	}
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

// objectOf reads an object that stands in the test or in a file, or nil where there is none.
func (r *reader) objectOf(inline *runtime.RawExtension, file string, at *field.Path, nameInline, nameFile string) (object *manifest.Object) {
	switch {
	case inline != nil && file != "":
		r.wrong(field.Forbidden(at.Child(nameFile), "must not be set beside "+nameInline))
	case inline != nil:
		object = r.inline(inline.Raw, at.Child(nameInline))
	case file != "":
		object = r.inFile(file, at.Child(nameFile))
	}
	if object != nil {
		r.checkFields(object)
	}
	return object
}

// checkFields warns of fields that a kind does not have: a case with a misspelt one shows something
// else than it says.
func (r *reader) checkFields(object *manifest.Object) {
	var document map[string]any
	if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &document) != nil {
		return // to decode it as its kind says what is wrong
	}
	mistakes, cut := r.suite.fields.Check(object.GroupVersionKind(), document)
	if cut { // a value of another type is a mistake, and told as that
		return
	}
	for i := range mistakes {
		line, column := object.PositionAt(mistakes[i].Pointer)
		warning := printable.Text(fmt.Sprintf("%s:%d:%d: warning: %v", object.File, line, column, &mistakes[i]))
		if !slices.Contains(r.suite.Warnings, warning) { // several cases may have the same object
			r.suite.Warnings = append(r.suite.Warnings, warning)
		}
	}
}

// inFile reads an object that is alone in a file.
func (r *reader) inFile(name string, at *field.Path) *manifest.Object {
	object, err := readObject(filepath.Join(r.dir, filepath.FromSlash(name)))
	placed, is := errors.AsType[*manifest.Error](err)
	switch {
	case is && placed.Line > 0:
		r.mistakes = append(r.mistakes, &placedError{err})
	case is:
		r.wrong(field.Invalid(at, name, placed.Text))
	case err != nil:
		r.wrong(field.Invalid(at, name, err.Error()))
	}
	return object
}

// inline reads an object that stands in the test.
func (r *reader) inline(raw []byte, at *field.Path) *manifest.Object {
	object, err := r.object.Within(files.PointerTo(at.String()), raw)
	if err != nil {
		path, text, found := strings.Cut(err.Error(), ": ")
		if !found {
			path, text = "", err.Error()
		}
		r.wrong(below(at, path, text))
		return nil
	}
	if wrong := builtin.Misnamed(object.APIVersion, object.Kind); wrong != nil {
		r.wrong(below(at, wrong.Path, strings.TrimPrefix(wrong.Text, "Invalid value: ")))
		return nil
	}
	return object
}

// below is a mistake at a path below another.
func below(at *field.Path, path, text string) *field.Error {
	if path != "" {
		at = at.Child(path)
	}
	return field.Invalid(at, field.OmitValueType{}, text)
}

// readObject reads a manifest with one object.
func readObject(file string) (*manifest.Object, error) {
	input := manifest.Read(nil, file)
	for _, err := range input.Errors {
		return nil, err
	}
	if n := len(input.Objects); n != 1 {
		return nil, fmt.Errorf("must hold one object, holds %d", n)
	}
	object := input.Objects[0]
	if wrong := builtin.Misnamed(object.APIVersion, object.Kind); wrong != nil {
		line, _ := object.PositionAt(wrong.Pointer)
		return nil, &manifest.Error{Place: manifest.Place{File: file, Line: line}, Text: wrong.Error()}
	}
	return object, nil
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
