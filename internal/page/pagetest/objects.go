package pagetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"time"
)

// Guardrails are those in force: the default, one of a platform team with a rule of its own.
const Guardrails = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: baseline}
spec:
  exemptions: {maxDuration: 10000h}
  validators:
  - {name: pod-security, params: {level: baseline}}
  - {name: runtime-socket-mount}
  - {name: image-latest-tag}
  - {name: image-registry-denied}
  - {name: service-external-ips}
  - {name: automount-service-account-token, action: Audit}
  - {name: resource-requests, action: Warn}
  - {name: resource-limits, action: Warn}
  - {name: readiness-probe, action: Warn}
  - {name: liveness-probe, action: Warn}
  - {name: literal-secret-in-env, action: Warn}
  - {name: rbac-wildcards, action: Warn}
  - {name: rbac-cluster-admin-binding, action: Warn}
---
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: production}
spec:
  exemptions: {maxDuration: 10000h}
  match:
    namespaceSelector: {matchLabels: {stage: production}}
  validators:
  - {name: min-replicas}
  - {name: pod-security, params: {level: restricted}, action: Warn}
  - {name: required-labels, params: {labels: [{key: team}]}}
`

// exemption is one that expires in some days.
func exemption(namespace, name, validators, owner, reason string, days int) string {
	expires := time.Now().AddDate(0, 0, days).Format(time.DateOnly)
	return fmt.Sprintf("---\napiVersion: taffrail.dev/v1alpha1\nkind: Exemption\nmetadata: {namespace: %s, name: %s}\n"+
		"spec: {validators: [%s], owner: %s, reason: %q, expires: %q}\n", namespace, name, validators, owner, reason, expires)
}

func exemptions() string {
	return exemption("observability", "node-agents", "pod-security, runtime-socket-mount", "team-observability", "they measure the node, and read its logs", 210) +
		exemption("checkout", "old-registry", "image-registry-denied", "team-checkout", "images move to the new registry with release 42 (SHOP-1187)", 9) +
		exemption("ml-training", "nightly-builds", "image-latest-tag", "team-ml", "the nightly build has no tag yet", 61) +
		exemption("batch", "importer-limits", "resource-limits", "team-data", "the importer needs what there is until the split is done", -27)
}

var namespaces = []string{
	"accounts", "analytics", "argocd", "batch", "billing", "cart", "catalog", "cert-manager", "checkout", "content", "crm", "data-lake",
	"delivery", "dev-anna", "dev-jonas", "dev-mira", "dns", "edge", "email", "events", "experiments", "feature-flags", "fraud", "gateway",
	"geo", "harbor", "identity", "images", "ingress", "inventory", "invoicing", "kafka", "kube-system", "legacy-erp", "loyalty", "mail-relay", "ml-serving",
	"ml-training", "monitoring", "notifications", "observability", "orders", "partners", "payments", "postgres", "pricing", "profiles", "promotions",
	"recommendations", "redis", "reporting", "returns", "reviews", "search", "sessions", "shipping", "staging-shop", "storefront", "tax", "warehouse",
}

var names = []string{"api", "web", "worker", "scheduler", "gateway", "importer", "exporter", "sync", "cache", "admin"}

// generator makes objects that are the same each time.
type generator struct {
	random *rand.Rand
	made   []map[string]any
	uid    int
}

func objects() []map[string]any {
	g := &generator{random: rand.New(rand.NewPCG(13, 2026))} //nolint:gosec // it decides nothing
	for i, name := range namespaces {
		labels := map[string]any{"stage": "production"}
		if i%4 == 3 {
			labels["stage"] = "test"
		}
		g.add("v1", "Namespace", "", name, map[string]any{"labels": labels}, nil)
		care := g.random.Float64() * g.random.Float64() * 1.6 // how often something is left undone there
		for _, name := range names[:3+g.random.IntN(len(names)-3)] {
			g.workload(namespaces[i], name, care)
		}
	}
	for _, name := range []string{"node-exporter", "log-shipper"} {
		g.agent("observability", name)
	}
	g.add("rbac.authorization.k8s.io/v1", "ClusterRole", "", "ci-deployer", nil, map[string]any{"rules": []any{map[string]any{"apiGroups": []string{"*"}, "resources": []string{"*"}, "verbs": []string{"*"}}}})
	g.add("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "legacy-admins", nil, map[string]any{
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
		"subjects": []any{map[string]any{"kind": "ServiceAccount", "name": "ci", "namespace": "legacy-erp"}},
	})
	return g.made
}

func (g *generator) add(version, kind, namespace, name string, meta, rest map[string]any) map[string]any {
	g.uid++
	metadata := map[string]any{"name": name, "uid": fmt.Sprintf("00000000-0000-4000-8000-%012d", g.uid)}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	maps.Copy(metadata, meta)
	object := map[string]any{"apiVersion": version, "kind": kind, "metadata": metadata}
	maps.Copy(object, rest)
	g.made = append(g.made, object)
	return object
}

func (g *generator) undone(care float64) bool { return g.random.Float64() < care }

// workload makes a Deployment, or a StatefulSet, and its Pods.
func (g *generator) workload(namespace, name string, care float64) {
	labels := map[string]any{"app": name}
	if !g.undone(care) {
		labels["team"] = "team-" + namespace
	}
	replicas := 2 + g.random.IntN(3)
	if g.undone(care / 2) {
		replicas = 1
	}
	kind := "Deployment"
	if name == "cache" {
		kind = "StatefulSet"
	}
	pod := g.pod(namespace, name, care)
	g.add("v1", "Service", namespace, name, nil, map[string]any{"spec": map[string]any{
		"selector": map[string]any{"app": name}, "ports": []any{map[string]any{"port": 80, "targetPort": 8080}},
	}})
	owner := g.add("apps/v1", kind, namespace, name, map[string]any{"labels": labels}, map[string]any{"spec": map[string]any{
		"replicas": replicas, "selector": map[string]any{"matchLabels": map[string]any{"app": name}},
		"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": pod},
	}})
	controller := map[string]any{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": owner["metadata"].(map[string]any)["uid"], "controller": true}
	for i := range replicas {
		g.add("v1", "Pod", namespace, fmt.Sprintf("%s-%d", name, i), map[string]any{"labels": labels, "ownerReferences": []any{controller}}, map[string]any{"spec": pod})
	}
}

func (g *generator) pod(namespace, name string, care float64) map[string]any {
	image := fmt.Sprintf("registry.example.com/%s/%s:1.%d.%d", namespace, name, g.random.IntN(40), g.random.IntN(10))
	switch {
	case g.undone(care / 3):
		image = "docker.io/library/" + name + ":latest"
	case g.undone(care / 3):
		image = "k8s.gcr.io/" + name + ":v1.4.2"
	}
	container := map[string]any{"name": name, "image": image, "ports": []any{map[string]any{"name": "http", "containerPort": 8080}}}
	resources := map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "256Mi"}, "limits": map[string]any{"memory": "512Mi"}}
	if g.undone(care) {
		delete(resources, "limits")
	}
	if g.undone(care / 2) {
		delete(resources, "requests")
	}
	container["resources"] = resources
	probe := map[string]any{"httpGet": map[string]any{"path": "/healthz", "port": 8080}}
	if !g.undone(care) {
		container["readinessProbe"] = probe
	}
	if !g.undone(care) {
		container["livenessProbe"] = map[string]any{"httpGet": map[string]any{"path": "/livez", "port": 8080}}
	}
	if g.undone(care / 4) {
		container["env"] = []any{map[string]any{"name": "DB_PASSWORD", "value": "hunter2-and-more"}}
	}
	if !g.undone(care) {
		container["securityContext"] = map[string]any{
			"allowPrivilegeEscalation": false, "runAsNonRoot": true, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
			"capabilities": map[string]any{"drop": []string{"ALL"}},
		}
	}
	spec := map[string]any{"containers": []any{container}, "automountServiceAccountToken": false}
	if g.undone(care / 3) {
		delete(spec, "automountServiceAccountToken")
	}
	if g.undone(care / 12) {
		spec["hostNetwork"] = true
	}
	return spec
}

// agent makes a DaemonSet that does what only agents of nodes may.
func (g *generator) agent(namespace, name string) {
	g.add("apps/v1", "DaemonSet", namespace, name, map[string]any{"labels": map[string]any{"app": name, "team": "team-observability"}}, map[string]any{"spec": map[string]any{
		"selector": map[string]any{"matchLabels": map[string]any{"app": name}},
		"template": map[string]any{"metadata": map[string]any{"labels": map[string]any{"app": name, "team": "team-observability"}}, "spec": map[string]any{
			"hostNetwork": true, "hostPID": true, "automountServiceAccountToken": false,
			"containers": []any{map[string]any{
				"name": name, "image": "registry.example.com/observability/" + name + ":2.1.0",
				"resources":    map[string]any{"requests": map[string]any{"cpu": "50m", "memory": "64Mi"}, "limits": map[string]any{"memory": "128Mi"}},
				"volumeMounts": []any{map[string]any{"name": "logs", "mountPath": "/var/log"}},
			}},
			"volumes": []any{map[string]any{"name": "logs", "hostPath": map[string]any{"path": "/var/log"}}},
		}},
	}})
}
