package guardrail

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
)

// TestWhatAnUpdateMayDo: it may keep what was there before the rule, and take away
// from it. It may not widen it.
func TestWhatAnUpdateMayDo(t *testing.T) {
	pod := func(spec string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: " + spec + "}}"
	}
	container := func(rest string) string { return pod("{containers: [{name: web, image: 'web:1', " + rest + "}]}") }
	capabilities := func(add string) string { return container("securityContext: {capabilities: {add: " + add + "}}") }
	replicas := func(n int) string {
		return fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: %d}", n)
	}
	hpa := func(fewest, most int) string {
		return fmt.Sprintf("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {minReplicas: %d, maxReplicas: %d}", fewest, most)
	}
	policy := func(selector, rules string) string {
		return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web}\nspec: {podSelector: " + selector + ", ingress: " + rules + "}"
	}
	ingress := func(rules ...string) string {
		return "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {rules: [" + strings.Join(rules, ", ") + "]}"
	}
	rule := func(host string, paths ...string) string {
		for i, p := range paths {
			paths[i] = "{path: " + p + ", pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}"
		}
		return "{host: '" + host + "', http: {paths: [" + strings.Join(paths, ", ") + "]}}"
	}
	service := func(spec string) string { return "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: " + spec }
	role := func(rules ...string) string {
		return "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: web}\nrules: [" + strings.Join(rules, ", ") + "]"
	}
	grant := func(resources, verbs, names string) string {
		return "{apiGroups: [''], resources: " + resources + ", verbs: " + verbs + ", resourceNames: " + names + "}"
	}
	binding := func(subjects ...string) string {
		return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: web}\n" +
			"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects: [" + strings.Join(subjects, ", ") + "]"
	}
	budget := func(spec string) string {
		return "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: " + spec
	}
	config := func(data string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: " + data
	}
	const jane, joe = "{kind: User, name: jane}", "{kind: User, name: joe}"
	const everybody, anybody4, anybody6 = "{}", "{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}", "{from: [{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: '::/0'}}]}"
	const innocentRule = "{from: [{podSelector: {}}], ports: [{port: 80}]}"

	for _, test := range []struct {
		name, check, old, object string
		worse                    bool
	}{
		{"8 replicas to 7 where 5 are allowed", `min-replicas, params: {max: 5}`, replicas(8), replicas(7), false},
		{"6 replicas to 6,000,000", `min-replicas, params: {max: 5}`, replicas(6), replicas(6_000_000), true},
		{"too many replicas to too few", `min-replicas, params: {max: 5}`, replicas(6), replicas(1), true},
		{"3 replicas to 4 where 5 are needed", `min-replicas, params: {min: 5}`, replicas(3), replicas(4), false},
		{"4 replicas to 3 where 5 are needed", `min-replicas, params: {min: 5}`, replicas(4), replicas(3), true},
		{"replicas that are not spread", `topology-spread`, replicas(6), replicas(6_000_000), true},
		{"fewer replicas that are not spread", `topology-spread`, replicas(6), replicas(5), false},
		{"a range of autoscaling that gets lower", `hpa-bounds, params: {max: 10}`, hpa(2, 100), hpa(2, 50), false},
		{"a range of autoscaling that gets higher", `hpa-bounds, params: {max: 10}`, hpa(2, 100), hpa(2, 1000), true},
		{"one bound of autoscaling mended", `hpa-bounds, params: {max: 10}`, hpa(1, 100), hpa(2, 100), false},
		{"a grace period of 900 s to 600 s", `termination-grace-period`, pod("{terminationGracePeriodSeconds: 900}"), pod("{terminationGracePeriodSeconds: 600}"), false},
		{"a grace period of 900 s to 9,000 s", `termination-grace-period`, pod("{terminationGracePeriodSeconds: 900}"), pod("{terminationGracePeriodSeconds: 9000}"), true},
		{"memory that shrinks", `resource-bounds, params: {max: {memory: 1Gi}}`, container("resources: {limits: {memory: 8Gi}, requests: {memory: 8Gi}}"), container("resources: {limits: {memory: 4Gi}, requests: {memory: 2Gi}}"), false},
		{"memory that grows", `resource-bounds, params: {max: {memory: 1Gi}}`, container("resources: {limits: {memory: 2Gi}}"), container("resources: {limits: {memory: 8192Mi}}"), true},
		{"a limit of storage that is taken away", `ephemeral-storage-limit, params: {max: 1Gi}`, container("resources: {limits: {ephemeral-storage: 2Gi}}"), container("resources: {}"), true},

		{"one of two capabilities taken away", `allowed-capabilities`, capabilities("[SYS_ADMIN, NET_ADMIN]"), capabilities("[NET_ADMIN]"), false},
		{"a second capability", `allowed-capabilities`, capabilities("[NET_ADMIN]"), capabilities("[SYS_ADMIN, NET_ADMIN]"), true},
		{"a second capability, in the standards", `pod-security`, capabilities("[NET_ADMIN]"), capabilities("[SYS_ADMIN, NET_ADMIN]"), true},
		{"an innocent capability before", `pod-security`, capabilities("[NET_ADMIN]"), capabilities("[CHOWN, NET_ADMIN]"), false},
		{"another bad image in the same container", `image-latest-tag`, pod("{containers: [{name: web, image: nginx}]}"), pod("{containers: [{name: web, image: httpd}]}"), true},
		{"one of two bad containers mended", `image-latest-tag`, pod("{containers: [{name: a, image: nginx}, {name: b, image: nginx}]}"), pod("{containers: [{name: b, image: nginx}, {name: a, image: 'nginx:1'}]}"), false},
		{"a bad container under another name", `image-latest-tag`, pod("{containers: [{name: a, image: nginx}]}"), pod("{containers: [{name: a, image: nginx}, {name: b, image: nginx}]}"), true},
		{"/var/log to /", `host-path-allowed`, pod("{volumes: [{name: v, hostPath: {path: /var/log}}]}"), pod("{volumes: [{name: v, hostPath: {path: /}}]}"), true},
		{"/var/log to /var/log/pods", `host-path-allowed`, pod("{volumes: [{name: v, hostPath: {path: /var/log}}]}"), pod("{volumes: [{name: v, hostPath: {path: /var/log/pods/}}]}"), false},
		{"/var/log to /, in the standards", `pod-security`, pod("{volumes: [{name: v, hostPath: {path: /var/log}}]}"), pod("{volumes: [{name: v, hostPath: {path: /}}]}"), true},
		{"/ to /var/log, in the standards", `pod-security`, pod("{volumes: [{name: v, hostPath: {path: /}}]}"), pod("{volumes: [{name: v, hostPath: {path: /var/log}}]}"), false},
		{"a sysctl more", `pod-security`, pod("{securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}}"), pod("{securityContext: {sysctls: [{name: kernel.shmall, value: '1'}, {name: kernel.msgmax, value: '1'}]}}"), true},
		{"a sysctl from 6 to 6,000,000", `pod-security`, pod("{securityContext: {sysctls: [{name: kernel.msgmax, value: '6'}]}}"), pod("{securityContext: {sysctls: [{name: kernel.msgmax, value: '6000000'}]}}"), true},
		{"an innocent sysctl before", `pod-security`, pod("{securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}}"), pod("{securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}, {name: kernel.msgmax, value: '1'}]}}"), false},
		{"an innocent port before", `pod-security`, container("ports: [{containerPort: 80, hostPort: 80}]"), container("ports: [{containerPort: 81}, {containerPort: 80, hostPort: 80}]"), false},
		{"a port of the host more", `pod-security`, container("ports: [{containerPort: 80, hostPort: 80}]"), container("ports: [{containerPort: 81, hostPort: 81}, {containerPort: 80, hostPort: 80}]"), true},
		{"another port of the host", `pod-security`, container("ports: [{containerPort: 80, hostPort: 80}]"), container("ports: [{containerPort: 80, hostPort: 22}]"), true},
		{"one of two ports of the host", `pod-security`, container("ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 81}]"), container("ports: [{containerPort: 81, hostPort: 81}]"), false},
		{"not to run as root said by the Pod, and no longer", `pod-security, params: {level: restricted}`, pod("{securityContext: {runAsNonRoot: false}, containers: [{name: web}]}"), pod("{containers: [{name: web}]}"), false},
		{
			"one more container that runs as the Pod's root", `pod-security, params: {level: restricted}`, pod("{securityContext: {runAsUser: 0}, containers: [{name: web}]}"),
			pod("{securityContext: {runAsUser: 0}, containers: [{name: web}, {name: b, securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}}]}"), true,
		},
		{"a toleration of all taints to one of one", `control-plane-tolerations`, pod("{tolerations: [{operator: Exists}]}"), pod("{tolerations: [{key: node-role.kubernetes.io/master, operator: Exists}]}"), false},
		{"a toleration of one effect to one of all", `control-plane-tolerations`, pod("{tolerations: [{key: node-role.kubernetes.io/master, effect: NoSchedule}]}"), pod("{tolerations: [{key: node-role.kubernetes.io/master}]}"), true},
		{"a toleration more", `control-plane-tolerations`, pod("{tolerations: [{operator: Exists, effect: NoSchedule}]}"), pod("{tolerations: [{operator: Exists, effect: NoExecute}, {operator: Exists, effect: NoSchedule}]}"), true},
		{"an innocent toleration before", `control-plane-tolerations`, pod("{tolerations: [{operator: Exists}]}"), pod("{tolerations: [{key: spot, operator: Exists}, {operator: Exists}]}"), false},
		{"an innocent envFrom before", `secret-in-env`, container("envFrom: [{secretRef: {name: db}}]"), container("envFrom: [{configMapRef: {name: a}}, {secretRef: {name: db}}]"), false},
		{"an envFrom more", `secret-in-env`, container("envFrom: [{secretRef: {name: db}}]"), container("envFrom: [{secretRef: {name: api}}, {secretRef: {name: db}}]"), true},
		{"one of two envFrom", `secret-in-env`, container("envFrom: [{secretRef: {name: api}}, {secretRef: {name: db}}]"), container("envFrom: [{secretRef: {name: db}}]"), false},

		{"a selector that is widened", `network-policy-allow-all`, policy("{matchLabels: {app: web, tier: front}}", "[{}]"), policy("{matchLabels: {app: web}}", "[{}]"), true},
		{"a selector that is narrowed", `network-policy-allow-all`, policy("{matchLabels: {app: web}}", "[{}]"), policy("{matchLabels: {app: web, tier: front}}", "[{}]"), false},
		{"a selector of other Pods", `network-policy-allow-all`, policy("{matchLabels: {app: web}}", "[{}]"), policy("{matchLabels: {app: db}}", "[{}]"), true},
		{"a selector of one value less", `network-policy-allow-all`, policy("{matchExpressions: [{key: app, operator: In, values: [a, b]}]}", "[{}]"), policy("{matchLabels: {app: b}}", "[{}]"), false},
		{"a peer more", `network-policy-allow-all`, policy("{}", "["+anybody4+"]"), policy("{}", "["+anybody6+"]"), true},
		{"a peer less", `network-policy-allow-all`, policy("{}", "["+anybody6+"]"), policy("{}", "["+anybody4+"]"), false},
		{"no peers at all", `network-policy-allow-all`, policy("{}", "["+anybody4+"]"), policy("{}", "["+everybody+"]"), true},
		{"a rule before that allows something", `network-policy-allow-all`, policy("{}", "["+everybody+"]"), policy("{}", "["+innocentRule+", "+everybody+"]"), false},
		{"a second rule that allows all", `network-policy-allow-all`, policy("{}", "["+everybody+"]"), policy("{}", "["+everybody+", "+everybody+"]"), true},

		{"a path beside", `ingress-hosts`, ingress(rule("", "/a")), ingress(rule("", "/a", "/b")), true},
		{"a path less", `ingress-hosts`, ingress(rule("", "/a", "/b")), ingress(rule("", "/b")), false},
		{"a path beside without TLS", `ingress-tls`, ingress(rule("a.example.com", "/a")), ingress(rule("a.example.com", "/a", "/b")), true},
		{"an innocent rule before", `ingress-hosts`, ingress(rule("", "/a")), ingress(rule("a.example.com", "/"), rule("", "/a")), false},
		{"a rule more without a host", `ingress-hosts`, ingress(rule("", "/a")), ingress(rule("", "/a"), rule("", "/b")), true},
		{"another host without TLS", `ingress-tls`, ingress(rule("a.example.com", "/a")), ingress(rule("b.example.com", "/a")), true},

		{"a port of a Service more", `service-node-port`, service("{type: NodePort, ports: [{port: 80}]}"), service("{type: NodePort, ports: [{port: 22, name: ssh}, {port: 80, name: web}]}"), true},
		{"a port of a Service less", `service-node-port`, service("{type: NodePort, ports: [{port: 22, name: ssh}, {port: 80, name: web}]}"), service("{type: NodePort, ports: [{port: 80}]}"), false},
		{"a Service that selects more", `service-load-balancer`, service("{type: LoadBalancer, selector: {app: web, tier: front}}"), service("{type: LoadBalancer, selector: {app: web}}"), true},
		{"a Service that selects the next version", `service-load-balancer`, service("{type: LoadBalancer, selector: {app: web, version: blue}}"), service("{type: LoadBalancer, selector: {app: web, version: green}}"), false},
		{"a load balancer that is open to more", `service-load-balancer`, service("{type: LoadBalancer, loadBalancerSourceRanges: [10.1.0.0/16]}"), service("{type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8]}"), true},
		{"a load balancer that is open to fewer", `service-load-balancer`, service("{type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8]}"), service("{type: LoadBalancer, loadBalancerSourceRanges: [10.1.0.0/16]}"), false},
		{"a load balancer that is open to all", `service-load-balancer`, service("{type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8]}"), service("{type: LoadBalancer}"), true},
		{"an external address more", `service-external-ips`, service("{externalIPs: [10.0.0.1]}"), service("{externalIPs: [10.0.0.2, 10.0.0.1]}"), true},
		{"external addresses reordered", `service-external-ips`, service("{externalIPs: [10.0.0.1, 10.0.0.2]}"), service("{externalIPs: [10.0.0.2, 10.0.0.1]}"), false},
		{"a port more at an external address", `service-external-ips`, service("{externalIPs: [10.0.0.1], ports: [{port: 80}]}"), service("{externalIPs: [10.0.0.1], ports: [{port: 443}, {port: 80}]}"), true},

		{"a verb less", `rbac-read-secrets`, role(grant("[secrets]", "[get, list]", "[]")), role(grant("[secrets]", "[get]", "[]")), false},
		{"a verb more", `rbac-read-secrets`, role(grant("[secrets]", "[get]", "[]")), role(grant("[secrets]", "[get, list]", "[]")), true},
		{"names of resources taken away", `rbac-escalation-verbs`, role(grant("[users]", "[impersonate]", "[jane]")), role(grant("[users]", "[impersonate]", "[]")), true},
		{"a name of a resource taken away", `rbac-escalation-verbs`, role(grant("[users]", "[impersonate]", "[jane, joe]")), role(grant("[users]", "[impersonate]", "[joe]")), false},
		{"a rule in two", `rbac-pod-exec`, role(grant("[pods/exec, pods/attach]", "[create]", "[]")), role(grant("[pods/exec]", "[create]", "[]"), grant("[pods/attach]", "[create]", "[]")), false},
		{"two rules in one", `rbac-pod-exec`, role(grant("[pods/exec]", "[create]", "[]"), grant("[pods/attach]", "[create]", "[]")), role(grant("[pods/exec, pods/attach]", "[create]", "[]")), false},
		{"an innocent rule of a role before", `rbac-pod-exec`, role(grant("[pods/exec]", "[create]", "[]")), role(grant("[pods]", "[get]", "[]"), grant("[pods/exec]", "[create]", "[]")), false},
		{"all to something of all", `rbac-wildcards`, role("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}"), role("{apiGroups: [apps], resources: ['*/scale'], verbs: [get]}"), false},
		{"all verbs of one resource more", `rbac-wildcards`, role(grant("[pods]", "['*']", "[]")), role(grant("[pods, secrets]", "['*']", "[]")), true},
		{"a subject more", `rbac-cluster-admin-binding`, binding(jane), binding(joe, jane), true},
		{"a subject less", `rbac-cluster-admin-binding`, binding(joe, jane), binding(jane), false},
		{"no subject any longer", `rbac-cluster-admin-binding`, binding(joe, jane), binding(), false},

		{"a budget that is written in another way", `pdb-blocks-drain`, budget("{maxUnavailable: 0, selector: {matchLabels: {app: web}}}"), budget("{minAvailable: 100%, selector: {matchLabels: {app: web}}}"), false},
		{"a budget for more Pods", `pdb-blocks-drain`, budget("{minAvailable: 100%, selector: {matchLabels: {app: web}}}"), budget("{minAvailable: 100%, selector: {}}"), true},
		{"a credential more in the same file", `sensitive-config-map`, config(`{app.conf: "password=horse-9\nport=1"}`), config(`{app.conf: "password=horse-9\napi_key=battery-7\nport=1"}`), true},
		{"what is beside a credential", `sensitive-config-map`, config(`{app.conf: "password=horse-9\nport=1"}`), config(`{app.conf: "port=2\npassword=horse-9", new.conf: "port=1"}`), false},
		{"another credential", `sensitive-config-map`, config(`{password: horse-9}`), config(`{password: battery-7}`), true},
		{"a credential of two", `sensitive-config-map`, config(`{password: horse-9, api_key: battery-7}`), config(`{password: horse-9}`), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := compiled(t, Options{}, "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {validators: [{name: "+test.check+"}]}")
			require.NotEmpty(t, evaluated(t, set, request{object: test.old}), "the old object breaks nothing")
			update := request{operation: admissionv1.Update, old: test.old, object: test.object}
			d, err := set.Validate(context.Background(), update.review(t))
			require.NoError(t, err)
			require.NotEmpty(t, d.Findings, "all is mended")
			assert.Equal(t, test.worse, d.Denied(), "%v", evaluated(t, set, update))
			for _, f := range d.Findings {
				assert.Equal(t, f.Action == "Warn", f.Existing, "what was there before is told")
			}
			// With nothing changed it always passes.
			update.object = test.old
			d, err = set.Validate(context.Background(), update.review(t))
			require.NoError(t, err)
			assert.False(t, d.Denied())
		})
	}
}

