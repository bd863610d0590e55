package webhook_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-logr/zapr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
	"taffrail.dev/taffrail/webhook"
)

const hostile = "\n::error::\r\x1b[2J\u009b\x7f\u202e\u2069\u200b\u2028\t"

// Whatever is in an object, an answer, the audit log, the metrics and the log
// have no line and no character of it that cannot be printed.
func TestNothingInAnObjectIsSaidAsItIs(t *testing.T) {
	objects, err := files.Load("../deploy/guardrails")
	require.NoError(t, err)
	set, err := guardrail.Compile(objects, guardrail.Options{})
	require.NoError(t, err)
	registry := prometheus.NewRegistry()
	var log bytes.Buffer
	console := zapcore.NewCore(zapcore.NewConsoleEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(printable.NewWriter(&log)), zap.DebugLevel)
	handler := &webhook.Handler{
		Set: func() *guardrail.Set { return set }, Metrics: webhook.NewMetrics(registry), Log: zapr.NewLogger(zap.New(console)), BreakGlassGroup: "admins",
	}
	files, err := fs.Glob(validators.Fixtures, "testdata/*/fail-*.yaml")
	require.NoError(t, err)
	denied, reviews := 0, 0
	for _, file := range files {
		data, err := validators.Fixtures.ReadFile(file)
		require.NoError(t, err)
		for _, body := range spoilt(t, data) {
			for _, way := range []http.Handler{handler.Validate(), handler.Mutate()} {
				reviews++
				w := post(way, body)
				if w.Code != http.StatusOK {
					assertPrintable(t, strings.TrimSuffix(w.Body.String(), "\n"))
					continue
				}
				response := answer(t, w)
				lines := response.Warnings
				for annotation := range maps.Values(response.AuditAnnotations) {
					lines = append(lines, strings.Split(annotation, "\n")...)
				}
				if result := response.Result; result != nil {
					denied++
					lines = append(lines, strings.Split(result.Message, "\n")...)
					if result.Details != nil {
						for _, cause := range result.Details.Causes {
							lines = append(lines, cause.Field, cause.Message)
						}
					}
				}
				for _, line := range lines {
					assertPrintable(t, line)
				}
			}
		}
	}
	require.Greater(t, denied, 200)

	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	assert.LessOrEqual(t, len(lines), reviews, "a line a review at most")
	for _, line := range lines {
		assertPrintable(t, strings.ReplaceAll(line, "\t", " "))
	}
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				assertPrintable(t, label.GetValue())
			}
		}
	}
}

func assertPrintable(t *testing.T, line string) {
	t.Helper()
	assert.False(t, strings.HasPrefix(line, "::"), "%q", line)
	if i := strings.IndexFunc(line, func(r rune) bool { return !strconv.IsPrint(r) }); i >= 0 {
		assert.Fail(t, "cannot be printed", "%q", line)
	}
}

// spoilt are reviews of a fixture, with what is hostile in its values, and in
// its keys, by somebody who is hostile.
func spoilt(t *testing.T, fixture []byte) (bodies []string) {
	t.Helper()
	for _, where := range []string{"values", "keys"} {
		var object map[string]any
		require.NoError(t, yaml.Unmarshal(fixture, &object))
		kind, version := object["kind"].(string), object["apiVersion"].(string)
		object = spoil(object, where).(map[string]any)
		object["kind"], object["apiVersion"] = kind, version
		raw, err := json.Marshal(object)
		require.NoError(t, err)
		gvk := schema.FromAPIVersionAndKind(version, kind)
		resource, _ := workload.ResourceFor(gvk)
		review, err := json.Marshal(admissionv1.AdmissionReview{
			TypeMeta: metav1.TypeMeta{Kind: "AdmissionReview", APIVersion: "admission.k8s.io/v1"},
			Request: &admissionv1.AdmissionRequest{
				UID: "u", Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(resource), Operation: admissionv1.Create,
				Name: "a" + hostile, Namespace: "shop" + hostile, Object: runtime.RawExtension{Raw: raw},
			},
		})
		require.NoError(t, err)
		bodies = append(bodies, string(review))
	}
	return bodies
}

func spoil(value any, where string) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range value {
			named := slices.Contains([]string{"labels", "annotations", "limits", "requests", "data"}, key)
			if m, ok := inner.(map[string]any); ok && named && where == "keys" {
				renamed := map[string]any{}
				for k, v := range m {
					renamed[k+hostile] = v
				}
				inner = renamed
			}
			if text, ok := inner.(string); ok && (where == "values" || key == "name") {
				inner = text + hostile
			}
			out[key] = spoil(inner, where)
		}
		return out
	case []any:
		for i := range value {
			value[i] = spoil(value[i], where)
		}
	}
	return value
}
