package dice

import (
	"slices"
	"strconv"
)

var named = []field{{name: "name", value: containerName}, {name: "image", value: image}}

var (
	container = object(named, slices.Concat(ofAll, ofServing, []field{wildly(field{name: "restartPolicy", value: one(`"Always"`, `"Never"`, `""`)})}))
	sidecar   = object(append(named, field{name: "restartPolicy", value: one(`"Always"`)}), slices.Concat(ofAll, ofServing))
	task      = object(named, ofAll)

	ofAll = []field{
		{name: "imagePullPolicy", value: one(`"IfNotPresent"`, `"Always"`, `"Never"`)},
		{name: "command", value: list(0, 2, one(`"sh"`, `"-c"`))},
		{name: "securityContext", value: securityContext},
		{name: "resources", value: resources},
		{name: "env", value: list(0, 3, env)},
		{name: "ports", value: list(0, 3, port)},
		{name: "volumeMounts", value: volumeMounts},
		{name: "stdin", value: one(`true`, `false`)},
		{name: "tty", value: one(`true`, `false`)},
		{name: "terminationMessagePolicy", value: one(`"File"`, `"FallbackToLogsOnError"`)},
	}
	ofServing = []field{
		{name: "livenessProbe", value: probe},
		{name: "readinessProbe", value: probe},
		{name: "startupProbe", value: probe},
		{name: "lifecycle", value: some(field{name: "preStop", value: handler}, field{name: "postStart", value: handler})},
	}
)

func initContainer(d *Dice) {
	if d.wild && d.Roll(4) == 1 {
		container(d)
		return
	}
	[]value{task, sidecar}[d.Roll(2)](d)
}

func containerName(d *Dice) {
	if d.wild && d.Roll(8) == 1 {
		one(`"web"`, `"istio-proxy"`, `"a/b"`, `""`)(d)
		return
	}
	d.numbered("c", d.containers)
	d.containers++
}

var image = one(
	`"nginx"`, `"docker.io/acme/web:1.0"`, `"registry.example.com:5000/a/b:latest"`,
	`"quay.io/a/b@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"`,
).or(`"a b"`, `""`, `"NGINX"`, `"docker.io./library/nginx:1"`)

var securityContext = some(
	field{name: "privileged", value: one(`true`, `false`)},
	field{name: "allowPrivilegeEscalation", value: one(`true`, `false`)},
	field{name: "readOnlyRootFilesystem", value: one(`true`, `false`)},
	field{name: "runAsUser", value: one(`0`, `1000`)},
	field{name: "runAsGroup", value: one(`0`, `1000`)},
	field{name: "runAsNonRoot", value: one(`true`, `false`)},
	field{name: "procMount", value: one(`"Default"`).or(`"Unmasked"`)},
	field{name: "seccompProfile", value: seccompProfile},
	field{name: "appArmorProfile", value: appArmorProfile},
	field{name: "seLinuxOptions", value: seLinuxOptions},
	wildly(field{name: "windowsOptions", value: windowsOptions}),
	field{name: "capabilities", value: some(field{name: "add", value: list(0, 2, capability)}, field{name: "drop", value: list(0, 2, capability)})},
)

var capability = one(`"ALL"`, `"NET_RAW"`, `"NET_BIND_SERVICE"`, `"CAP_SYS_ADMIN"`, `"SYS_ADMIN"`, `"CHOWN"`).or(`"sys_admin"`, `""`, `"all"`)

var resources = some(
	field{name: "requests", value: some(
		field{name: "cpu", value: one(`"50m"`, `"1"`, `2`)}, field{name: "memory", value: one(`"64Mi"`, `"1Gi"`, `1000000`)},
		field{name: "ephemeral-storage", value: one(`"1Gi"`, `"1e3"`)}, wildly(field{name: "nvidia.com/gpu", value: one(`"1"`)}),
	)},
	field{name: "limits", value: some(
		field{name: "cpu", value: one(`"1"`, `"2"`, `2`).or(`"0"`, `0.5`)}, field{name: "memory", value: one(`"1Gi"`, `"2Gi"`, `1e10`).or(`"0"`)},
		field{name: "ephemeral-storage", value: one(`"2Gi"`, `"1e10"`)}, field{name: "nvidia.com/gpu", value: one(`"1"`)},
	)},
	wildly(field{name: "claims", value: list(0, 2, some(field{name: "name", value: one(`"gpu"`)}))}),
)

