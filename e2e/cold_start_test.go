//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// write is what somebody sends: a verb of kubectl's, and its manifest.
type write struct {
	name, as string
	groups   []string // besides system:masters, by which everybody here may do everything
	args     []string
	manifest string
}

var (
	kubelet      = []string{"system:nodes"}
	bootstrapper = []string{"system:bootstrappers"}
	controllers  = []string{"system:serviceaccounts", "system:serviceaccounts:kube-system"}
)

func controller(name string) string { return "system:serviceaccount:kube-system:" + name }

// toldOfDevices tells whether the API server serves resource.k8s.io/v1, as it does from 1.34 on.
func toldOfDevices(t *testing.T) bool {
	t.Helper()
	return !cluster(t).before(34)
}

// coldStart is what must be written for a cluster to come up, in NAMESPACE where it is a tenant's.
func coldStart(t *testing.T) []write {
	create := func(name, as string, groups []string, manifest string) write {
		return write{name, as, groups, []string{"create", "-f", "-"}, manifest}
	}
	patch := func(name, as string, groups []string, body string, args ...string) write {
		return write{name, as, groups, append([]string{"patch", "--type=merge", "-p", body}, args...), ""}
	}
	sign := signingRequest(t)
	csr := `{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: cold-start},
		spec: {signerName: e2e.taffrail.dev/kubelet, usages: [client auth], request: ` + sign + `}}`
	pod := func(namespace string) string {
		return `{apiVersion: v1, kind: Pod, metadata: {name: cold-start, namespace: ` + namespace + `}, spec: {containers: [{name: web, image: web}]}}`
	}
	return []write{
		create("a kubelet asks for a certificate before it is a node", "system:bootstrap:abcdef", bootstrapper, csr),
		{"its request is approved", controller("certificate-controller"), controllers, []string{"certificate", "approve", "cold-start"}, ""},
		patch("its certificate is signed", controller("certificate-controller"), controllers,
			`{"status":{"conditions":[{"type":"Approved","status":"True","reason":"KubectlApprove","message":"This CSR was approved by kubectl certificate approve."},{"type":"Failed","status":"True","reason":"Probe","message":"no signer here"}]}}`,
			"csr/cold-start", "--subresource=approval"),
		create("a node registers", "system:node:cold-start", kubelet, `{apiVersion: v1, kind: Node, metadata: {name: cold-start}}`),
		create("a cloud registers a node", "system:cloud-controller-manager", nil, `{apiVersion: v1, kind: Node, metadata: {name: cold-start-2}}`),
		patch("a node is ready", "system:node:cold-start", kubelet, `{"status":{"phase":"Running"}}`, "node/cold-start", "--subresource=status"),
		patch("the node controller taints a node", controller("node-controller"), controllers, `{"spec":{"unschedulable":true}}`, "node/cold-start"),
		patch("an administrator uncordons it", "admin", nil, `{"spec":{"unschedulable":null}}`, "node/cold-start"),
		create("a node is alive", "system:node:cold-start", kubelet, `{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: cold-start, namespace: kube-node-lease}}`),
		create("a leader is elected anywhere", "system:serviceaccount:NAMESPACE:operator", nil, `{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: cold-start, namespace: NAMESPACE}}`),
		create("a driver tells of its node", "system:serviceaccount:csi:driver", nil, `{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: cold-start}, spec: {drivers: []}}`),
		create("a driver tells what it can", "system:serviceaccount:csi:driver", nil, `{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: cold-start.example.com}}`),
		create("a driver tells what space there is", "system:serviceaccount:csi:driver", nil, `{apiVersion: storage.k8s.io/v1, kind: CSIStorageCapacity, metadata: {name: cold-start, namespace: NAMESPACE}, storageClassName: standard}`),
		create("a volume is attached", controller("attachdetach-controller"), controllers, `{apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, metadata: {name: cold-start},
			spec: {attacher: csi.example.com, nodeName: cold-start, source: {persistentVolumeName: data}}}`),
		patch("a driver has attached it", "system:serviceaccount:csi:attacher", nil, `{"status":{"attached":true}}`, "volumeattachment/cold-start", "--subresource=status"),
		create("devices are told of", "system:serviceaccount:gpu:driver", nil, `{apiVersion: resource.k8s.io/v1, kind: ResourceSlice, metadata: {name: cold-start},
			spec: {driver: gpu.example.com, nodeName: cold-start, pool: {name: cold-start, generation: 1, resourceSliceCount: 1}}}`),
		{"a Pod gets its token", controller("token-controller"), controllers, []string{"create", "token", "cold-start", "-n", "NAMESPACE"}, ""},
		create("a priority class is there", "admin", nil, `{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: cold-start}, value: 1}`),
		create("flow control is set", "admin", nil, `{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: FlowSchema, metadata: {name: cold-start},
			spec: {priorityLevelConfiguration: {name: catch-all}, matchingPrecedence: 9999}}`),
		patch("an API service is told of", "admin", nil, `{"metadata":{"labels":{"e2e":"cold-start"}}}`, "apiservice/v1.apps"),
		create("a token is reviewed", "system:serviceaccount:metrics:server", nil, `{apiVersion: authentication.k8s.io/v1, kind: TokenReview, spec: {token: x}}`),
		create("access is reviewed", "system:serviceaccount:metrics:server", nil, `{apiVersion: authorization.k8s.io/v1, kind: SubjectAccessReview, spec: {user: x, nonResourceAttributes: {path: /, verb: get}}}`),
		create("access in a Namespace is reviewed", "somebody", nil, `{apiVersion: authorization.k8s.io/v1, kind: LocalSubjectAccessReview, metadata: {namespace: NAMESPACE},
			spec: {user: x, resourceAttributes: {namespace: NAMESPACE, verb: get, resource: pods}}}`),
		create("somebody asks what they may do", "somebody", nil, `{apiVersion: authorization.k8s.io/v1, kind: SelfSubjectAccessReview, spec: {nonResourceAttributes: {path: /, verb: get}}}`),
		create("a Service leads to its Pods", controller("endpointslice-controller"), controllers, `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice,
			metadata: {name: cold-start, namespace: NAMESPACE}, addressType: IPv4, endpoints: []}`),
		create("a Service leads to them in the old way", controller("endpoint-controller"), controllers, `{apiVersion: v1, kind: Endpoints, metadata: {name: cold-start, namespace: NAMESPACE}}`),
		create("an event is told", controller("node-controller"), controllers, `{apiVersion: v1, kind: Event, metadata: {name: cold-start, namespace: NAMESPACE}, involvedObject: {kind: Pod, namespace: NAMESPACE}}`),
		create("an event is told in the new way", "system:serviceaccount:NAMESPACE:operator", nil, `{apiVersion: events.k8s.io/v1, kind: Event, metadata: {name: cold-start-2, namespace: NAMESPACE},
			regarding: {kind: Pod, namespace: NAMESPACE}, eventTime: "2026-01-01T00:00:00.000000Z", reportingController: e2e/x, reportingInstance: x, action: X, reason: X, type: Normal}`),
		create("a Pod of the control plane", controller("daemon-set-controller"), controllers, pod("kube-system")),
		create("a mirror Pod", "system:node:cold-start", kubelet, strings.ReplaceAll(pod("kube-system"), "name: cold-start,", "name: mirror,")),
		create("a Pod of Taffrail", controller("replicaset-controller"), controllers, pod("taffrail-system")),
		{"the Deployment of Taffrail", "admin", nil, []string{"apply", "-f", "../deploy/base/deployment.yaml"}, ""},
		{"the Namespace of Taffrail", "admin", nil, []string{"apply", "-f", "../deploy/base/namespace.yaml"}, ""},
		{"the rights of Taffrail", "admin", nil, []string{"apply", "-f", "../deploy/base/rbac.yaml", "-f", "../deploy/base/rbac-guardrails.yaml", "-f", "../deploy/base/rbac-webhooks.yaml"}, ""},
		patch("the definitions of Taffrail", "admin", nil, `{"metadata":{"labels":{"e2e":"cold-start"}}}`, "crd/guardrails.taffrail.dev"),
		patch("the status of a Pod whose node is lost", controller("node-controller"), controllers, `{"status":{"message":"lost"}}`, "pod/web", "-n", "NAMESPACE", "--subresource=status"),
		patch("the network notes the address of a Pod", controller("calico-node"), controllers, `{"metadata":{"annotations":{"cni.projectcalico.org/podIP":"10.0.0.1/32"}}}`, "pod/web", "-n", "NAMESPACE", "--subresource=status"),
		patch("the status of a Deployment", controller("deployment-controller"), controllers, `{"status":{"observedGeneration":1}}`, "deployment/web", "-n", "NAMESPACE", "--subresource=status"),
		patch("the status of somebody's Ingress", "system:serviceaccount:ingress-nginx:ingress-nginx", nil, `{"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.7"}]}}}`, "ingress/web", "-n", "NAMESPACE", "--subresource=status"),
		patch("a cloud gives a Service its address", "system:cloud-controller-manager", nil, `{"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.7"}]}}}`, "service/web", "-n", "NAMESPACE", "--subresource=status"),
		{"the Pod of a lost node is deleted", controller("pod-garbage-collector"), controllers, []string{"delete", "pod/web", "-n", "NAMESPACE", "--wait=false"}, ""},
		patch("a Guardrail is changed", "admin", nil, `{"spec":{"rules":null,"validators":[{"name":"image-latest-tag"}]}}`, "guardrail/widest"),
		{"an Exemption is made", "admin", nil, []string{"create", "-f", "-"}, `{apiVersion: taffrail.dev/v1alpha1, kind: Exemption, metadata: {name: cold-start, namespace: NAMESPACE},
			spec: {validators: [image-latest-tag], reason: a test, owner: e2e, expires: "2999-01-01"}}`},
		{"a Guardrail is deleted", "admin", nil, []string{"delete", "guardrail/widest"}, ""},
	}
}

