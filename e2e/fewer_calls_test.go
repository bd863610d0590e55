//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// ofLabels is a Guardrail for metadata and Services, without a default.
const ofLabels = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: labels}
spec:
  validators:
  - {name: immutable-labels, params: {keys: [team]}}
  - {name: required-labels, params: {labels: [{key: team}], kinds: [Deployment]}}
  - name: service-external-ips
  - name: service-node-port
  - name: service-account-token-secret
`

// TestFewerCalls counts what an API server asks of what a small cluster writes, with the match
// conditions that follow from the guardrails and without them. What must be refused still is.
func TestFewerCalls(t *testing.T) {
	parallel(t)
	server := serveCluster(t, 1)[0]
	for _, set := range []struct {
		name, guardrail string
		pod             int            // calls for the creation of one
		with, without   map[string]int // calls
		refused         []refusal
	}{
		{
			"the default guardrail", defaultGuardrail(t), 2,
			map[string]int{"a Deployment is rolled out": 24, "Services": 0, "ConfigMaps": 0, "Secrets": 0, "Endpoints": 0, "Nodes": 0},
			map[string]int{"a Deployment is rolled out": 24, "Services": 6, "ConfigMaps": 23, "Secrets": 0, "Endpoints": 0, "Nodes": 0},
			[]refusal{
				{"service-external-ips", "services", "web-0", `{"spec":{"externalIPs":["192.0.2.1"]}}`},
				{"ingress-nginx-snippets", "configmaps", "state-0", `{"data":{"allow-snippet-annotations":"true"}}`},
			},
		},
		{
			"labels and Services, no defaults", ofLabels, 0,
			map[string]int{"a Deployment is rolled out": 4, "Services": 0, "ConfigMaps": 0, "Secrets": 0, "Endpoints": 0, "Nodes": 0},
			map[string]int{"a Deployment is rolled out": 16, "Services": 6, "ConfigMaps": 20, "Secrets": 8, "Endpoints": 12, "Nodes": 8},
			[]refusal{
				{"service-external-ips", "services", "web-0", `{"spec":{"externalIPs":["192.0.2.1"]}}`},
				{"service-node-port", "services", "web-0", `{"spec":{"type":"NodePort"}}`},
				{"immutable-labels", "configmaps", "state-0", `{"metadata":{"labels":{"team":"other"}}}`},
			},
		},
	} {
		t.Run(set.name, func(t *testing.T) {
			apply(t, set.guardrail)
			defer func() { cluster(t).kubectl(t, "", "delete", "guardrails", "--all").mustSucceed(t) }()
			writer := newWriter(t, cluster(t).namespace(t))
			require.Eventually(t, func() bool {
				before := server.reviews(t)
				return writer.try(t, "services", externalService) != nil && server.reviews(t) == before+1 &&
					writer.try(t, "pods", fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: web}, `+writtenPod+`}`, 1)) == nil &&
					server.reviews(t) == before+1+set.pod
			}, soon, interval)
			writer.calls(t, server, set.with)
			for _, r := range set.refused {
				_, err := writer.in("", r.resource).Patch(background, r.object, types.MergePatchType, []byte(r.patch), metav1.PatchOptions{})
				require.ErrorContains(t, err, r.by)
			}

			withoutDerived(t)
			defer func() {
				cluster(t).kubectl(t, "", "delete", "mutatingwebhookconfiguration/taffrail", "validatingwebhookconfiguration/taffrail").mustSucceed(t)
			}()
			bare := newWriter(t, cluster(t).namespace(t))
			require.Eventually(t, func() bool {
				before := server.reviews(t)
				err := bare.try(t, "services", `{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}`)
				return err == nil && server.reviews(t) > before
			}, soon, interval)
			bare.calls(t, server, set.without)
		})
	}
}

// refusal is a patch of what was written that a check refuses.
type refusal struct{ by, resource, object, patch string }

const externalService = "{apiVersion: v1, kind: Service, metadata: {name: external}, spec: {ports: [{port: 80}], externalIPs: [192.0.2.1]}}"

