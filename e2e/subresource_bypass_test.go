//go:build e2e && !kind

package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

const subresourceGuardrail = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: subresources}
spec:
  validators:
  - {name: denied-annotations, params: {keys: ["denied.example.com/*"]}}
  - {name: denied-labels, params: {keys: ["denied.example.com/*"]}}
  - {name: image-latest-tag}
  - {name: ingress-nginx-snippets}
  - {name: min-replicas, params: {min: 2}}
  - {name: namespace-pod-security-labels}
  - {name: node-selection}
  - {name: pod-security, params: {level: baseline}}
  - {name: service-external-ips}
`

const subresourceObjects = `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: "registry.example.com/web:1.0"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 443}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: web}
spec: {accessModes: [ReadWriteOnce], storageClassName: standard, resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "registry.example.com/web:1.0"}]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {number: 443}}}}
`

// guarded is a cluster with a Guardrail in force, and a Namespace with objects that were let in.
func guarded(t *testing.T) (server *taffrail, namespace string) {
	t.Helper()
	server = serveCluster(t, 1)[0]
	namespace = cluster(t).namespace(t, "pod-security.kubernetes.io/enforce=baseline")
	apply(t, subresourceGuardrail)
	refusedSoon(t, namespace, "image-latest-tag")
	cluster(t).kubectl(t, subresourceObjects, "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	return server, namespace
}

// tenant may do one thing in a Namespace, and nothing else. The resource may have
// its group before it: apps:deployments/scale.
func tenant(t *testing.T, namespace, verb, resource string) (name string) {
	t.Helper()
	name = strings.NewReplacer("/", "-", ":", "-").Replace("tenant-" + namespace + "-" + resource)
	group, rest, inGroup := strings.Cut(resource, ":")
	if !inGroup {
		group, rest = "", resource
	}
	kind, scope := "RoleBinding", ", namespace: "+namespace
	names := ""
	if strings.HasPrefix(rest, "namespaces/") {
		kind, scope, names = "ClusterRoleBinding", "", ", resourceNames: ["+namespace+"]"
	}
	apply(t, fmt.Sprintf(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: %[1]s}
rules: [{apiGroups: [%[2]q], resources: [%[3]q], verbs: [%[4]q]%[5]s}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: %[6]s
metadata: {name: %[1]s%[7]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %[1]s}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %[1]s}]
`, name, group, rest, verb, names, kind, scope))
	return name
}

// as is a client that asks as somebody.
func as(t *testing.T, user string, groups ...string) dynamic.Interface {
	t.Helper()
	config := rest.CopyConfig(cluster(t).config)
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	client, err := dynamic.NewForConfig(config)
	require.NoError(t, err)
	return client
}

func resourceNamed(group, resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource}
}

