package webhook_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
)

// post sends a body to a handler as an API server does.
func post(handler http.Handler, body string) *httptest.ResponseRecorder {
	return serve(handler, newRequest(body))
}

func newRequest(body string) *http.Request {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	return request
}

func serve(handler http.Handler, request *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request)
	return w
}

// answer reads the answer to a review.
func answer(tb testing.TB, w *httptest.ResponseRecorder) *admissionv1.AdmissionResponse {
	tb.Helper()
	require.Equal(tb, http.StatusOK, w.Code, w.Body.String())
	require.Equal(tb, "application/json", w.Header().Get("Content-Type"))
	var review admissionv1.AdmissionReview
	require.NoError(tb, json.Unmarshal(w.Body.Bytes(), &review), w.Body.String())
	require.Equal(tb, "admission.k8s.io/v1", review.APIVersion)
	require.Equal(tb, "AdmissionReview", review.Kind)
	require.NotNil(tb, review.Response)
	return review.Response
}

// pod is a review of the creation of a Pod.
func pod(object string) string {
	return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1",
		"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},
		"namespace":"shop","operation":"CREATE","userInfo":{"username":"alice"},"object":` + object + `}}`
}

func TestRequestsThatAreNoReview(t *testing.T) {
	handler := newHandler(t).Validate()
	for _, test := range []struct {
		name, method, contentType, body string
		status                          int
		want                            string
	}{
		{"a GET", http.MethodGet, "application/json", "", 405, "must be a POST of an AdmissionReview"},
		{"another media type", http.MethodPost, "text/plain", "{}", 415, `Content-Type: must be application/json, is "text/plain"`},
		{"no media type", http.MethodPost, "", "{}", 415, `Content-Type: must be application/json, is ""`},
		{"an empty body", http.MethodPost, "application/json", "", 400, "the request is empty: must be an AdmissionReview"},
		{"malformed JSON", http.MethodPost, "application/json", `{"kind":`, 400, "decoding the AdmissionReview: the JSON ends too early"},
		{"a repeated name", http.MethodPost, "application/json", `{"kind":"a","kind":"b"}`, 400, `decoding the AdmissionReview: `},
		{"a list", http.MethodPost, "application/json", `[]`, 400, "decoding the AdmissionReview: "},
		{"another kind", http.MethodPost, "application/json", `{"kind":"Pod","apiVersion":"v1"}`, 400, `kind: must be AdmissionReview, is "Pod"`},
		{
			"v1beta1", http.MethodPost, "application/json", `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{"uid":"x"}}`,
			400, "apiVersion: must be admission.k8s.io/v1, is v1beta1: set admissionReviewVersions: [v1] in the webhook configuration",
		},
		{"another version", http.MethodPost, "application/json", `{"kind":"AdmissionReview","apiVersion":"v1"}`, 400, `apiVersion: must be admission.k8s.io/v1, is "v1"`},
		{"no request", http.MethodPost, "application/json", `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}`, 400, "request: must be set"},
		{"no uid", http.MethodPost, "application/json", `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"operation":"CREATE"}}`, 400, "request.uid: must be set"},
		{"a body of 7 MiB and more", http.MethodPost, "application/json", `"` + strings.Repeat("x", 7<<20) + `"`, 413, "the review is larger than 7 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := httptest.NewRequest(test.method, "/validate", strings.NewReader(test.body))
			if test.contentType != "" {
				request.Header.Set("Content-Type", test.contentType)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, request)
			assert.Equal(t, test.status, w.Code)
			assert.Contains(t, w.Body.String(), test.want)
			assert.Equal(t, 1, strings.Count(w.Body.String(), "\n"), "one line")
		})
	}
}

func TestMediaTypeParametersAreTaken(t *testing.T) {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(pod(`{"apiVersion":"v1","kind":"Pod"}`)))
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	w := httptest.NewRecorder()
	newHandler(t).Validate().ServeHTTP(w, request)
	assert.Equal(t, http.StatusOK, w.Code)
}

func TestObjectsThatAreNotWhatTheRequestSays(t *testing.T) {
	for _, test := range []struct{ name, object, want string }{
		{"another kind", `{"apiVersion":"v1","kind":"Service"}`, "the object says it is a Service of v1, the request says it is a Pod of v1"},
		{"no kind", `{}`, "the object says it is of no kind, the request says it is a Pod of v1"},
		{"a string for a list", `{"apiVersion":"v1","kind":"Pod","spec":{"containers":"web"}}`, "request.object: decoding a Pod"},
		{"a list for an object", `[]`, "request.object: decoding a Pod"},
	} {
		t.Run(test.name, func(t *testing.T) {
			response := answer(t, post(newHandler(t).Validate(), pod(test.object)))
			assert.False(t, response.Allowed, "what cannot be evaluated is refused")
			assert.Equal(t, "u-1", string(response.UID))
			assert.EqualValues(t, http.StatusBadRequest, response.Result.Code)
			assert.Contains(t, response.Result.Message, test.want)

			response = answer(t, post(newHandler(t).Mutate(), pod(test.object)))
			assert.True(t, response.Allowed, "defaults never refuse")
			assert.Equal(t, "u-1", string(response.UID))
			assert.Empty(t, response.Patch)
			require.Len(t, response.Warnings, 1)
			assert.Contains(t, response.Warnings[0], "taffrail set no defaults: ")
		})
	}
}

func TestUnknownKindsPass(t *testing.T) {
	body := `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-2",
		"kind":{"group":"example.com","version":"v1","kind":"Widget"},"resource":{"group":"example.com","version":"v1","resource":"widgets"},
		"namespace":"shop","operation":"CREATE","object":{"apiVersion":"example.com/v1","kind":"Widget","spec":{"size":3}}}}`
	for _, handler := range []http.Handler{newHandler(t).Mutate(), newHandler(t).Validate()} {
		response := answer(t, post(handler, body))
		assert.True(t, response.Allowed)
		assert.Equal(t, "u-2", string(response.UID))
	}
}

func TestMutateAnswersWithAPatch(t *testing.T) {
	review, err := os.ReadFile("testdata/small.review.json")
	require.NoError(t, err)
	w := post(newHandler(t).Mutate(), string(review))
	response := answer(t, w)
	assert.True(t, response.Allowed)
	require.NotNil(t, response.PatchType)
	assert.Equal(t, admissionv1.PatchTypeJSONPatch, *response.PatchType)

	var wire struct{ Response struct{ Patch string } }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &wire))
	decoded, err := base64.StdEncoding.DecodeString(wire.Response.Patch)
	require.NoError(t, err, "the patch is base64 on the wire")
	assert.JSONEq(t, string(response.Patch), string(decoded))
	assert.Equal(t, w.Body.String(), post(newHandler(t).Mutate(), string(review)).Body.String(), "the same bytes for the same review")
}

func TestNothingToDoIsNoPatch(t *testing.T) {
	complete := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{
		"securityContext":{"seccompProfile":{"type":"RuntimeDefault"}},
		"containers":[{"name":"a","image":"a:1","resources":{"requests":{"cpu":"1","memory":"1Gi"}},"securityContext":{"allowPrivilegeEscalation":false}}]}}`
	response := answer(t, post(newHandler(t).Mutate(), pod(complete)))
	assert.True(t, response.Allowed)
	assert.Nil(t, response.Patch)
	assert.Nil(t, response.PatchType)
}

