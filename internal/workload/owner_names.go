package workload

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Names are what an object goes by. All of them are for whoever creates it to choose, the owner of a
// Pod included: they say no more than its labels do.
type Names struct {
	// Whole are the object's own name and, of a Pod or what makes one, those of the workloads that
	// it belongs to.
	Whole []string
	// Begun is the beginning of the name that the API server will make up, or empty.
	Begun string
}

// Names are those of the object. A Pod shows its ReplicaSet or its Job; the Deployment or the
// CronJob behind it is told from how these are named.
func (r *Review) Names() (names Names) {
	meta := r.Meta()
	switch {
	case r.Name != "":
		names.Whole = append(names.Whole, r.Name)
	case meta != nil && meta.GetName() != "":
		names.Whole = append(names.Whole, meta.GetName())
	case meta != nil:
		names.Begun = meta.GetGenerateName()
	}
	if r.Pod == nil || meta == nil {
		return names
	}
	owner := metav1.GetControllerOfNoCopy(meta)
	if owner == nil {
		return names
	}
	names.Whole = append(names.Whole, owner.Name)
	if behind := ownerBehind(owner, meta.GetLabels()); behind != "" {
		names.Whole = append(names.Whole, behind)
	}
	return names
}

// ownerBehind is the name of what has made the owner of a Pod: a ReplicaSet is named after its
// Deployment (or Rollout) and its hash, the Job of a CronJob after that and its time.
func ownerBehind(owner *metav1.OwnerReference, labels map[string]string) string {
	switch owner.Kind {
	case "ReplicaSet":
		for _, key := range []string{"pod-template-hash", "rollouts-pod-template-hash"} {
			if name, found := strings.CutSuffix(owner.Name, "-"+labels[key]); found && labels[key] != "" {
				return name
			}
		}
	case "Job":
		if i := strings.LastIndexByte(owner.Name, '-'); i > 0 && isNumber(owner.Name[i+1:]) {
			return owner.Name[:i]
		}
	}
	return ""
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
