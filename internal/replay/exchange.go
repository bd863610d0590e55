package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
)

// patience is how long an API server may wait at the most: nobody is kept waiting here.
const patience = 10 * time.Second

// send sends a review to a handler, in memory, and answers what the API server would get.
func send(ctx context.Context, handler http.Handler, review []byte) (json.RawMessage, *admissionv1.AdmissionResponse, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://taffrail/?timeout="+patience.String(), bytes.NewReader(review))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.RemoteAddr = "127.0.0.1:443"
	var w answer
	handler.ServeHTTP(&w, request)
	if w.status != 0 && w.status != http.StatusOK {
		return nil, nil, errors.New(strings.TrimSpace(w.body.String()))
	}
	var answered struct {
		Response json.RawMessage `json:"response"`
	}
	if err := json.Unmarshal(w.body.Bytes(), &answered); err != nil {
		return nil, nil, fmt.Errorf("decoding the answer: %w", err)
	}
	var response admissionv1.AdmissionResponse
	if err := json.Unmarshal(answered.Response, &response); err != nil {
		return nil, nil, fmt.Errorf("decoding the answer: %w", err)
	}
	return answered.Response, &response, nil
}

// answer takes what a handler writes. It has deadlines, as a connection has, and lets them pass.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

func (a *answer) WriteHeader(status int)           { a.status = status }
func (a *answer) Write(p []byte) (int, error)      { return a.body.Write(p) }
func (a *answer) SetReadDeadline(time.Time) error  { return nil }
func (a *answer) SetWriteDeadline(time.Time) error { return nil }