func TestValidateRefusesWithCauses(t *testing.T) {
	review, err := os.ReadFile("testdata/bad.review.json")
	require.NoError(t, err)
	response := answer(t, post(newHandler(t).Validate(), string(review)))
	require.False(t, response.Allowed)
	assert.EqualValues(t, http.StatusForbidden, response.Result.Code)
	assert.Equal(t, metav1.StatusReasonForbidden, response.Result.Reason)
	assert.Equal(t, `pods "bad-6f7b8c9d5f-" violates 2 checks of default:
- image-latest-tag: spec.containers[0].image: Invalid value: "docker.io/evil/checkout:latest": must have a tag other than latest (container "checkout")
- pod-security: spec.containers[0].securityContext.privileged: Forbidden: must not be true (container "checkout", baseline, privileged)
See `+"`taffrail explain image-latest-tag`"+`; exceptions: kind Exemption in namespace "shop".`, response.Result.Message)
	require.Len(t, response.Result.Details.Causes, 2)
	assert.Equal(t, metav1.StatusCause{
		Type: metav1.CauseTypeFieldValueInvalid, Field: "spec.containers[0].image",
		Message: `image-latest-tag: Invalid value: "docker.io/evil/checkout:latest": must have a tag other than latest (container "checkout")`,
	}, response.Result.Details.Causes[0])
	assert.Contains(t, response.AuditAnnotations["denied"], "default: image-latest-tag: spec.containers[0].image")
}

