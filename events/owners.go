package events

import (
	"context"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// Refused tells the owner of a refused Pod why it does not get it. Whoever
// creates anything else has had the answer themselves. A dry run must not come
// here.
func (r *Recorder) Refused(d *guardrail.Decision) {
	review := d.Review
	if review.Operation != admissionv1.Create || review.Subresource != "" || review.Resource.Resource != "pods" || review.Pod == nil {
		return
	}
	owner := metav1.GetControllerOf(review.Pod.Meta)
	if owner == nil || !r.owners.due(owner.UID) {
		return
	}
	var texts []string
	for _, line := range guardrail.Lines(d.With(v1alpha1.Deny)) {
		texts = append(texts, line.Text)
	}
	r.enqueue(event{
		about: corev1.ObjectReference{
			APIVersion: owner.APIVersion, Kind: owner.Kind, Namespace: review.Namespace, Name: owner.Name, UID: owner.UID,
		},
		kind: corev1.EventTypeWarning, reason: PodRefused,
		message: fmt.Sprintf("Taffrail refused Pod %q: %s", review.DisplayName(), strings.Join(texts, "; ")),
	})
}

var replicaSets = appsv1.SchemeGroupVersion.WithResource("replicasets")

// toDeployment goes from a ReplicaSet, which nobody looks at, to the Deployment
// that it belongs to, if any.
func (r *Recorder) toDeployment(ctx context.Context, about *corev1.ObjectReference) error {
	if about.Kind != "ReplicaSet" || about.APIVersion != appsv1.SchemeGroupVersion.String() {
		return nil
	}
	replicaSet, err := r.metadata.Resource(replicaSets).Namespace(about.Namespace).Get(ctx, about.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("find out whose ReplicaSet it is: %w", err)
	}
	// Whoever creates a Pod may name as its owner what they like.
	if replicaSet.UID != about.UID {
		return fmt.Errorf("find out whose ReplicaSet it is: it has the uid %s, not %s", replicaSet.UID, about.UID)
	}
	if owner := metav1.GetControllerOf(replicaSet); owner != nil {
		about.APIVersion, about.Kind, about.Name, about.UID = owner.APIVersion, owner.Kind, owner.Name, owner.UID
	}
	return nil
}
