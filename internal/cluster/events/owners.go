package events

import (
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster/confirm"
)

// Refused tells the owner of a refused Pod why it does not get it, once the API
// server has confirmed that there is one. Whoever creates anything else has had the
// answer themselves. A dry run must not come here.
func (r *Recorder) Refused(sender string, d *guardrail.Decision) {
	review := d.Review
	if review.Operation != admissionv1.Create || review.Subresource != "" || review.Resource.Resource != "pods" || review.Pod == nil {
		return
	}
	owner := metav1.GetControllerOf(review.Pod.Meta)
	if owner == nil || r.owners.told(owner.UID) {
		return
	}
	resource, known := confirm.Resource(owner.APIVersion, owner.Kind)
	if !known {
		return // of another kind; nobody here may look whether it is there
	}
	var texts []string
	for _, line := range guardrail.Lines(d.With(v1alpha1.Deny)) {
		texts = append(texts, line.Text)
	}
	e := event{
		about: corev1.ObjectReference{
			APIVersion: owner.APIVersion, Kind: owner.Kind, Namespace: review.Namespace, Name: owner.Name, UID: owner.UID,
		},
		kind: corev1.EventTypeWarning, reason: PodRefused,
		message: oneLine(fmt.Sprintf("Taffrail refused Pod %q: %s", review.DisplayName(), strings.Join(texts, "; "))),
	}
	r.ask(confirm.Question{
		Sender:   sender,
		Object:   confirm.Object{Resource: resource, Namespace: e.about.Namespace, Name: e.about.Name, UID: e.about.UID},
		Answered: func(found *metav1.PartialObjectMetadata, err error) { r.confirmed(e, found, err) },
	})
}

// confirmed tells an owner that is there.
func (r *Recorder) confirmed(e event, owner *metav1.PartialObjectMetadata, err error) {
	switch {
	case err != nil:
		r.log.V(1).Info("no Event for an owner that is not confirmed", "error", err.Error())
	case r.owners.due(owner.UID):
		toDeployment(&e.about, owner)
		r.enqueue(e)
	}
}

// toDeployment goes from a ReplicaSet, which nobody looks at, to the Deployment
// that it belongs to, if any.
func toDeployment(about *corev1.ObjectReference, found *metav1.PartialObjectMetadata) {
	if about.Kind != "ReplicaSet" || about.APIVersion != appsv1.SchemeGroupVersion.String() {
		return
	}
	if owner := metav1.GetControllerOf(found); owner != nil {
		about.APIVersion, about.Kind, about.Name, about.UID = owner.APIVersion, owner.Kind, owner.Name, owner.UID
	}
}