// refusedInAnOutage fails closed.
func refusedInAnOutage() []write {
	return []write{
		{"an ordinary Deployment", "admin", nil, []string{"create", "deployment", "other", "--image=registry.example.com/web:1.0", "-n", "NAMESPACE"}, ""},
		{"a Pod, by a controller", controller("replicaset-controller"), controllers, []string{"run", "other", "--image=registry.example.com/web:1.0", "-n", "NAMESPACE"}, ""},
		{"a ConfigMap", "somebody", nil, []string{"create", "configmap", "other", "-n", "NAMESPACE"}, ""},
		{"a Namespace", "somebody", nil, []string{"create", "namespace", "cold-start-other"}, ""},
		{"a ClusterRole called almost like ours", "somebody", nil, []string{"create", "clusterrole", "taffrail-2", "--verb=get", "--resource=pods"}, ""},
		{"somebody deletes a Pod", "somebody", nil, []string{"delete", "pod/web", "-n", "NAMESPACE"}, ""},
		{"a label by a status", "somebody", nil, []string{"patch", "pod/web", "-n", "NAMESPACE", "--subresource=status", "--type=merge", "-p", `{"metadata":{"labels":{"a":"b"}}}`}, ""},
		{"an address by a status", "somebody", nil, []string{"patch", "service/web", "-n", "NAMESPACE", "--subresource=status", "--type=merge", "-p", `{"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.9"}]}}}`}, ""},
		{"a scaling", "somebody", nil, []string{"scale", "deployment/web", "--replicas=1", "-n", "NAMESPACE"}, ""},
	}
}

