//go:build e2e && !kind && linux

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// What changes while the API server is there, and while it is not, is followed.
func TestALiveAuditOutlivesTheAPIServer(t *testing.T) {
	parallel(t)
	namespace, another := cluster(t).namespace(t), cluster(t).namespace(t)
	client := kubernetes.NewForConfigOrDie(cluster(t).config)
	fleet{namespaces: 2, deployments: 10, pods: 40, others: 5}.make(t)
	live := serveAudit(t, noLatest)
	before := len(live.agreesSoon(t).Results)
	findings := func() int { a, _ := live.report(t); return len(a.Results) }

	create := func(namespace, name string) {
		apply(t, fmt.Sprintf("{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: %s}, spec: {containers: [{name: web, image: nginx}]}}", name, namespace))
	}
	create(namespace, "web")
	create(another, "web")
	require.Eventually(t, func() bool { return findings() == before+2 }, soon, interval)

	cluster(t).killAPIServer(t)
	require.Eventually(t, func() bool { a, _ := live.report(t); return len(a.Notes) > 0 }, 6*soon, interval)
	assert.Equal(t, before+2, findings(), "what is known stays known")
	cluster(t).startAPIServer(t)
	require.Eventually(t, func() bool {
		return client.CoreV1().Pods(another).Delete(t.Context(), "web", metav1.DeleteOptions{}) == nil
	}, 6*soon, interval)
	create(namespace, "later")
	after := live.agreesSoon(t)
	assert.Len(t, after.Results, before+2)
	assert.Empty(t, after.Notes)
}

// A kind that goes away takes its findings with it, and is followed again when it comes back.
func TestALiveAuditFollowsKindsThatComeAndGo(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t)
	const widgets = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
`
	apply(t, widgets)
	cluster(t).kubectl(t, "", "wait", "--for=condition=Established", "crd/widgets.example.com").mustSucceed(t)
	widget := "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: " + namespace + "}}"
	apply(t, widget)
	live := serveAudit(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: no-widgets}
spec:
  rules:
  - name: no-widgets
    resources: [{apiGroups: [example.com], apiVersions: [v1], resources: [widgets], operations: [CREATE]}]
    expression: "false"
    message: must not be
`)
	found := func(n int) func() bool {
		return func() bool { a, _ := live.report(t); return len(a.Results) == n && a.Summary.Objects == n }
	}
	require.True(t, found(1)())
	cluster(t).kubectl(t, "", "delete", "crd/widgets.example.com").mustSucceed(t)
	require.Eventually(t, found(0), 6*soon, interval)
	apply(t, widgets)
	cluster(t).kubectl(t, "", "wait", "--for=condition=Established", "crd/widgets.example.com").mustSucceed(t)
	apply(t, widget)
	require.Eventually(t, found(1), 12*soon, interval, "kinds are asked for once a minute")
}

// A hundred changes a second are followed, in a large cluster too: its figures are those of
// docs/audit.md.
func TestALiveAuditFollowsAHundredChangesASecond(t *testing.T) {
	parallel(t)
	f, changes := fleet{namespaces: 6, deployments: 100, pods: 500, others: 50}, 1000
	if os.Getenv("TAFFRAIL_E2E_LARGE") != "" {
		f, changes = fleet{namespaces: 60, deployments: 1000, pods: 5000, others: 500}, 6000
	}
	f.make(t)
	live := serveAudit(t, defaultGuardrail(t))
	cpu := func() float64 { return live.number(t, "process_cpu_seconds_total") }
	t.Logf("all evaluated in %.2fs, %.2fs of CPU, %.1f MiB resident", live.number(t, "taffrail_audit_full_evaluation_duration_seconds"), cpu(), live.resident(t))
	quiet(t, cpu)

	used := cpu()
	took := live.follows(t, changes)
	t.Logf("%d changes in %.1fs with %.2fs of CPU, %.1f MiB resident", changes, took.Seconds(), cpu()-used, live.resident(t))
	assert.Less(t, live.resident(t), 100.0, "MiB")
	quiet(t, cpu)
	t.Logf("%.1f MiB resident a while later", live.resident(t))
	live.agreesSoon(t)
}

