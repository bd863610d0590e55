package webhook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	json "github.com/go-json-experiment/json"
	admissionv1 "k8s.io/api/admission/v1"
)

// maxReviewBytes bounds what is read of a request. A review carries an object
// and, on an update, its former self; the API server takes objects of at most
// 3 MiB (k8s.io/apiserver, MaxRequestBodyBytes), so twice that and one for what
// is around them.
const maxReviewBytes = 7 << 20

// bodyTimeout bounds how long a review may take to arrive. An API server waits
// for an answer for 30 s at the most (k8s.io/api, ValidatingWebhook), and for ours for 2.
const bodyTimeout = 10 * time.Second

// maxKept bounds what a buffer may keep between reviews, in bytes: one review of
// 7 MiB must not cost 7 MiB for ever.
const maxKept = 256 << 10

// buffer holds the body of a request, the documents in it and the answer, while
// the request is answered.
type buffer struct {
	body        bytes.Buffer
	object, old []byte
	answer      []byte
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func (b *buffer) release() {
	if b.body.Cap()+cap(b.object)+cap(b.old)+cap(b.answer) <= maxKept {
		b.body.Reset()
		buffers.Put(b)
	}
}

// requestError is a fault of the HTTP request, answered with its status.
type requestError struct {
	status int
	text   string
}

func (e *requestError) Error() string { return e.text }

func statusOf(err error) int {
	if fault, ok := errors.AsType[*requestError](err); ok {
		return fault.status
	}
	return http.StatusBadRequest
}

func bad(format string, args ...any) error {
	return &requestError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// readReview reads the AdmissionReview of a request. The raw objects in it are
// the buffer's, and good until its release.
func readReview(w http.ResponseWriter, req *http.Request, buffer *buffer) (*admissionv1.AdmissionRequest, error) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &requestError{http.StatusMethodNotAllowed, "must be a POST of an AdmissionReview"}
	}
	if !isJSON(req.Header.Get("Content-Type")) {
		return nil, &requestError{
			http.StatusUnsupportedMediaType,
			fmt.Sprintf("Content-Type: must be application/json, is %q", req.Header.Get("Content-Type")),
		}
	}
	// Whoever sends a byte a minute must not hold a connection for hours. The
	// server sets a deadline of its own for the next request.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	if _, err := buffer.body.ReadFrom(http.MaxBytesReader(w, req.Body, maxReviewBytes)); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, &requestError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the review is larger than %d MiB", maxReviewBytes>>20)}
		}
		return nil, bad("reading the review: %v", err)
	}
	return decodeReview(buffer)
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

func decodeReview(buffer *buffer) (*admissionv1.AdmissionRequest, error) {
	body := buffer.body.Bytes()
	if len(body) == 0 {
		return nil, bad("the request is empty: must be an AdmissionReview")
	}
	// The decoder appends the raw objects to what is there already, so they land
	// in the buffer's memory.
	request := &admissionv1.AdmissionRequest{}
	request.Object.Raw, request.OldObject.Raw = buffer.object[:0], buffer.old[:0]
	review := admissionv1.AdmissionReview{Request: request}
	if err := json.Unmarshal(body, &review); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, bad("decoding the AdmissionReview: the JSON ends too early")
		}
		return nil, bad("decoding the AdmissionReview: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	buffer.object, buffer.old = request.Object.Raw, request.OldObject.Raw
	switch {
	case review.Kind != "AdmissionReview":
		return nil, bad("kind: must be AdmissionReview, is %q", review.Kind)
	case review.APIVersion == "admission.k8s.io/v1beta1":
		return nil, bad("apiVersion: must be %s, is v1beta1: set admissionReviewVersions: [v1] in the webhook configuration", admissionv1.SchemeGroupVersion)
	case review.APIVersion != admissionv1.SchemeGroupVersion.String():
		return nil, bad("apiVersion: must be %s, is %q", admissionv1.SchemeGroupVersion, review.APIVersion)
	case review.Request == nil || review.Request.UID == "" && review.Request.Operation == "":
		return nil, bad("request: must be set")
	case review.Request.UID == "":
		return nil, bad("request.uid: must be set")
	}
	return review.Request, nil
}