// send sends a write to a Namespace.
func (w write) send(t *testing.T, namespace string) result {
	t.Helper()
	in := strings.NewReplacer("NAMESPACE", namespace)
	args := []string{"--as=" + in.Replace(w.as), "--as-group=system:masters", "--as-group=system:authenticated"}
	for _, group := range w.groups {
		args = append(args, "--as-group="+group)
	}
	for _, arg := range w.args {
		args = append(args, in.Replace(arg))
	}
	return cluster(t).kubectl(t, in.Replace(w.manifest), args...)
}

// With every replica gone and a rule for everything in force, the whole
// catalogue besides, a cluster comes up, and the way out is open.
func TestAClusterStartsColdUnderTheWidestGuardrail(t *testing.T) {
	parallel(t)
	server, namespace := guarded(t)
	cluster(t).kubectl(t, "", "create", "serviceaccount", "cold-start", "-n", namespace).mustSucceed(t)
	cluster(t).kubectl(t, wholeCatalogue(t)+"\n---\n"+widest, "apply", "-f", "-").mustSucceed(t)
	require.Eventually(t, func() bool {
		return strings.Contains(cluster(t).kubectl(t, "", "get", validating, "taffrail", "-o", "yaml").stdout, "- '*/*'")
	}, 6*soon, interval, "the leader has not written the rule for everything")
	server.kill(t)
	require.Eventually(t, func() bool {
		r := cluster(t).kubectl(t, "", "create", "configmap", "probe", "--dry-run=server", "-n", namespace)
		return strings.Contains(r.stderr, `failed calling webhook "validate.taffrail.dev"`)
	}, 3*soon, interval)

	for _, w := range refusedInAnOutage() {
		t.Run("refused: "+w.name, func(t *testing.T) {
			w.send(t, namespace).mustFail(t, `failed calling webhook "validate.taffrail.dev"`)
		})
	}
	for _, w := range coldStart(t) {
		if w.name == "devices are told of" && !toldOfDevices(t) {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			w.send(t, namespace).mustSucceed(t)
		})
	}
}
