package auditserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/auditserver"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/serving"
)

const patience, tick = 20 * time.Second, 10 * time.Millisecond

const two = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: ours}
spec:
  validators:
  - {name: image-latest-tag}
  - {name: readiness-probe, action: Warn}
  - {name: service-external-ips}
`

// following is an audit of a Deployment without a tag and without a probe, in a cluster whose Services
// may not be listed.
func following(t *testing.T) *audit.Live {
	t.Helper()
	server := apitest.New(t,
		&corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: "shop"}},
		&appsv1.Deployment{
			TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", UID: "u"},
			Spec: appsv1.DeploymentSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
				Containers: []corev1.Container{{Name: "web", Image: "nginx", Ports: []corev1.ContainerPort{{ContainerPort: 80}}}},
			}}},
		},
	)
	server.Answer(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/v1/services") {
			return false
		}
		apitest.Refuse(w, apierrors.NewForbidden(corev1.Resource("services"), "", nil))
		return true
	})
	clients := cluster.NewClients(server.Config())
	discovery, err := clients.Discovery()
	require.NoError(t, err)
	objects, err := clients.Unversioned()
	require.NoError(t, err)
	guardrails, err := guardrail.Parse("two", []byte(two))
	require.NoError(t, err)
	return audit.NewLive(audit.Cluster{Discovery: discovery, Objects: objects}, audit.LiveOptions{Options: audit.Options{Guardrails: guardrails}})
}

// told are the metrics of an audit, without what differs from run to run.
func told(t *testing.T, live *audit.Live) (lines []string) {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(auditserver.NewCollector(live))
	w := httptest.NewRecorder()
	serving.Metrics(registry).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	for line := range strings.Lines(w.Body.String()) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestWhatIsToldOfAnAudit(t *testing.T) {
	live := following(t)
	assert.Equal(t, []string{
		"taffrail_audit_evaluations_total 0", "taffrail_audit_objects 0", "taffrail_audit_verified_timestamp_seconds 0",
	}, told(t, live), "nothing is known yet, which is not that all is well")

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- live.Run(ctx) }()
	defer func() { cancel(); require.NoError(t, <-ended) }()
	require.Eventually(t, live.Ready, patience, tick)
	lines := told(t, live)
	for _, line := range []string{
		`taffrail_audit_findings{action="Deny",guardrail="ours",validator="image-latest-tag"} 1`,
		`taffrail_audit_findings{action="Warn",guardrail="ours",validator="readiness-probe"} 1`,
		// What is found no more is at 0, and not gone.
		`taffrail_audit_findings{action="Deny",guardrail="ours",validator="service-external-ips"} 0`,
		"taffrail_audit_exempted_findings 0",
		"taffrail_audit_unlisted_kinds 1",
	} {
		assert.Contains(t, lines, line)
	}
	for _, name := range []string{"objects", "evaluations_total", "verified_timestamp_seconds", "full_evaluation_duration_seconds"} {
		i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "taffrail_audit_"+name+" ") })
		if assert.GreaterOrEqual(t, i, 0, name) {
			assert.NotEqual(t, "0", strings.Fields(lines[i])[1], name)
		}
	}
}
