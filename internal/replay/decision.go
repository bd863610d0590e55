package replay

import (
	"encoding/json"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What follows from a review.
const (
	Allowed = "allowed"
	Warned  = "warned"
	Denied  = "denied"
)

// Decision is what the webhooks answer to a recorded review, or why it has no answer. Its JSON form
// is a line of `taffrail admit -o json`.
type Decision struct {
	File string `json:"file"`
	Line int    `json:"line"`

	UID       string `json:"uid,omitempty"`
	Operation string `json:"operation,omitempty"`
	// Resource is what was asked for, as kubectl writes it: deployments.apps, pods/exec.
	Resource  string `json:"resource,omitempty"`
	Kind      string `json:"kind,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	// Name is that of the object or, before it has one, its generateName.
	Name string `json:"name,omitempty"`

	// Decision is Allowed, Warned or Denied.
	Decision string `json:"decision,omitempty"`
	// Mutate and Validate are the responses as the API server gets them. Mutate is left out where the
	// review was recorded after it.
	Mutate   json.RawMessage `json:"mutate,omitempty"`
	Validate json.RawMessage `json:"validate,omitempty"`

	// Error says why a review has no answer.
	Error string `json:"error,omitempty"`

	mutated, validated *admissionv1.AdmissionResponse
}

// of is what a review says that it is about.
func (d *Decision) of(request *admissionv1.AdmissionRequest) {
	d.UID, d.Operation, d.Kind = string(request.UID), string(request.Operation), request.Kind.Kind
	d.Namespace, d.Name = request.Namespace, request.Name
	group := metav1.GroupResource{Group: request.Resource.Group, Resource: request.Resource.Resource}
	d.Resource = group.Resource
	if group.Group != "" {
		d.Resource += "." + group.Group
	}
	if request.SubResource != "" {
		d.Resource += "/" + request.SubResource
	}
	var object struct {
		Metadata struct {
			Name         string `json:"name"`
			GenerateName string `json:"generateName"`
		} `json:"metadata"`
	}
	if d.Name == "" && json.Unmarshal(request.Object.Raw, &object) == nil {
		d.Name = object.Metadata.Name
		if d.Name == "" {
			d.Name = object.Metadata.GenerateName
		}
	}
}

// decide says what follows from the answers.
func (d *Decision) decide() {
	d.Decision = Allowed
	for _, response := range []*admissionv1.AdmissionResponse{d.mutated, d.validated} {
		switch {
		case response == nil:
		case !response.Allowed:
			d.Decision = Denied
			return
		case len(response.Warnings) > 0:
			d.Decision = Warned
		}
	}
}

// finding is a line of an answer.
type finding struct{ action, text string }

// actions are what may follow from a finding, by the audit annotations that tell of it.
var actions = []struct{ annotation, action string }{
	{"denied", "Deny"}, {"warned", "Warn"}, {"audited", "Audit"}, {"exempted", "Exempt"},
}

// findings are what was found, and what else was said: an object that could not be read, a default
// that was left out.
func (d *Decision) findings() (all []finding) {
	if d.mutated != nil {
		for _, warning := range d.mutated.Warnings {
			all = append(all, finding{"Warn", warning})
		}
	}
	if d.validated == nil {
		return all
	}
	var warned []string
	for _, a := range actions {
		text := d.validated.AuditAnnotations[a.annotation]
		if text == "" {
			continue
		}
		for line := range strings.SplitSeq(text, "\n") {
			all = append(all, finding{a.action, line})
		}
		warned = append(warned, text)
	}
	if status := d.validated.Result; !d.validated.Allowed && d.validated.AuditAnnotations["denied"] == "" && status != nil {
		for line := range strings.SplitSeq(status.Message, "\n") {
			all = append(all, finding{"Deny", line})
		}
	}
	for _, warning := range d.validated.Warnings {
		begin := strings.TrimSuffix(warning, "…")
		if !slices.ContainsFunc(warned, func(text string) bool { return strings.Contains(text, begin) }) {
			all = append(all, finding{"Warn", warning})
		}
	}
	return all
}