// resident is the memory of the process, in MiB.
func (l *liveAudit) resident(t *testing.T) float64 {
	t.Helper()
	return l.number(t, "process_resident_memory_bytes") / (1 << 20)
}

// quiet measures what it takes to follow a cluster in which nothing happens.
func quiet(t *testing.T, cpu func() float64) {
	t.Helper()
	if os.Getenv("TAFFRAIL_E2E_LARGE") == "" {
		return
	}
	const span = time.Minute
	before, began := cpu(), time.Now()
	require.Eventually(t, func() bool { return time.Since(began) > span }, 2*span, span/10)
	t.Logf("at rest: %.4f of a core", (cpu()-before)/time.Since(began).Seconds())
}

// follows changes Pods, a hundred a second, so that in the end many break the rule, and returns when all
// that has been followed.
func (l *liveAudit) follows(t *testing.T, changes int) time.Duration {
	t.Helper()
	const pods, perSecond = 100, 100
	config := rest.CopyConfig(cluster(t).config)
	config.QPS, config.Burst = 2*perSecond, perSecond
	client := kubernetes.NewForConfigOrDie(config).CoreV1()
	list, err := client.Pods("").List(t.Context(), metav1.ListOptions{Limit: pods})
	require.NoError(t, err)
	before := l.number(t, "taffrail_audit_evaluations_total")
	each := time.NewTicker(time.Second / perSecond)
	defer each.Stop()
	began := time.Now()
	for i := range changes {
		<-each.C
		pod, image := &list.Items[i%pods], fmt.Sprintf("registry.example.com/web:2.%d", i)
		if i >= changes-pods {
			image = "registry.example.com/changed:latest"
		}
		patch := fmt.Sprintf(`{"spec": {"containers": [{"name": "web", "image": %q}]}}`, image)
		_, err := client.Pods(pod.Namespace).Patch(t.Context(), pod.Name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
		require.NoError(t, err)
	}
	took := time.Since(began)
	t.Logf("while it follows: %.1f MiB resident", l.resident(t))
	found := func() (n int) {
		a, _ := l.report(t)
		for _, r := range a.Results {
			if strings.Contains(r.Message, "changed:latest") {
				n += r.Objects
			}
		}
		return n
	}
	require.Eventually(t, func() bool { return found() == pods }, soon, interval)
	t.Logf("all known %s after the last change", (time.Since(began) - took).Round(time.Millisecond))
	assert.GreaterOrEqual(t, l.number(t, "taffrail_audit_evaluations_total"), before+float64(changes))
	return took
}

// What objects refer to must be there, in the cluster as in manifests.
func TestAuditFindsWhatIsReferredToAndNotThere(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t)
	apply(t, strings.ReplaceAll(`
apiVersion: v1
kind: Secret
metadata: {name: there, namespace: NAMESPACE}
---
apiVersion: v1
kind: Service
metadata: {name: lost, namespace: NAMESPACE}
spec: {selector: {app: wbe}, ports: [{port: 80}], clusterIP: None}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NAMESPACE}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1", envFrom: [{secretRef: {name: there}}, {secretRef: {name: absent}}]}
`, "NAMESPACE", namespace))
	live := serveAudit(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: refer}
spec: {validators: [{name: dangling-service}, {name: missing-secret}]}
`)
	a := live.agreesSoon(t)
	assert.Empty(t, a.Notes)
	found := map[string]string{}
	for _, r := range a.Results {
		found[r.Kind+"/"+r.Name] = r.Validator + " " + r.Path
	}
	assert.Equal(t, map[string]string{
		"Service/lost":   "dangling-service spec.selector",
		"Deployment/web": "missing-secret spec.template.spec.containers[0].envFrom[1].secretRef.name",
	}, found)
	apply(t, "{apiVersion: v1, kind: Secret, metadata: {name: absent, namespace: "+namespace+"}}")
	require.Eventually(t, func() bool { a, _ := live.report(t); return len(a.Results) == 1 }, 6*soon, interval)
}
