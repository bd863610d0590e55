package auditlog

import (
	"encoding/json"
	"net/url"
	"strings"

	kjson "sigs.k8s.io/json"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Reason is why a request cannot be made again.
type Reason string

// The reasons.
const (
	Patched   Reason = "patch"
	Deleted   Reason = "delete"
	Truncated Reason = "truncated"
	Forbidden Reason = "forbidden"
	NoBody    Reason = "noBody"
	Failed    Reason = "failed"
	Converted Reason = "converted"
	Foreign   Reason = "foreign"
	// Unreadable are lines, in which there may have been any request.
	Unreadable Reason = "unreadable"
	Malformed  Reason = "malformed"
)

// About says what a reason means.
func (r Reason) About() string {
	switch r {
	case Patched:
		return "patches: what they made of the object is not in the log"
	case Deleted:
		return "deletions: the object is not in the log"
	case Truncated:
		return "truncated: the API server has left the object out (--audit-log-truncate-enabled)"
	case Forbidden:
		return "refused before admission, for want of rights"
	case NoBody:
		return "logged without the object: the audit policy must have level Request for them"
	case Failed:
		return "failed for another reason than admission, such as a conflict"
	case Converted:
		return "in a version of the kind that the API server converts for webhooks"
	case Foreign:
		return "lines in the form of another log than audit.k8s.io/v1"
	case Unreadable:
		return "lines that hold no audit event"
	default:
		return "with an object that cannot be read, or evaluated"
	}
}

// Operation is what a request did, in the words of admission.
func (e *Event) Operation() admissionv1.Operation {
	switch {
	case e.isConnection():
		return admissionv1.Connect
	case e.Verb == "create":
		return admissionv1.Create
	case e.Verb == "delete", e.Verb == "deletecollection":
		return admissionv1.Delete
	default:
		return admissionv1.Update
	}
}

// Request is the request that admission saw, as it was before any webhook changed it, or the reason
// why it cannot be told. It has no old object: no log has that.
func (e *Event) Request() (*admissionv1.AdmissionRequest, Reason) {
	if reason := e.lacks(); reason != "" {
		return nil, reason
	}
	ref, query := &e.ObjectRef, e.query()
	request := &admissionv1.AdmissionRequest{
		UID:         types.UID(e.AuditID),
		Resource:    metav1.GroupVersionResource(ref.GroupVersionResource()),
		SubResource: ref.Subresource, Name: ref.Name, Namespace: ref.Namespace,
		Operation: e.Operation(), UserInfo: e.Sender(), DryRun: new(query.Get("dryRun") == metav1.DryRunAll),
		Object: runtime.RawExtension{Raw: e.RequestObject},
	}
	if request.Operation == admissionv1.Connect {
		request.Object.Raw = connection(ref, query)
	} else {
		request.Options.Raw = optionsOf(request.Operation, query)
	}
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(request.Object.Raw, &head); err != nil || head.Kind == "" {
		return nil, Malformed
	}
	kind := schema.FromAPIVersionAndKind(head.APIVersion, head.Kind)
	request.Kind = metav1.GroupVersionKind(kind)
	if request.Name == "" {
		request.Name = head.Metadata.Name
	}
	if kind == corev1.SchemeGroupVersion.WithKind("Namespace") {
		request.Namespace = request.Name
	}
	return request, ""
}

// lacks is what the event lacks to be made a request again.
func (e *Event) lacks() Reason {
	connects := e.isConnection()
	switch {
	case e.Annotations["audit.k8s.io/truncated"] == "true":
		return Truncated
	case e.Annotations["authorization.k8s.io/decision"] == "forbid":
		return Forbidden
	case e.Operation() == admissionv1.Delete:
		return Deleted
	case e.Verb == "patch" && !connects:
		return Patched
	case connects:
		return ""
	case e.Level == "Metadata", e.Level == "None":
		return NoBody
	case len(e.RequestObject) == 0 && e.Response.Code == 403:
		return Forbidden
	case len(e.RequestObject) == 0 && e.Response.Code >= 400:
		return Failed
	case len(e.RequestObject) == 0:
		return NoBody
	case e.Response.Code >= 400 && !e.refusedByAdmission():
		return Failed
	}
	return ""
}

// refusedByAdmission tells whether webhooks, policies or admission plugins refused a request. Some
// of them answer with another code than 403.
func (e *Event) refusedByAdmission() bool {
	return e.Response.Code == 403 || strings.Contains(e.Response.Message, "admission webhook ") ||
		strings.Contains(e.Response.Message, "ValidatingAdmissionPolicy ")
}

func (e *Event) query() url.Values {
	at, err := url.ParseRequestURI(e.RequestURI)
	if err != nil {
		return url.Values{}
	}
	return at.Query()
}

// optionsOf are the options of a request, which stand in its URI.
func optionsOf(operation admissionv1.Operation, query url.Values) []byte {
	options := map[string]any{"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}
	if operation == admissionv1.Update {
		options["kind"] = "UpdateOptions"
	}
	for _, name := range []string{"fieldManager", "fieldValidation"} {
		if value := query.Get(name); value != "" {
			options[name] = value
		}
	}
	if dryRun := query["dryRun"]; len(dryRun) > 0 {
		options["dryRun"] = dryRun
	}
	raw, _ := json.Marshal(options) // of texts alone
	return raw
}

// connection are the options of a connection, which are its object: they stand in the URI.
func connection(ref *Reference, query url.Values) []byte {
	kind := map[string]string{"exec": "PodExecOptions", "attach": "PodAttachOptions", "portforward": "PodPortForwardOptions"}[ref.Subresource]
	if kind == "" {
		kind = map[string]string{"pods": "PodProxyOptions", "services": "ServiceProxyOptions", "nodes": "NodeProxyOptions"}[ref.Resource]
	}
	options := map[string]any{"apiVersion": "v1", "kind": kind}
	for _, name := range []string{"stdin", "stdout", "stderr", "tty"} {
		if value := query.Get(name); value == "true" || value == "1" {
			options[name] = true
		}
	}
	for _, name := range []string{"container", "path"} {
		if value := query.Get(name); value != "" {
			options[name] = value
		}
	}
	if command := query["command"]; len(command) > 0 {
		options["command"] = command
	}
	raw, _ := json.Marshal(options) // of texts alone
	return raw
}