// An object is not to be had by its subresource where an update is refused.
// Each tenant has exactly the right that it uses.
func TestNoWayAroundByASubresource(t *testing.T) {
	parallel(t)
	_, namespace := guarded(t)
	binding := func(annotations string) *unstructured.Unstructured {
		object := &unstructured.Unstructured{}
		require.NoError(t, object.UnmarshalJSON([]byte(`{"apiVersion":"v1","kind":"Binding","metadata":{"name":"web","annotations":{`+annotations+
			`}},"target":{"kind":"Node","name":"control-plane-1"}}`)))
		return object
	}
	patch := func(group, resource, name, sub, body string) func(dynamic.Interface) error {
		return func(client dynamic.Interface) error {
			to := client.Resource(resourceNamed(group, resource)).Namespace(namespace)
			if resource == "namespaces" {
				to, name = client.Resource(resourceNamed(group, resource)), namespace
			}
			_, err := to.Patch(background, name, types.MergePatchType, []byte(body), metav1.PatchOptions{}, sub)
			return err
		}
	}
	const privileged = `{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"privileged"}}}`
	for name, test := range map[string]struct {
		verb, resource string
		try            func(dynamic.Interface) error
		want           string // of the refusal
	}{
		"the Pod Security label by namespaces/status": {
			"patch", "namespaces/status", patch("", "namespaces", "", "status", privileged), "namespace-pod-security-labels",
		},
		"the Pod Security label by namespaces/finalize": {
			"update", "namespaces/finalize", func(client dynamic.Interface) error {
				admin := as(t, "admin", "system:masters").Resource(resourceNamed("", "namespaces"))
				object, err := admin.Get(background, namespace, metav1.GetOptions{})
				require.NoError(t, err)
				object.SetLabels(map[string]string{"pod-security.kubernetes.io/enforce": "privileged"})
				_, err = client.Resource(resourceNamed("", "namespaces")).Update(background, object, metav1.UpdateOptions{}, "finalize")
				return err
			}, "namespace-pod-security-labels",
		},
		"a snippet by ingresses/status": {
			"patch", "networking.k8s.io:ingresses/status", patch("networking.k8s.io", "ingresses", "web", "status",
				`{"metadata":{"annotations":{"nginx.ingress.kubernetes.io/server-snippet":"x"}}}`), "ingress-nginx-snippets",
		},
		"an annotation by pods/status": {
			"patch", "pods/status", patch("", "pods", "web", "status", `{"metadata":{"annotations":{"denied.example.com/x":"x"}}}`), "denied-annotations",
		},
		"a label by pods/status": {
			"patch", "pods/status", patch("", "pods", "web", "status", `{"metadata":{"labels":{"denied.example.com/x":"x"}}}`), "denied-labels",
		},
		"an annotation by deployments/status": {
			"patch", "apps:deployments/status", patch("apps", "deployments", "web", "status", `{"metadata":{"annotations":{"denied.example.com/x":"x"}}}`), "denied-annotations",
		},
		"a label by persistentvolumeclaims/status": {
			"patch", "persistentvolumeclaims/status", patch("", "persistentvolumeclaims", "web", "status", `{"metadata":{"labels":{"denied.example.com/x":"x"}}}`), "denied-labels",
		},
		"a node by pods/binding": {
			"create", "pods/binding", func(client dynamic.Interface) error {
				_, err := client.Resource(resourceNamed("", "pods")).Namespace(namespace).Create(background, binding(""), metav1.CreateOptions{}, "binding")
				return err
			}, "node-selection: target.name",
		},
		"a node by bindings": {
			"create", "bindings", func(client dynamic.Interface) error {
				_, err := client.Resource(resourceNamed("", "bindings")).Namespace(namespace).Create(background, binding(""), metav1.CreateOptions{})
				return err
			}, "node-selection: target.name",
		},
		"an annotation by pods/binding": {
			"create", "pods/binding", func(client dynamic.Interface) error {
				object := binding(`"container.apparmor.security.beta.kubernetes.io/web":"unconfined"`)
				_, err := client.Resource(resourceNamed("", "pods")).Namespace(namespace).Create(background, object, metav1.CreateOptions{}, "binding")
				return err
			}, "pod-security: metadata.annotations",
		},
		"an address by services/status": {
			"patch", "services/status", patch("", "services", "web", "status", `{"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.7"}]}}}`),
			"service-external-ips: status.loadBalancer.ingress[0].ip",
		},
		"too few replicas by deployments/scale": {
			"patch", "apps:deployments/scale", patch("apps", "deployments", "web", "scale", `{"spec":{"replicas":1}}`), "min-replicas: spec.replicas",
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := as(t, tenant(t, namespace, test.verb, test.resource))
			err := allowedTo(t, client, test.try)
			require.Error(t, err)
			assert.Contains(t, err.Error(), "denied the request")
			assert.Contains(t, err.Error(), test.want)
		})
	}
	// What is no tenant's doing goes on.
	const masters = "system:masters"
	for name, test := range map[string]struct {
		user   string
		groups []string
		try    func(dynamic.Interface) error
	}{
		"MetalLB gives a Service its address": {
			"system:serviceaccount:metallb-system:controller",
			[]string{"system:serviceaccounts:metallb-system"},
			patch("", "services", "web", "status", `{"status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.7"}]}}}`),
		},
		"whoever writes another part of the status leaves it there": {
			"somebody", nil,
			patch("", "services", "web", "status", `{"status":{"conditions":[{"type":"example.com/ok","status":"True","reason":"Ok","message":"","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`),
		},
		"an ingress controller tells its address": {
			"system:serviceaccount:ingress-nginx:ingress-nginx",
			[]string{"system:serviceaccounts:ingress-nginx"},
			patch("networking.k8s.io", "ingresses", "web", "status", `{"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.7"}]}}}`),
		},
		"a network annotates a Pod": {
			"system:serviceaccount:calico-system:calico-node",
			[]string{"system:serviceaccounts:calico-system"},
			patch("", "pods", "web", "status", `{"metadata":{"annotations":{"cni.projectcalico.org/podIP":"10.0.0.1/32"}}}`),
		},
		"an autoscaler scales": {
			"system:serviceaccount:kube-system:horizontal-pod-autoscaler",
			[]string{"system:serviceaccounts:kube-system"},
			patch("apps", "deployments", "web", "scale", `{"spec":{"replicas":5}}`),
		},
		"a second scheduler binds a Pod": {
			"system:serviceaccount:volcano-system:volcano-scheduler",
			[]string{"system:serviceaccounts:volcano-system"},
			func(client dynamic.Interface) error {
				_, err := client.Resource(resourceNamed("", "pods")).Namespace(namespace).Create(background, binding(`"example.com/queue":"a"`), metav1.CreateOptions{}, "binding")
				return err
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, test.try(as(t, test.user, append(test.groups, masters)...)))
		})
	}
}

