//go:build e2e && kind

package e2e

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// With every replica gone, the validating webhook refuses: that is its
// failurePolicy. What the cluster itself needs to come up is not asked about.
func TestAClusterComesUpWithEveryReplicaGone(t *testing.T) {
	installed(t, "--exclude-namespaces", "own-cni")
	// A CNI plugin of its own namespace, which breaks every rule, as they do.
	cluster(t).kubectl(t, strings.ReplaceAll(fixture(t, "own-cni.yaml"), "IMAGE", image(t)), "apply", "-f", "-").mustSucceed(t)
	t.Cleanup(func() { cluster(t).kubectl(t, "", "delete", "namespace", "own-cni", "--wait=false").mustSucceed(t) })
	cluster(t).kubectl(t, "", "rollout", "status", "-n", "own-cni", "daemonset/agent", "--timeout=2m").mustSucceed(t)
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, workload(t), "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	cluster(t).kubectl(t, "", "rollout", "status", "-n", namespace, "deployment/web", "--timeout=2m").mustSucceed(t)

	// A rule for everything, with the whole catalogue: nothing fails closed more widely.
	everything := wholeCatalogue(t) + "\n---\n" + widest
	cluster(t).kubectl(t, everything, "apply", "-f", "-").mustSucceed(t)
	t.Cleanup(func() { cluster(t).kubectl(t, everything, "delete", "--ignore-not-found", "-f", "-").mustSucceed(t) })
	eventually(t, "the rule for everything is in force", func() bool {
		return strings.Contains(cluster(t).kubectl(t, "", "get", validating, "taffrail", "-o", "yaml").stdout, "- '*/*'")
	})

	cluster(t).kubectl(t, "", "scale", "deployment/taffrail", "-n", "taffrail-system", "--replicas=0").mustSucceed(t)
	eventually(t, "no replica answers, and Pods are refused for it", func() bool {
		r := cluster(t).kubectl(t, "", "run", "web", "--image=registry.example.com/web:1.0", "--dry-run=server", "-n", namespace)
		return strings.Contains(r.stderr, `failed calling webhook "validate.taffrail.dev"`)
	})

	t.Run("the CNI comes back", func(t *testing.T) {
		comesBack(t, "own-cni", "app=agent")
	})
	t.Run("DNS comes back", func(t *testing.T) {
		comesBack(t, "kube-system", "k8s-app=kube-dns")
	})
	t.Run("a mirror Pod comes back", func(t *testing.T) {
		comesBack(t, "kube-system", "component=kube-scheduler")
	})
	t.Run("a node is registered again", func(t *testing.T) {
		// The kubelet makes its Node anew when it starts.
		worker := node(t, workers(t)[0])
		cluster(t).kubectl(t, "", "delete", "node", worker.Name).mustSucceed(t)
		inNode(t, worker, "systemctl", "restart", "kubelet")
		nodeReady(t, worker.Name)
	})
	t.Run("a Guardrail can be changed and deleted", func(t *testing.T) {
		cluster(t).kubectl(t, "", "annotate", "guardrail/widest", "e2e=mended").mustSucceed(t)
		cluster(t).kubectl(t, "", "delete", "guardrail/widest").mustSucceed(t)
		cluster(t).kubectl(t, widest, "apply", "-f", "-").mustSucceed(t)
	})
	t.Run("the whole cluster starts from cold", func(t *testing.T) {
		// Its Pods are wanted, and none of them is there.
		cluster(t).kubectl(t, "", "scale", "deployment/taffrail", "-n", "taffrail-system", "--replicas=2").mustSucceed(t)
		for _, pod := range replicas(t) {
			cluster(t).kubectl(t, "", "delete", "pod", "-n", "taffrail-system", pod.Name, "--force", "--grace-period=0").mustSucceed(t)
		}
		restartNodes(t)
		ready(t)
		cluster(t).kubectl(t, "", "rollout", "status", "-n", namespace, "deployment/web", "--timeout=2m").mustSucceed(t)
	})
	assert.Empty(t, cluster(t).kubectl(t, "", "get", "pods", "-A", "--field-selector=status.phase=Pending", "-o", "name").stdout)
}

// comesBack deletes the Pods of a label, and waits for as many others.
func comesBack(t *testing.T, namespace, label string) {
	t.Helper()
	uids := func() (all, ready []string) {
		r := cluster(t).kubectl(t, "", "get", "pods", "-n", namespace, "-l", label, "-o", "json").mustSucceed(t)
		var list corev1.PodList
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &list))
		for _, pod := range list.Items {
			all = append(all, string(pod.UID))
			if slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
				return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
			}) {
				ready = append(ready, string(pod.UID))
			}
		}
		return all, ready
	}
	before, _ := uids()
	require.NotEmpty(t, before)
	cluster(t).kubectl(t, "", "delete", "pods", "-n", namespace, "-l", label, "--wait=false").mustSucceed(t)
	eventually(t, label+" comes back", func() bool {
		_, now := uids()
		return len(now) == len(before) && !slices.ContainsFunc(now, func(uid string) bool { return slices.Contains(before, uid) })
	})
}

// workers are the names of the nodes that are no control plane.
func workers(t *testing.T) []string {
	t.Helper()
	r := cluster(t).kubectl(t, "", "get", "nodes", "-l", "!node-role.kubernetes.io/control-plane", "-o", "name").mustSucceed(t)
	names := strings.Fields(strings.ReplaceAll(r.stdout, "node/", ""))
	require.NotEmpty(t, names)
	return names
}

func nodeReady(t *testing.T, name string) {
	t.Helper()
	eventually(t, "node "+name+" is ready", func() bool {
		return cluster(t).kubectl(t, "", "wait", "--for=condition=Ready", "node/"+name, "--timeout=1s").exitCode == 0
	})
}

// restartNodes stops the machines of the cluster and starts them, in the order
// of their names: their addresses go by that.
func restartNodes(t *testing.T) {
	t.Helper()
	nodes := get[corev1.NodeList](t, "", "nodes").Items
	for i := range nodes {
		engine(t, &nodes[i], "stop", nodes[i].Name)
	}
	for i := range nodes {
		engine(t, &nodes[i], "start", nodes[i].Name)
	}
	for _, n := range nodes {
		nodeReady(t, n.Name)
	}
}

func node(t *testing.T, name string) *corev1.Node {
	t.Helper()
	n := get[corev1.Node](t, "", "node/"+name)
	return &n
}

// inNode runs a command on a node.
func inNode(t *testing.T, n *corev1.Node, command ...string) string {
	t.Helper()
	return engine(t, n, append([]string{"exec", n.Name}, command...)...)
}

// engine runs the container engine that a node of kind is a container of.
func engine(t *testing.T, n *corev1.Node, args ...string) string {
	t.Helper()
	provider, isKind := strings.CutPrefix(n.Spec.ProviderID, "kind://") // kind://docker/CLUSTER/NODE
	require.True(t, isKind, "the test touches nodes, so they must be kind's; this one is %q", n.Spec.ProviderID)
	name, _, _ := strings.Cut(provider, "/")
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(args, " "), out)
	return string(out)
}
