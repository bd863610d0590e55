package furnish

import (
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// failed is what becomes of an object after a request for it has failed.
func failed(t *task, err error, verb string, in *made) outcome {
	switch {
	case isMissingRight(err):
		return waits(later, "%v", lacking(err, verb, in.resource))
	case apierrors.IsForbidden(err): // by a quota, a webhook, or as the Namespace is being deleted
		return waits(later, "%s is not let in: %v", t, err)
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return waits(longer, "the API server does not take %s: %v", t, err)
	default:
		return waits(soon, "%s: %v", t, err)
	}
}

// isMissingRight tells whether RBAC refuses: its words are those of the authorizer, before any admission.
func isMissingRight(err error) bool {
	status, is := err.(apierrors.APIStatus)
	return is && apierrors.IsForbidden(err) && status.Status().Details != nil && strings.Contains(status.Status().Message, `" cannot `)
}

// lacking says which right is missing, and where it comes from.
func lacking(err error, verb string, resource schema.GroupVersionResource) error {
	if !isMissingRight(err) {
		return fmt.Errorf("%s %s: %w", verb, resource.GroupResource(), err)
	}
	return fmt.Errorf("no right to %s %s: `taffrail install --kits FILE` prints those that kits need", verb, resource.GroupResource())
}
