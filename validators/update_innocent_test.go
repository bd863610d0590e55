package validators

import "regexp"

// innocentItems are items for a list that next to no check finds anything in.
func innocentItems(place string) []any {
	for _, list := range innocentLists {
		if regexp.MustCompile(list.place + "$").MatchString(place) {
			return list.items
		}
	}
	return nil
}

type object = map[string]any

var innocentLists = []struct {
	place string
	items []any
}{
	{`(containers|initContainers)`, []any{object{
		"name": "innocent", "image": "registry.example.com/innocent:v1@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"imagePullPolicy": "Always",
		"resources": object{
			"requests": object{"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "64Mi"},
			"limits":   object{"memory": "128Mi", "ephemeral-storage": "64Mi"},
		},
		"livenessProbe":  object{"httpGet": object{"path": "/livez", "port": 8080.0}, "failureThreshold": 6.0},
		"readinessProbe": object{"httpGet": object{"path": "/readyz", "port": 8080.0}},
		"startupProbe":   object{"httpGet": object{"path": "/livez", "port": 8080.0}},
		"ports":          []any{object{"name": "http", "containerPort": 8080.0}},
		"securityContext": object{
			"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true, "runAsUser": 10001.0, "runAsGroup": 10001.0,
			"capabilities": object{"drop": []any{"ALL"}}, "seccompProfile": object{"type": "RuntimeDefault"},
		},
	}}},
	{`ephemeralContainers`, []any{object{
		"name": "innocent", "image": "registry.example.com/innocent:v1@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"imagePullPolicy": "Always",
		"securityContext": object{
			"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true, "runAsUser": 10001.0, "runAsGroup": 10001.0,
			"capabilities": object{"drop": []any{"ALL"}}, "seccompProfile": object{"type": "RuntimeDefault"},
		},
	}}},
	{`volumes`, []any{
		object{"name": "innocent", "emptyDir": object{"sizeLimit": "1Mi"}}, object{"name": "innocent", "configMap": object{"name": "innocent"}},
	}},
	{`volumeMounts`, []any{object{"name": "innocent", "mountPath": "/innocent", "readOnly": true}}},
	{`volumeClaimTemplates`, []any{object{"metadata": object{"name": "innocent"}, "spec": object{
		"storageClassName": "fast", "accessModes": []any{"ReadWriteOncePod"}, "resources": object{"requests": object{"storage": "1Mi"}},
	}}}},
	{`env`, []any{object{"name": "INNOCENT", "value": "yes"}}},
	{`envFrom`, []any{object{"configMapRef": object{"name": "innocent"}}}},
	{`tolerations`, []any{object{"key": "innocent", "operator": "Exists"}}},
	{`capabilities.(add|drop)`, []any{"NET_BIND_SERVICE"}},
	{`sysctls`, []any{object{"name": "net.ipv4.ip_local_port_range", "value": "1024 65535"}}},
	{`supplementalGroups`, []any{20000.0, 10000.0, 3000.0}},
	{`imagePullSecrets`, []any{object{"name": "innocent"}}},
	{`dnsConfig.options`, []any{object{"name": "timeout", "value": "2"}}},
	{`[cC]ontainers\[\].ports`, []any{object{"name": "innocent", "containerPort": 8443.0}, object{"containerPort": 8443.0}}},
	{`spec.ports`, []any{object{"name": "innocent", "port": 8443.0}, object{"port": 8443.0}}},
	{`externalIPs`, []any{"203.0.113.10", "10.0.0.10"}},
	{`subjects`, []any{object{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "jane"}}},
	{`^rules`, []any{object{"apiGroups": []any{"example.com"}, "resources": []any{"things"}, "verbs": []any{"get"}}}},
	{`verbs`, []any{"innocent"}},
	{`apiGroups`, []any{"example.com"}},
	{`resources`, []any{"things"}},
	{`clusterRoleSelectors`, []any{object{"matchLabels": object{"app": "innocent"}}}},
	{`(ingress|egress)`, []any{object{
		"from": []any{object{"podSelector": object{"matchLabels": object{"app": "innocent"}}}}, "to": []any{object{"podSelector": object{"matchLabels": object{"app": "innocent"}}}},
		"ports": []any{object{"port": 8443.0}},
	}}},
	{`(from|to)`, []any{object{"podSelector": object{"matchLabels": object{"app": "innocent"}}}}},
	{`spec.rules`, []any{object{"host": "shop.example.com", "http": object{"paths": []any{object{
		"path": "/", "pathType": "Prefix", "backend": object{"service": object{"name": "web", "port": object{"number": 80.0}}},
	}}}}}},
	{`tls`, []any{object{"hosts": []any{"innocent.example.com"}, "secretName": "innocent"}}},
}