// TestControllersDoWhatTheyWereLetDo: an autoscaler that scales what has too many
// replicas already is not refused, and neither is it let do what nobody was.
func TestControllersDoWhatTheyWereLetDo(t *testing.T) {
	set := compiled(t, Options{}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: min-replicas, params: {max: 5}}]}
`)
	scale := func(n int) string {
		return fmt.Sprintf("apiVersion: autoscaling/v1\nkind: Scale\nmetadata: {name: web}\nspec: {replicas: %d}", n)
	}
	for _, test := range []struct {
		user     string
		from, to int
		denied   bool
	}{
		{"system:serviceaccount:kube-system:horizontal-pod-autoscaler", 6, 9, false},
		{"system:kube-controller-manager", 6, 9, false},
		{"system:serviceaccount:kube-system:horizontal-pod-autoscaler", 5, 6, true},
		{"system:serviceaccount:kube-system:horizontal-pod-autoscaler", 6, 1, true},
		{"system:serviceaccount:shop:horizontal-pod-autoscaler", 6, 9, true},
		{"jane", 6, 9, true},
		{"jane", 9, 6, false},
	} {
		q := request{operation: admissionv1.Update, object: scale(test.to), old: scale(test.from), subresource: "scale", user: test.user}
		r := q.review(t)
		r.Resource.Group, r.Resource.Version, r.Resource.Resource = "apps", "v1", "deployments"
		d, err := set.Validate(context.Background(), r)
		require.NoError(t, err)
		assert.Equal(t, test.denied, d.Denied(), "%s from %d to %d", test.user, test.from, test.to)
	}
}

// TestEachGuardrailComparesForItself: the same object may have broken one and not the other.
func TestEachGuardrailComparesForItself(t *testing.T) {
	set := compiled(t, Options{}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: lax}
spec: {validators: [{name: min-replicas, params: {max: 10}}]}
---
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: strict}
spec: {validators: [{name: min-replicas, params: {max: 5}}]}
`)
	deployment := func(n int) string {
		return fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: %d}", n)
	}
	denying := func(from, to int) (names []string) {
		d, err := set.Validate(context.Background(), request{operation: admissionv1.Update, old: deployment(from), object: deployment(to)}.review(t))
		require.NoError(t, err)
		for _, f := range d.Findings {
			if f.Action == "Deny" {
				names = append(names, f.Guardrail)
			}
		}
		return names
	}
	assert.Empty(t, denying(20, 15))
	assert.Equal(t, []string{"lax", "strict"}, denying(7, 11))
	assert.Equal(t, []string{"strict"}, denying(7, 8))
	assert.Equal(t, []string{"lax", "strict"}, denying(11, 12))
}