// withoutDerived takes the derived conditions out of the configurations, which are nobody's from then on.
func withoutDerived(t *testing.T) {
	t.Helper()
	for _, kind := range []string{"mutatingwebhookconfiguration", "validatingwebhookconfiguration"} {
		cluster(t).kubectl(t, "", "annotate", kind, "taffrail", "taffrail.dev/unmanaged=test").mustSucceed(t)
	}
	var c admissionregistrationv1.ValidatingWebhookConfiguration
	require.NoError(t, json.Unmarshal([]byte(cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail", "-o", "json").stdout), &c))
	for i := range c.Webhooks {
		w := &c.Webhooks[i]
		w.MatchConditions = slices.DeleteFunc(w.MatchConditions, func(m admissionregistrationv1.MatchCondition) bool { return m.Name == "may-find-something" })
	}
	cluster(t).kubectl(t, toYAML(t, &c), "replace", "-f", "-").mustSucceed(t)
	cluster(t).kubectl(t, "", "patch", "mutatingwebhookconfiguration", "taffrail", "--type=json", "-p",
		`[{"op":"add","path":"/webhooks/0/rules","value":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods"]}]}]`).mustSucceed(t)
}

// writer writes what controllers and people write.
type writer struct {
	client    dynamic.Interface
	namespace string
}

func newWriter(t *testing.T, namespace string) *writer {
	t.Helper()
	config := rest.CopyConfig(cluster(t).config)
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	client, err := dynamic.NewForConfig(config)
	require.NoError(t, err)
	return &writer{client, namespace}
}

func (w *writer) in(group, resource string) dynamic.ResourceInterface {
	if resource == "nodes" {
		return w.client.Resource(resourceNamed(group, resource))
	}
	return w.client.Resource(resourceNamed(group, resource)).Namespace(w.namespace)
}

func (w *writer) create(t *testing.T, group, resource, manifest string) {
	t.Helper()
	_, err := w.in(group, resource).Create(background, readManifest(t, manifest), metav1.CreateOptions{})
	require.NoError(t, err)
}

// patch writes one thing again and again, each time with another value.
func (w *writer) patch(t *testing.T, times int, group, resource, name, format string, subresource ...string) {
	t.Helper()
	for n := range times {
		_, err := w.in(group, resource).Patch(background, name, types.MergePatchType, fmt.Appendf(nil, format, n+1), metav1.PatchOptions{}, subresource...)
		require.NoError(t, err)
	}
}

// try is a creation that stores nothing.
func (w *writer) try(t *testing.T, resource, manifest string) error {
	t.Helper()
	_, err := w.in("", resource).Create(background, readManifest(t, manifest), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// calls holds how many calls each of the things comes to that a small cluster does.
func (w *writer) calls(t *testing.T, server *taffrail, want map[string]int) {
	t.Helper()
	for _, does := range []struct {
		what  string
		write func(*testing.T)
	}{
		{"a Deployment is rolled out", w.rollOut},
		{"Services", w.services},
		{"ConfigMaps", w.configMaps},
		{"Secrets", w.secrets},
		{"Endpoints", w.endpoints},
		{"Nodes", w.nodes},
	} {
		before := server.reviews(t)
		does.write(t)
		calls, n := server.reviews(t)-before, want[does.what]
		t.Logf("%s: %d calls", does.what, calls)
		// An API server whose cache is a write behind asks once more.
		assert.GreaterOrEqual(t, calls, n, does.what)
		assert.LessOrEqual(t, calls, n+n/5, does.what)
	}
}

const (
	writtenPod  = `spec: {automountServiceAccountToken: false, containers: [{name: web, image: "registry.example.com/web:1.%d"}]}`
	writtenPods = `selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web, team: shop}}, ` + writtenPod + `}`
	noted       = `{"metadata":{"annotations":{"example.com/written":"%d"}}}`
)

// rollOut is what the controllers of Deployments and ReplicaSets, and kubelets, write for a rollout of
// three Pods.
func (w *writer) rollOut(t *testing.T) {
	w.create(t, "apps", "deployments", fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {team: shop}}, spec: {`+writtenPods+`}}`, 0))
	w.patch(t, 1, "apps", "deployments", "web", noted)
	for version := range 2 {
		name := fmt.Sprintf("web-%d", version)
		w.create(t, "apps", "replicasets", fmt.Sprintf(`{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: %s}, spec: {`+writtenPods+`}}`, name, version))
		for pod := range 3 {
			w.create(t, "", "pods", fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: %s-%d, labels: {app: web, team: shop}}, `+writtenPod+`}`, name, pod, version))
			w.patch(t, 3, "", "pods", fmt.Sprintf("%s-%d", name, pod), `{"status":{"message":"%d"}}`, "status")
		}
		w.patch(t, 3, "apps", "replicasets", name, `{"spec":{"replicas":%d}}`)
		w.patch(t, 3, "apps", "replicasets", name, `{"status":{"replicas":%d}}`, "status")
	}
	w.patch(t, 1, "apps", "deployments", "web", fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"registry.example.com/web:1.%%d"}]}}}}`))
	w.patch(t, 1, "apps", "deployments", "web", `{"metadata":{"labels":{"team":"shop","app.kubernetes.io/version":"%d"}}}`)
	w.patch(t, 4, "apps", "deployments", "web", `{"status":{"observedGeneration":%d}}`, "status")
}

func (w *writer) services(t *testing.T) {
	for n := range 3 {
		name := fmt.Sprintf("web-%d", n)
		w.create(t, "", "services", fmt.Sprintf(`{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {ports: [{port: 80}]}}`, name))
		w.patch(t, 1, "", "services", name, noted)
	}
}

func (w *writer) configMaps(t *testing.T) {
	for n := range 3 {
		w.create(t, "", "configmaps", fmt.Sprintf(`{apiVersion: v1, kind: ConfigMap, metadata: {name: state-%d, labels: {team: shop}}, data: {leader: a}}`, n))
	}
	w.patch(t, 20, "", "configmaps", "state-0", `{"data":{"leader":"%d"}}`)
}

func (w *writer) secrets(t *testing.T) {
	for n := range 3 {
		w.create(t, "", "secrets", fmt.Sprintf(`{apiVersion: v1, kind: Secret, metadata: {name: key-%d}, stringData: {key: a}}`, n))
	}
	w.patch(t, 5, "", "secrets", "key-0", `{"stringData":{"key":"%d"}}`)
}

func (w *writer) endpoints(t *testing.T) {
	w.create(t, "discovery.k8s.io", "endpointslices", `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web}, addressType: IPv4, endpoints: []}`)
	w.patch(t, 12, "discovery.k8s.io", "endpointslices", "web", `{"endpoints":[{"addresses":["192.0.2.%d"]}]}`)
}

func (w *writer) nodes(t *testing.T) {
	name := "node-of-" + w.namespace
	w.create(t, "", "nodes", fmt.Sprintf(`{apiVersion: v1, kind: Node, metadata: {name: %s}}`, name))
	w.patch(t, 8, "", "nodes", name, noted)
}

func readManifest(t *testing.T, manifest string) *unstructured.Unstructured {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(manifest))
	require.NoError(t, err)
	object := &unstructured.Unstructured{}
	require.NoError(t, object.UnmarshalJSON(raw))
	return object
}