var podResources = some(
	field{name: "requests", value: some(field{name: "cpu", value: one(`"100m"`, `"4"`)}, field{name: "memory", value: one(`"2Gi"`, `"64Mi"`)})},
	field{name: "limits", value: some(field{name: "cpu", value: one(`"8"`)}, field{name: "memory", value: one(`"8Gi"`)})},
)

var env = object(
	[]field{{name: "name", value: one(`"A"`, `"B"`, `"HTTP_PROXY"`, `"no_proxy"`, `"OTEL_SERVICE_NAME"`, `"OTEL_RESOURCE_ATTRIBUTES"`, `"DB_PASSWORD"`)}},
	[]field{{name: "value", value: one(`"1"`, `"2"`, `""`)}, wildly(field{name: "valueFrom", value: one(`{"secretKeyRef":{"name":"a","key":"b"}}`)})},
)

var port = object(
	[]field{{name: "containerPort", value: one(`9090`, `8080`, `22`, `80`).or(`0`)}},
	[]field{
		{name: "name", value: one(`"metrics"`, `"https-metrics"`, `"prometheus"`, `"http"`).or(`""`)},
		{name: "hostPort", value: one(`0`, `9090`, `8080`)},
		{name: "protocol", value: one(`"TCP"`, `"UDP"`).or(`""`)},
	},
)

var (
	handler = object([]field{{name: "sleep", value: some(field{name: "seconds", value: one(`1`).or(`5`, `600`)})}}, nil).instead(
		`{"exec":{"command":["true"]}}`, `{"httpGet":{"port":80,"host":"localhost"}}`, `{"httpGet":{"port":80}}`,
	)
	probe = one(
		`{"exec":{"command":["true"]}}`, `{"tcpSocket":{"port":80}}`, `{"tcpSocket":{"port":80,"host":"10.0.0.1"}}`,
		`{"httpGet":{"port":8080,"path":"/"}}`, `{"httpGet":{"port":"http","host":"localhost"}}`, `{"grpc":{"port":80}}`,
	)
)

// instead writes one of other values, sometimes.
func (v value) instead(values ...string) value {
	return func(d *Dice) {
		if i := d.Roll(len(values) + 1); i > 0 {
			d.write(values[i-1])
			return
		}
		v(d)
	}
}

const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// token is the volume that the API server adds, or looks like it.
const token = `"projected":{"sources":[{"serviceAccountToken":{"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},` +
	`{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"fieldPath":"metadata.namespace"}}]}}]}`

func volume(d *Dice) {
	d.write(`{"name":`)
	if d.Roll(4) == 1 && (d.wild || !d.token) {
		d.token = true
		d.write(`"kube-api-access-abcde",` + token + `}`)
		return
	}
	d.numbered("v", d.volumes)
	d.volumes++
	d.write(",")
	one(
		`"emptyDir":{}`, `"emptyDir":{"medium":"Memory","sizeLimit":"1Mi"}`, `"hostPath":{"path":"/var/run/docker.sock"}`, `"hostPath":{"path":"/"}`,
		`"nfs":{"server":"nfs","path":"/"}`, `"image":{"reference":"nginx","pullPolicy":"IfNotPresent"}`, `"image":{"reference":"quay.io/a/b:1"}`,
		`"configMap":{"name":"a"}`, `"secret":{"secretName":"a"}`, `"projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"vault"}}]}`,
	).or(`"emptyDir":null`, `"future":{}`, `"hostPath":{}`, `"emptyDir":{"sizeLimit":"0"}`)(d)
	d.write("}")
}

func volumeMounts(d *Dice) {
	d.write("[")
	if d.token || d.wild && d.Roll(8) == 1 {
		d.write(`{"name":"kube-api-access-abcde","mountPath":"` + tokenPath + `","readOnly":true}`)
	}
	for i := range d.Roll(d.volumes + 1) {
		d.separate('[')
		d.write(`{"mountPath":"`)
		if d.wild && d.Roll(8) == 1 {
			d.write(tokenPath)
		} else {
			d.out = strconv.AppendInt(append(d.out, "/data"...), int64(i), 10)
		}
		d.write(`","name":`)
		d.numbered("v", i)
		d.write("}")
	}
	d.write("]")
}