func TestBreakGlass(t *testing.T) {
	handler := newHandler(t)
	handler.BreakGlassGroup = "sre-on-call"
	body := strings.Replace(pod(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"web","image":"nginx"}]}}`),
		`{"username":"alice"}`, `{"username":"alice","groups":["sre-on-call"]}`, 1)
	response := answer(t, post(handler.Validate(), body))
	assert.True(t, response.Allowed)
	assert.Equal(t, "break-glass: taffrail would have refused this for 1 finding", response.Warnings[0])
	assert.Equal(t, "alice", response.AuditAnnotations["break-glass"])
	assert.Contains(t, response.AuditAnnotations["denied"], "image-latest-tag")

	handler.BreakGlassGroup = ""
	assert.False(t, answer(t, post(handler.Validate(), body)).Allowed, "nobody breaks the glass by default")
}

// A warning is whole where there is space: the API server cuts none until all together are 4 KiB.
func TestWarningsAreCutWhereThereAreMany(t *testing.T) {
	objects, err := files.Load("testdata/restricted-namespaces.yaml")
	require.NoError(t, err)
	set, err := guardrail.Compile(objects, guardrail.Options{})
	require.NoError(t, err)
	handler := newHandler(t)
	handler.Set = func() *guardrail.Set { return set }
	warnings := func(containers int) []string {
		names := make([]string, containers)
		for i := range names {
			names[i] = fmt.Sprintf(`{"name":"a-container-with-a-long-name-%d","image":"web"}`, i)
		}
		return answer(t, post(handler.Validate(), pod(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[`+strings.Join(names, ",")+`]}}`))).Warnings
	}
	whole := warnings(2)
	require.Len(t, whole, 1)
	assert.Greater(t, len(whole[0]), 256)
	assert.True(t, strings.HasSuffix(whole[0], `"Localhost")`), whole[0])
	cut := warnings(50)
	require.Len(t, cut, 1)
	assert.LessOrEqual(t, len(cut[0]), 256)
}

// Whoever finds an object that makes us panic must not get it past us, nor stop Pods from being
// made.
func TestAPanicOutsideOfAnyCheckIsAnswered(t *testing.T) {
	handler := newHandler(t)
	handler.Set = func() *guardrail.Set { panic("out of paint") }
	review := pod(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"web","image":"web:1"}]}}`)

	response := answer(t, post(handler.Validate(), review))
	assert.False(t, response.Allowed)
	assert.EqualValues(t, http.StatusInternalServerError, response.Result.Code)
	assert.Contains(t, response.Result.Message, "internal error: out of paint")
	assert.NotContains(t, response.Result.Message, "goroutine", "the stack is for the log")

	response = answer(t, post(handler.Mutate(), review))
	assert.True(t, response.Allowed)
	assert.Empty(t, response.Patch)
	assert.Equal(t, []string{"taffrail set no defaults: internal error: out of paint"}, response.Warnings)
}
