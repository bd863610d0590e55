package sets

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
)

// of is a set of objects in YAML.
func of(t *testing.T, needs Needs, documents ...string) *Set {
	t.Helper()
	all := New()
	for i, document := range documents {
		raw, err := yaml.YAMLToJSON([]byte(document))
		require.NoError(t, err)
		var meta metav1.PartialObjectMetadata
		require.NoError(t, json.Unmarshal(raw, &meta))
		resource, namespaced := workload.ResourceFor(meta.GroupVersionKind())
		request := &admissionv1.AdmissionRequest{
			Operation: admissionv1.Create, Name: meta.Name, Kind: metav1.GroupVersionKind(meta.GroupVersionKind()),
			Resource: metav1.GroupVersionResource(resource), Object: runtime.RawExtension{Raw: raw},
		}
		if namespaced {
			request.Namespace = cmp.Or(meta.Namespace, "shop")
		}
		review, err := workload.NewReview(request)
		require.NoError(t, err)
		all.Add(Of(review, raw, At{Object: int32(i)}, needs)...) //nolint:gosec // a handful
	}
	return all
}

// statefulSet and deployment have Pods with the label app.
func statefulSet(name string) string { return workloadOf("StatefulSet", name) }

func deployment(name string) string { return workloadOf("Deployment", name) }

func workloadOf(kind, name string) string {
	return fmt.Sprintf("{apiVersion: apps/v1, kind: %s, metadata: {name: %s}, spec: {selector: {matchLabels: {app: %s}}, "+
		"template: {metadata: {labels: {app: %s, tier: back}}, spec: {containers: [{name: a, image: a}]}}}}", kind, name, name, name)
}

// A selector selects what it selects for apimachinery, whichever way it is looked up.
func TestASelectorSelectsPods(t *testing.T) {
	n := of(t, All, deployment("web"), deployment("worker"), statefulSet("db"),
		"{apiVersion: v1, kind: Pod, metadata: {name: bare, labels: {app: web}}, spec: {containers: [{name: a, image: a}]}}").Namespace("shop")
	for selector, want := range map[string][]string{
		"app=web":                      {"bare", "web"},
		"app=web,tier=back":            {"web"},
		"app in (web,db)":              {"bare", "db", "web"},
		"app in (web,db),tier":         {"db", "web"},
		"app notin (web)":              {"db", "worker"},
		"app!=web,tier=back":           {"db", "worker"},
		"tier":                         {"db", "web", "worker"},
		"!tier":                        {"bare"},
		"":                             {"bare", "db", "web", "worker"},
		"app=other":                    nil,
		"pod-template-hash":            {"web", "worker"},
		"pod-template-hash=5d59d67564": {"web", "worker"},
		"app=web,pod-template-hash":    {"web"},
		"!pod-template-hash":           {"bare", "db"},
		"statefulset.kubernetes.io/pod-name=db-0":  {"db"},
		"statefulset.kubernetes.io/pod-name=db-a":  nil,
		"statefulset.kubernetes.io/pod-name=web-0": nil,
	} {
		parsed, err := labels.Parse(selector)
		require.NoError(t, err)
		var names []string
		for w := range n.Selected(parsed) {
			names = append(names, w.Name)
		}
		slices.Sort(names)
		assert.Equal(t, want, names, selector)
		assert.Equal(t, len(want) > 0, n.Selects(parsed), selector)
	}
}

func TestASelectorIsThatOfApimachinery(t *testing.T) {
	var none *Selector
	assert.False(t, none.Empty())
	assert.False(t, none.Parse().Matches(labels.Set{"app": "web"}), "a selector that is not there selects nothing")
	empty := selectorOf(&metav1.LabelSelector{})
	assert.True(t, empty.Empty())
	assert.True(t, empty.Parse().Matches(labels.Set{}), "and an empty one everything")
	s := selectorOf(&metav1.LabelSelector{
		MatchLabels:      map[string]string{"tier": "back", "app": "web"},
		MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "track", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"canary"}}},
	})
	assert.Equal(t, "app=web,tier=back,track notin (canary)", s.String())
	assert.Equal(t, "app=web,tier=back", s.Labels().String())
	assert.Nil(t, selectorOf(&metav1.LabelSelector{MatchLabels: map[string]string{"a b": "c"}}).Parse(), "the API server refuses it")
}

// Nothing is kept that nobody asks for.
func TestFactsAreOfWhatIsNeeded(t *testing.T) {
	documents := []string{
		deployment("web"), "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}}}",
		"{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}",
	}
	n := of(t, Services, documents...).Namespace("shop")
	assert.Len(t, n.Services, 1)
	assert.Empty(t, n.Workloads)
	assert.Empty(t, n.Named)
	assert.Empty(t, of(t, 0, documents...).Namespace("shop").Services)
	n = of(t, Workloads|ConfigMaps, documents...).Namespace("shop")
	assert.Len(t, n.Workloads, 1)
	assert.Empty(t, n.Services)
	assert.Len(t, n.Named, 1)
}

