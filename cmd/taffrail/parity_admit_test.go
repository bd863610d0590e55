package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/record"
	"taffrail.dev/taffrail/internal/replay"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/webhook"
)

// TestAdmitSaysWhatTheWebhookSays: `taffrail admit` answers to each fixture of the catalogue, updates,
// deletions and connections among them, byte for byte what the webhook answers over HTTP; to the
// redacted review it comes to the same decision, about the same fields. What `taffrail check` can
// evaluate it refuses in the same places.
func TestAdmitSaysWhatTheWebhookSays(t *testing.T) {
	files, err := filepath.Glob("../../validators/testdata/*/*.yaml")
	require.NoError(t, err)
	redactor := record.NewRedactor()
	reviews, denied, checked := 0, 0, 0
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "old-") {
			continue
		}
		f := readAdmitFixture(t, file)
		review := f.review(t)
		guardrails := f.write(t)

		answer := f.answer(t, review)
		d := f.admit(t, guardrails, review)
		require.Empty(t, d.Error, file)
		assert.JSONEq(t, string(answer), string(d.Validate), file)

		redacted, err := redactor.Redact(review)
		require.NoError(t, err, file)
		again := f.admit(t, guardrails, redacted)
		assert.Equal(t, d.Decision, again.Decision, "%s, redacted: %s", file, redacted)
		assert.Equal(t, causesIn(t, d.Validate), causesIn(t, again.Validate), "%s, redacted", file)

		if plain := readParityFixture(t, file); plain != nil {
			checked++
			assert.Equal(t, refusedBy(plain.checked(t, plain.guardrails(false))), fields(causesIn(t, d.Validate)), file)
		}
		reviews++
		if d.Decision == replay.Denied {
			denied++
		}
	}
	t.Logf("%d reviews, %d denied, %d checked", reviews, denied, checked)
	assert.Greater(t, reviews, 300)
	assert.Greater(t, denied, 100)
	assert.Greater(t, checked, 100)
}

// admitFixture is a fixture in whatever way it is sent.
type admitFixture struct {
	parityFixture
	request admissionv1.AdmissionRequest
}

func readAdmitFixture(t *testing.T, file string) *admitFixture {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	f := &admitFixture{parityFixture: parityFixture{check: filepath.Base(filepath.Dir(file)), file: file}}
	input := manifest.Read(nil, file)
	require.Len(t, input.Objects, 1, file)
	f.request = *admission.Create(input.Objects[0])
	_, namespaced := workload.ResourceFor(input.Objects[0].GroupVersionKind())
	f.namespace = admission.Namespace(input.Objects[0], namespaced)
	for line := range strings.Lines(string(text)) {
		directive, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "# "), ": ")
		if !strings.HasPrefix(line, "# ") {
			continue
		}
		switch r := &f.request; directive {
		case "operation":
			r.Operation = admissionv1.Operation(value)
		case "old":
			old := manifest.Read(nil, filepath.Join(filepath.Dir(file), value))
			require.Len(t, old.Objects, 1, file)
			r.OldObject.Raw = old.Objects[0].Raw
		case "subresource":
			r.SubResource = value
		case "options":
			raw, err := yaml.YAMLToJSON([]byte(value))
			require.NoError(t, err)
			r.Options = runtime.RawExtension{Raw: raw}
		case "request-kind":
			var sent metav1.TypeMeta
			require.NoError(t, yaml.UnmarshalStrict([]byte(value), &sent))
			r.RequestKind = new(metav1.GroupVersionKind(sent.GroupVersionKind()))
		case "user":
			require.NoError(t, yaml.UnmarshalStrict([]byte(value), &r.UserInfo))
		case "params":
			f.params, err = yaml.YAMLToJSON([]byte(value))
			require.NoError(t, err)
		case "namespace-labels":
			require.NoError(t, yaml.Unmarshal([]byte(value), &f.namespaceLabels))
		}
	}
	return f
}

// review is what an API server sends of it.
func (f *admitFixture) review(t *testing.T) []byte {
	t.Helper()
	r := f.request
	r.UID = types.UID(filepath.Base(f.file))
	switch r.Operation {
	case admissionv1.Delete:
		r.Object, r.OldObject = r.OldObject, r.Object
	case admissionv1.Connect:
		var sent metav1.TypeMeta
		require.NoError(t, json.Unmarshal(r.Options.Raw, &sent))
		r.Kind, r.Object = metav1.GroupVersionKind(sent.GroupVersionKind()), r.Options
	case admissionv1.Create:
		if r.SubResource == "" {
			sent, err := admission.Sent(&r)
			require.NoError(t, err, f.file)
			r = *sent.Request()
		}
	}
	review, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "AdmissionReview"}, Request: &r,
	})
	require.NoError(t, err)
	return review
}

func (f *admitFixture) write(t *testing.T) (file string) {
	t.Helper()
	text, err := yaml.Marshal(f.guardrails(false).Guardrails[0])
	require.NoError(t, err)
	file = filepath.Join(t.TempDir(), "guardrail.yaml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

// answer is what the webhook answers, over HTTP.
func (f *admitFixture) answer(t *testing.T, review []byte) json.RawMessage {
	t.Helper()
	set, err := guardrail.Compile(f.guardrails(false), guardrail.Options{Cluster: workload.Cluster{Namespace: f.lookUp}})
	require.NoError(t, err)
	handler := &webhook.Handler{Set: func() *guardrail.Set { return set }, Metrics: webhook.NewMetrics(prometheus.NewRegistry()), Log: logr.Discard()}
	server := httptest.NewServer(handler.Validate())
	defer server.Close()
	response, err := http.Post(server.URL, "application/json", bytes.NewReader(review))
	require.NoError(t, err)
	defer response.Body.Close()
	var answered struct{ Response json.RawMessage }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answered), f.file)
	return answered.Response
}

// admit is what `taffrail admit` answers.
func (f *admitFixture) admit(t *testing.T, guardrails string, review []byte) replay.Decision {
	t.Helper()
	args := []string{"admit", "--guardrails", guardrails, "-o", "json", "--webhook", "validate", "-"}
	for key, value := range f.namespaceLabels {
		args = append(args, "--namespace-labels", key+"="+value)
	}
	var out, notes bytes.Buffer
	run(context.Background(), args, streams{in: bytes.NewReader(review), out: &out, err: &notes})
	var d replay.Decision
	require.NoError(t, json.Unmarshal(out.Bytes(), &d), "%s: %s%s", f.file, &out, &notes)
	return d
}

// causesIn are what a refusal is for: the fields, and what must be of them.
func causesIn(t *testing.T, answer json.RawMessage) (all []metav1.StatusCause) {
	t.Helper()
	var response admissionv1.AdmissionResponse
	require.NoError(t, json.Unmarshal(answer, &response))
	if response.Result != nil && response.Result.Details != nil {
		all = response.Result.Details.Causes
	}
	return all
}

func fields(causes []metav1.StatusCause) (all []string) {
	for _, c := range causes {
		all = append(all, c.Field)
	}
	slices.Sort(all)
	return all
}

// refusedBy are the fields of the findings of `taffrail check` that refuse.
func refusedBy(lines []string) (all []string) {
	for _, line := range lines {
		if rest, denied := strings.CutPrefix(line, "Deny "); denied {
			_, rest, _ = strings.Cut(rest, ": ")
			field, _, _ := strings.Cut(rest, ": ")
			all = append(all, field)
		}
	}
	slices.Sort(all)
	return all
}
