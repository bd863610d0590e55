package webhook

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/tape"
)

// maxReviewBytes bounds what is read of a request. A review carries an object and, on an update,
// its old object; the API server takes objects of at most 3 MiB (k8s.io/apiserver,
// MaxRequestBodyBytes), so twice that and one for what is around them.
const maxReviewBytes = 7 << 20

// turnTime is how long the body of a large review may take to arrive once it has
// its turn: meanwhile others wait. Within a cluster 7 MiB take a tenth of it.
const turnTime = time.Second

// maxKept bounds what a buffer may keep between reviews, in bytes: one review of
// 7 MiB must not cost 7 MiB for ever.
const maxKept = 256 << 10

// buffer holds the body of a request, where its values are, and the answer, while the request is
// answered.
type buffer struct {
	body   []byte
	tape   tape.Tape
	answer []byte
	// onTape tells that the tape takes the body.
	onTape bool
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// enlarge makes the body as large as it will be. What it takes has had its turn: growing step by
// step would leave as much again to the garbage collector.
func (b *buffer) enlarge(bytes int) { b.body = append(spares.take(bytes), b.body...) }

// spare leaves the body of a large review to the next one.
func (b *buffer) spare() {
	if cap(b.body) > maxKept && cap(b.body) == bodySize(cap(b.body)-1) {
		spares.put(b.body)
		b.body = nil
	}
}

func (b *buffer) release() {
	b.spare()
	if cap(b.body)+b.tape.Size()+cap(b.answer) <= maxKept {
		b.tape.Forget()
		b.body, b.onTape = b.body[:0], false
		buffers.Put(b)
	}
}

// fill reads until the body ends or has so many bytes. Memory is taken for what has
// come, and for as much again: never for what a header promises.
func (b *buffer) fill(body io.Reader, most int) (ended bool, err error) {
	for len(b.body) < most {
		if len(b.body) == cap(b.body) {
			b.body = slices.Grow(b.body, min(max(len(b.body), 8<<10), most-len(b.body)))
		}
		n, err := body.Read(b.body[len(b.body):min(cap(b.body), most)])
		b.body = b.body[:len(b.body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		}
	}
	return false, nil
}

// settled leaves nothing but the answer of a large review.
func (b *buffer) settled() {
	if cap(b.body) > smallBytes+8<<10 {
		b.spare()
		b.tape.Forget()
		b.body, b.onTape = nil, false
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

// readBody reads the body of a request that can be one of an AdmissionReview.
func readBody(w http.ResponseWriter, req *http.Request, buffer *buffer, v *visit) error {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return &requestError{http.StatusMethodNotAllowed, "must be a POST of an AdmissionReview"}
	}
	if !isJSON(req.Header.Get("Content-Type")) {
		return &requestError{
			http.StatusUnsupportedMediaType,
			fmt.Sprintf("Content-Type: must be application/json, is %q", req.Header.Get("Content-Type")),
		}
	}
	if req.ContentLength > maxReviewBytes {
		return tooLarge(w)
	}
	// Whoever sends a byte a minute, or reads one, must not hold a connection for
	// hours. The server sets deadlines of its own for the next request.
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(v.deadline)
	_ = connection.SetWriteDeadline(v.deadline.Add(turnTime))
	ended, err := buffer.fill(req.Body, smallBytes)
	if err != nil {
		return bad("reading the review: %v", err)
	}
	if !ended {
		return readLarge(w, req, buffer, v)
	}
	return nil
}

// readLarge reads the rest of a body of which more has come than of a small one,
// when it has its turn.
func readLarge(w http.ResponseWriter, req *http.Request, buffer *buffer, v *visit) error {
	most := maxReviewBytes
	if req.ContentLength >= 0 {
		most = int(req.ContentLength)
	}
	size := bodySize(most)
	if err := v.take(v.bodies, size); err != nil {
		w.Header().Set("Connection", "close") // the rest is not read
		return err
	}
	v.heldBodies = size
	if soon := time.Now().Add(turnTime); soon.Before(v.deadline) {
		_ = http.NewResponseController(w).SetReadDeadline(soon)
	}
	buffer.enlarge(most)
	ended, err := buffer.fill(req.Body, most+1)
	switch {
	case err != nil:
		return bad("reading the review: %v", err)
	case !ended:
		return tooLarge(w)
	}
	return nil
}

func tooLarge(w http.ResponseWriter) error {
	w.Header().Set("Connection", "close") // the rest is not read
	return &requestError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the review is larger than %d MiB", maxReviewBytes>>20)}
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// reviews is how reviews are decoded. Their objects stay where they are, in the body.
var reviews = sync.OnceValue(func() *tape.Plan {
	return tape.NewPlans(tape.Custom{
		reflect.TypeFor[runtime.RawExtension](): func(from tape.Value, into any) bool {
			if from.Kind() != tape.Null {
				into.(*runtime.RawExtension).Raw = from.Raw()
			}
			return true
		},
	}).Of(reflect.TypeFor[admissionv1.AdmissionReview]())
})

// decodeReview decodes the review in the buffer. The raw objects in it are the
// buffer's, and good until its release.
func decodeReview(buffer *buffer) (*admissionv1.AdmissionRequest, error) {
	if len(buffer.body) == 0 {
		return nil, bad("the request is empty: must be an AdmissionReview")
	}
	if buffer.onTape {
		if review, ok := reviews().Decode(buffer.tape.Root()); ok {
			return checkReview(review.(*admissionv1.AdmissionReview))
		}
	}
	review := &admissionv1.AdmissionReview{}
	if err := json.Unmarshal(buffer.body, review, inPlace(buffer.body)); err != nil {
		return nil, undecodable(err)
	}
	return checkReview(review)
}

// objects are where the objects of the request are, if the tape takes the body.
func (b *buffer) objects() (object, old tape.Value) {
	if !b.onTape {
		return tape.Value{}, tape.Value{}
	}
	request := b.tape.Root().Member("request")
	return request.Member("object"), request.Member("oldObject")
}

// inPlace makes raw objects parts of the body that is decoded.
func inPlace(body []byte) json.Options {
	return json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, object *runtime.RawExtension) error {
		value, err := d.ReadValue()
		if end := int(d.InputOffset()); err == nil && value.Kind() != 'n' {
			object.Raw = body[end-len(value) : end : end]
		}
		return err
	}))
}

func undecodable(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return bad("decoding the AdmissionReview: the JSON ends too early")
	}
	return bad("decoding the AdmissionReview: %s", strings.TrimPrefix(err.Error(), "json: "))
}

func checkReview(review *admissionv1.AdmissionReview) (*admissionv1.AdmissionRequest, error) {
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
