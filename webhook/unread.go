package webhook

import (
	"errors"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/internal/skim"
)

// unread answers a review that is not decoded: it is over its budget, or has not
// had its turn. Whose it is stands in what is left without the objects. What is no
// review has no answer.
func unread(buffer *buffer, hook *hook, why error) (*admissionv1.AdmissionRequest, verdict, error) {
	if _, ok := errors.AsType[*requestError](why); ok {
		return nil, verdict{}, why
	}
	request, err := headOf(buffer.body)
	if err != nil {
		return nil, verdict{}, err
	}
	v := hook.failed(why)
	over := (*overBudgetError)(nil)
	if request.Operation == admissionv1.Delete && errors.As(why, &over) {
		// What cannot be deleted fills a cluster for ever. Who could make it as large
		// as this could take off the label that protects it, too.
		v.response = allowed()
		v.response.Warnings = []string{warning("taffrail did not evaluate the deletion: " + why.Error())}
	}
	v.name = request.Name
	return request, v, nil
}

// maxHead bounds what a review may have beside its objects, in bytes.
const maxHead = 64 << 10

// headOf decodes a request without its objects. Of one that has come in part, or
// has too much beside them, the UID alone is known.
func headOf(body []byte) (*admissionv1.AdmissionRequest, error) {
	look := skim.Over(body)
	if look.Whole {
		head := &buffer{body: look.Head(nil, body)}
		if len(head.body) <= maxHead {
			return decodeReview(head)
		}
	}
	if uid := look.UID(body); uid != "" && len(uid) <= skim.LargeMember {
		return &admissionv1.AdmissionRequest{UID: types.UID(uid)}, nil
	}
	return nil, &requestError{http.StatusRequestEntityTooLarge, "the review is too large to be evaluated, and does not say its request.uid"}
}
