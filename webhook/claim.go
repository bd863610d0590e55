package webhook

import (
	"cmp"
	"errors"
	"time"

	json "github.com/go-json-experiment/json"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/internal/sender"
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

// claimOf is what a request says. Once an object is validated it has its name and
// its uid, also one that is being created. The object may be one that could not be
// decoded; its metadata can be all the same, or nothing is confirmed.
func claimOf(request *admissionv1.AdmissionRequest) *Claim {
	c := &Claim{
		Resource:  schema.GroupVersionResource(request.Resource),
		Namespace: request.Namespace, Name: request.Name,
		DryRun: request.DryRun != nil && *request.DryRun,
	}
	raw := request.Object.Raw
	if len(raw) == 0 || raw[0] == 'n' {
		raw = request.OldObject.Raw
	}
	var object struct {
		Metadata struct {
			Name string    `json:"name"`
			UID  types.UID `json:"uid"`
		} `json:"metadata"`
	}
	if json.Unmarshal(raw, &object) == nil {
		c.UID, c.Name = object.Metadata.UID, cmp.Or(c.Name, object.Metadata.Name)
	}
	return c
}

// confirm records a break-glass once it is known to be true. What is not confirmed
// was let in with a warning, and that is what is counted; the log tells both.
func (h *Handler) confirm(webhook, remote string, request *admissionv1.AdmissionRequest, v verdict, took time.Duration) {
	kept := *request // whose memory is the buffer's
	kept.Object, kept.OldObject, kept.Options = runtime.RawExtension{}, runtime.RawExtension{}, runtime.RawExtension{}
	kept = *kept.DeepCopy()
	v.claim.Sender = sender.Of(remote)
	// Many may wait, and each finding holds the object that it is about.
	v.told, v.findings, v.response, v.refused = texts(v.findings), nil, nil, nil
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