func TestWhatIsThere(t *testing.T) {
	all := of(t, All, "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}", "{apiVersion: v1, kind: ConfigMap, metadata: {name: web, namespace: bank}}",
		"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {template: {spec: {containers: [{name: a, image: a}]}}, volumeClaimTemplates: [{metadata: {name: data}}]}}",
		"{apiVersion: trust.cert-manager.io/v1alpha1, kind: Bundle, metadata: {name: ca}}")
	all.Add(OfKustomization([]byte(`{"configMapGenerator":[{"name":"generated"}],"secretGenerator":[{"name":"token"}]}`), At{}, All)...)
	for _, test := range []struct {
		kind, namespace, name string
		there                 bool
	}{
		{ConfigMap, "shop", "web", true},
		{ConfigMap, "bank", "web", true},
		{ConfigMap, "elsewhere", "web", false},
		{Secret, "shop", "web", false},
		{ConfigMap, "shop", "ca", true},
		{ConfigMap, "shop", "generated", true},
		{Secret, "shop", "token", true},
		{Claim, "shop", "data-db-0", true},
		{Claim, "shop", "data-db-17", true},
		{Claim, "shop", "data-db", false},
		{Claim, "shop", "data-db-x", false},
		{Claim, "bank", "data-db-0", false},
		{"Service", "default", "kubernetes", true},
	} {
		assert.Equal(t, test.there, all.Has(test.kind, test.namespace, test.name), "%s %s/%s", test.kind, test.namespace, test.name)
	}
	assert.Empty(t, OfKustomization([]byte(`[]`), At{}, All), "which is none")
}

// Of a namespace in which another system may make workloads nobody knows what is not there.
func TestANamespaceIsKnownByItsWorkloads(t *testing.T) {
	for document, known := range map[string]bool{
		"{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: a}, spec: {}}":              true,
		"{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a}, spec: {}}":               true,
		"{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: a}, spec: {}}":                       true,
		"{apiVersion: v1, kind: LimitRange, metadata: {name: a}, spec: {}}":                                        true,
		"{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: a}, spec: {template: {spec: {}}}}":     true,
		"{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, metadata: {name: a}, spec: {}}":                  false,
		"{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: a}, spec: {}}":                false,
		"{apiVersion: kafka.strimzi.io/v1beta2, kind: Kafka, metadata: {name: a}, spec: {}}":                       false,
		"{apiVersion: kafka.strimzi.io/v1beta2, kind: Kafka, metadata: {name: a, namespace: elsewhere}, spec: {}}": true,
	} {
		assert.Equal(t, known, of(t, All, deployment("web"), document).Namespace("shop").Known(), document)
	}
	assert.False(t, of(t, All, "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}").Namespace("shop").Known(), "there is no workload")
}

func TestAutoscalersAreThoseOfTheTarget(t *testing.T) {
	hpa := "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {scaleTargetRef: {apiVersion: %s, kind: %s, name: web}, minReplicas: 3}}"
	scaled := "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: b}, spec: {scaleTargetRef: {name: web}, minReplicaCount: 2}}"
	all := of(t, All, deployment("web"), statefulSet("web"), fmt.Sprintf(hpa, "extensions/v1beta1", "Deployment"), fmt.Sprintf(hpa, "example.com/v1", "Deployment"), scaled)
	workloads := all.Namespace("shop").Workloads
	var fewest []int32
	for _, a := range all.Scaling(workloads[0]) {
		fewest = append(fewest, a.Min)
	}
	assert.ElementsMatch(t, []int32{2, 3}, fewest)
	assert.Empty(t, all.Scaling(workloads[1]))
}

func TestReplicasAreWrittenOrDefault(t *testing.T) {
	for document, want := range map[string]struct {
		replicas int32
		written  bool
	}{
		"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 3}}":                                 {3, true},
		"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: null}}":                              {1, false},
		"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {}}":                                           {1, false},
		"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a}, spec: {}}":                                             {Uncounted, false},
		"{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: a}, spec: {replicas: 2, template: {spec: {}}}}": {2, true},
		"{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: a}, spec: {template: {spec: {}}}}":              {1, false},
		"{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: a}, spec: {template: {spec: {}}}}":            {Uncounted, false},
	} {
		w := of(t, All, document).Namespace("shop").Workloads[0]
		assert.Equal(t, want.replicas, w.Replicas, document)
		assert.Equal(t, want.written, w.WritesReplicas, document)
	}
}