// allowedTo tries until the API server knows that it is allowed.
func allowedTo(t *testing.T, client dynamic.Interface, try func(dynamic.Interface) error) (err error) {
	t.Helper()
	require.Eventually(t, func() bool {
		err = try(client)
		return err == nil || !strings.Contains(err.Error(), "cannot ")
	}, soon, interval)
	return err
}

// The status of Pods is the most written object of a cluster.
func TestStatusWritesCostNoCallUnlessTheyChangeMetadata(t *testing.T) {
	parallel(t)
	server, namespace := guarded(t)
	client := as(t, "system:serviceaccount:tools:writer", "system:masters")
	const writes = 50
	for _, test := range []struct {
		name, group, resource, body string
		calls                       int
	}{
		{"the status of a Pod", "", "pods", `{"status":{"message":"%d"}}`, 0},
		{"an annotation by the status of a Pod", "", "pods", `{"metadata":{"annotations":{"example.com/n":"%d"}}}`, writes},
		{"a label by the status of a Pod", "", "pods", `{"metadata":{"labels":{"n":"%d"}}}`, writes},
		{"the status of a Service", "", "services", `{"status":{"conditions":[{"type":"example.com/n","status":"True","reason":"N","message":"%d","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`, 0},
		{"the address of a Service", "", "services", `{"status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.%d"}]}}}`, writes},
		{"the status of a Deployment", "apps", "deployments", `{"status":{"observedGeneration":%d}}`, 0},
		{"the status of an Ingress", "networking.k8s.io", "ingresses", `{"status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.%d"}]}}}`, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := server.reviews(t)
			resource := client.Resource(resourceNamed(test.group, test.resource)).Namespace(namespace)
			for n := range writes {
				_, err := resource.Patch(background, "web", types.MergePatchType, fmt.Appendf(nil, test.body, n+1), metav1.PatchOptions{}, "status")
				if err != nil { // an address that is not this user's to give
					require.Contains(t, err.Error(), "service-external-ips")
				}
			}
			calls := server.reviews(t) - before
			t.Logf("%d writes of %s: %d calls", writes, test.name, calls)
			// An API server whose cache is a write behind asks once more.
			assert.GreaterOrEqual(t, calls, test.calls)
			assert.LessOrEqual(t, calls, test.calls+test.calls/5)
		})
	}
	t.Run("as much metadata as there can be", func(t *testing.T) {
		pods := client.Resource(resourceNamed("", "pods")).Namespace(namespace)
		large := fmt.Sprintf(`{"metadata":{"annotations":{"example.com/large":%q}}}`, strings.Repeat("x", 255<<10))
		_, err := pods.Patch(background, "web", types.MergePatchType, []byte(large), metav1.PatchOptions{})
		require.NoError(t, err)
		before := server.reviews(t)
		_, err = pods.Patch(background, "web", types.MergePatchType, []byte(`{"status":{"message":"large"}}`), metav1.PatchOptions{}, "status")
		require.NoError(t, err, "the condition costs too much")
		assert.Equal(t, before, server.reviews(t))
	})
}

// reviews counts all that the server has answered.
func (s *taffrail) reviews(t *testing.T) (n int) {
	t.Helper()
	response, err := http.Get(s.metricsURL)
	require.NoError(t, err)
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if line := lines.Text(); strings.HasPrefix(line, "taffrail_admission_requests_total{") {
			count, err := strconv.ParseFloat(line[strings.LastIndex(line, " ")+1:], 64)
			require.NoError(t, err)
			n += int(count)
		}
	}
	return n
}
