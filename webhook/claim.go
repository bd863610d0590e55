package webhook

import (
	"errors"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/internal/sender"
	"taffrail.dev/taffrail/workload"
)

// Claim is an object that a review says is let in by breaking the glass.
type Claim struct {
	// Sender is who says so.
	Sender          string
	Resource        schema.GroupVersionResource
	Namespace, Name string
	UID             types.UID
	// DryRun says that nothing will be there.
	DryRun bool
}

// errUnconfirmed says why no break-glass is recorded.
var errUnconfirmed = errors.New("it is a dry run, of a kind that is not looked up, or one of too many")

// claimOf is what a review says. Once an object is validated it has its name and
// its uid, also one that is being created.
func claimOf(review *workload.Review) *Claim {
	c := &Claim{Resource: review.Resource, Namespace: review.Namespace, Name: review.Name, DryRun: review.DryRun}
	if m := review.Meta(); m != nil {
		c.UID = m.GetUID()
		if c.Name == "" {
			c.Name = m.GetName()
		}
	}
	return c
}

// confirm records a break-glass once it is known to be true. What is not confirmed
// was let in with a warning, and that is what is counted; the log tells both.
func (h *Handler) confirm(webhook, remote string, request *admissionv1.AdmissionRequest, v verdict, took time.Duration) {
	kept := *request // whose objects are the buffer's
	kept.Object, kept.OldObject, kept.Options = runtime.RawExtension{}, runtime.RawExtension{}, runtime.RawExtension{}
	v.claim.Sender = sender.Of(remote)
	answered := func(err error) {
		if err != nil {
			v.result = resultWarned
			h.logUnconfirmed(remote, &kept, v, err)
		}
		h.record(webhook, remote, &kept, v, took)
	}
	if v.claim.DryRun || !h.Confirm(*v.claim, answered) {
		answered(errUnconfirmed)
	}
}
