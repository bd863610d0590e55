package webhook_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	psapi "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/webhook"
)

// The benchmarks compare one review through our handler with the same through controller-runtime's
// typed defaulter and validator, in the same run. The review is one that a real API server sent: a
// Pod of 5 KB with three containers.

func BenchmarkTaffrailMutate(b *testing.B)   { benchmark(b, newHandler(b).Mutate()) }
func BenchmarkTaffrailValidate(b *testing.B) { benchmark(b, newHandler(b).Validate()) }

func BenchmarkControllerRuntimeMutate(b *testing.B) {
	benchmark(b, controllerRuntime(b, func(s *runtime.Scheme) *admission.Webhook { return admission.WithDefaulter(s, defaulter{}) }))
}

func BenchmarkControllerRuntimeValidate(b *testing.B) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(b, err)
	benchmark(b, controllerRuntime(b, func(s *runtime.Scheme) *admission.Webhook {
		return admission.WithValidator(s, validator{evaluator})
	}))
}

func newHandler(tb testing.TB) *webhook.Handler {
	tb.Helper()
	set, err := guardrail.Compile(guardrail.Default(), guardrail.Options{})
	require.NoError(tb, err)
	return &webhook.Handler{
		Set:     func() *guardrail.Set { return set },
		Metrics: webhook.NewMetrics(prometheus.NewRegistry()),
		Log:     logr.Discard(),
	}
}

func benchmark(b *testing.B, handler http.Handler) {
	b.Helper()
	review, err := os.ReadFile("testdata/big.review.json")
	require.NoError(b, err)
	body := bytes.NewReader(review)
	request := httptest.NewRequest(http.MethodPost, "/", nil)
	request.Header.Set("Content-Type", "application/json")
	answer := new(bytes.Buffer)
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(review)
		answer.Reset()
		request.Body = readCloser{body}
		handler.ServeHTTP(&recorder{httptest.ResponseRecorder{Body: answer}}, request)
		if !bytes.Contains(answer.Bytes(), []byte(`"allowed":true`)) {
			b.Fatal(answer.String())
		}
	}
}

// recorder takes deadlines, as a connection does.
type recorder struct{ httptest.ResponseRecorder }

func (*recorder) SetReadDeadline(time.Time) error  { return nil }
func (*recorder) SetWriteDeadline(time.Time) error { return nil }

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func controllerRuntime(b *testing.B, with func(*runtime.Scheme) *admission.Webhook) http.Handler {
	b.Helper()
	scheme := runtime.NewScheme()
	require.NoError(b, corev1.AddToScheme(scheme))
	handler, err := admission.StandaloneWebhook(with(scheme), admission.StandaloneOptions{Logger: logr.Discard()})
	require.NoError(b, err)
	return handler
}

// defaulter sets what the default guardrail sets.
type defaulter struct{}

func (defaulter) Default(_ context.Context, pod *corev1.Pod) error {
	if pod.Spec.SecurityContext == nil {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	if pod.Spec.SecurityContext.SeccompProfile == nil {
		pod.Spec.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		if c.SecurityContext.AllowPrivilegeEscalation == nil && !ptr.Deref(c.SecurityContext.Privileged, false) {
			c.SecurityContext.AllowPrivilegeEscalation = new(false)
		}
		if c.Resources.Requests == nil {
			c.Resources.Requests = corev1.ResourceList{}
		}
		for name, quantity := range map[corev1.ResourceName]string{corev1.ResourceCPU: "100m", corev1.ResourceMemory: "128Mi"} {
			_, requested := c.Resources.Requests[name]
			if _, limited := c.Resources.Limits[name]; !requested && !limited {
				c.Resources.Requests[name] = resource.MustParse(quantity)
			}
		}
		for _, port := range c.Ports {
			if port.Name != "metrics" && !strings.HasSuffix(port.Name, "-metrics") {
				continue
			}
			if pod.Annotations == nil {
				pod.Annotations = map[string]string{}
			}
			for key, value := range map[string]string{"scrape": "true", "port": fmt.Sprint(port.ContainerPort), "path": "/metrics"} {
				if _, set := pod.Annotations["prometheus.io/"+key]; !set {
					pod.Annotations["prometheus.io/"+key] = value
				}
			}
		}
	}
	return nil
}

// validator refuses what the default guardrail refuses.
type validator struct{ podSecurity policy.Evaluator }

func (v validator) ValidateCreate(_ context.Context, pod *corev1.Pod) (warnings admission.Warnings, err error) {
	baseline := psapi.LevelVersion{Level: psapi.LevelBaseline, Version: psapi.LatestVersion()}
	for _, result := range v.podSecurity.EvaluatePod(baseline, &pod.ObjectMeta, &pod.Spec) {
		if !result.Allowed {
			return nil, fmt.Errorf("%s: %s", result.ForbiddenReason, result.ForbiddenDetail)
		}
	}
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		if _, tag, found := strings.Cut(c.Image, ":"); !found || tag == "latest" {
			return nil, fmt.Errorf("container %s: latest", c.Name)
		}
		if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() {
			warnings = append(warnings, fmt.Sprintf("container %s: no requests", c.Name))
		}
		if c.Resources.Limits.Memory().IsZero() {
			warnings = append(warnings, fmt.Sprintf("container %s: no limit", c.Name))
		}
		if c.ReadinessProbe == nil {
			warnings = append(warnings, fmt.Sprintf("container %s: no readiness probe", c.Name))
		}
		if c.LivenessProbe == nil {
			warnings = append(warnings, fmt.Sprintf("container %s: no liveness probe", c.Name))
		}
		if strings.HasPrefix(c.Image, "k8s.gcr.io/") {
			warnings = append(warnings, fmt.Sprintf("container %s: an old registry", c.Name))
		}
		for _, env := range c.Env {
			if name := strings.ToLower(env.Name); env.Value != "" && (strings.Contains(name, "password") || strings.Contains(name, "token")) {
				warnings = append(warnings, fmt.Sprintf("container %s: a secret in %s", c.Name, env.Name))
			}
		}
	}
	if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
		warnings = append(warnings, "a token nobody asked for")
	}
	for _, volume := range pod.Spec.Volumes {
		if volume.HostPath != nil && strings.HasSuffix(volume.HostPath.Path, ".sock") {
			return nil, fmt.Errorf("volume %s: a socket", volume.Name)
		}
	}
	return warnings, nil
}

func (v validator) ValidateUpdate(ctx context.Context, _, pod *corev1.Pod) (admission.Warnings, error) {
	return v.ValidateCreate(ctx, pod)
}

func (validator) ValidateDelete(context.Context, *corev1.Pod) (admission.Warnings, error) {
	return nil, nil
}
