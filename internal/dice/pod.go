package dice

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Template is the metadata and the spec of a Pod that is not made yet.
type Template struct{ Metadata, Spec []byte }

// Template makes a template.
func (d *Dice) Template() Template {
	d.out = nil
	metadata(d)
	t := Template{Metadata: d.out}
	d.out = nil
	spec(d)
	t.Spec = d.out
	return t
}

// Pod makes a Pod.
func (d *Dice) Pod() []byte {
	return d.Template().In(schema.GroupVersionKind{Version: "v1", Kind: "Pod"})
}

// In is an object of a kind that holds the template, or the Pod itself.
func (t Template) In(kind schema.GroupVersionKind) []byte {
	head := `{"apiVersion":"` + kind.GroupVersion().String() + `","kind":"` + kind.Kind + `",`
	pod := slices.Concat([]byte(`"metadata":`), t.Metadata, []byte(`,"spec":`), t.Spec)
	switch around := `"metadata":{"name":"web"},`; kind.Kind {
	case "Pod":
		return slices.Concat([]byte(head), pod, []byte(`}`))
	case "PodTemplate":
		return slices.Concat([]byte(head+around+`"template":{`), pod, []byte(`}}`))
	case "CronJob":
		return slices.Concat([]byte(head+around+`"spec":{"jobTemplate":{"spec":{"template":{`), pod, []byte(`}}}}}`))
	default:
		return slices.Concat([]byte(head+around+`"spec":{"template":{`), pod, []byte(`}}}`))
	}
}

var metadata = object(
	[]field{{name: "name", value: one(`"web"`).or(`"a\"b"`, `""`)}},
	[]field{
		{name: "annotations", value: some(
			field{name: "prometheus.io/scrape", value: one(`"true"`, `"false"`, `""`)},
			field{name: "prometheus.io/port", value: one(`"9090"`, `"x"`)},
			field{name: "prometheus.io/path", value: one(`"/m"`, `""`)},
			field{name: "prometheus.io/scheme", value: one(`"https"`)},
			field{name: "seccomp.security.alpha.kubernetes.io/pod", value: one(`"runtime/default"`, `"unconfined"`, `"localhost/x"`)},
			field{name: "container.seccomp.security.alpha.kubernetes.io/c0", value: one(`"runtime/default"`, `"unconfined"`)},
			field{name: "container.apparmor.security.beta.kubernetes.io/c0", value: one(`"runtime/default"`, `"unconfined"`, `"localhost/x"`)},
			wildly(field{name: "container.apparmor.security.beta.kubernetes.io/", value: one(`"unconfined"`)}),
			wildly(field{name: "a/~b", value: one(`"x"`)}),
		)},
		{name: "labels", value: some(
			field{name: "app", value: one(`"web"`, `""`)}, field{name: "team", value: one(`"shop"`)},
			field{name: "app.kubernetes.io/name", value: one(`"web"`, `""`)}, field{name: "app.kubernetes.io/version", value: one(`"1"`)},
			field{name: "pod-template-hash", value: one(`"abc"`)},
		)},
		{name: "ownerReferences", value: list(0, 2, object(
			[]field{
				{name: "apiVersion", value: one(`"apps/v1"`)},
				{name: "kind", value: one(`"ReplicaSet"`, `"DaemonSet"`, `"StatefulSet"`)},
				{name: "name", value: one(`"web"`)},
				{name: "uid", value: one(`"1"`)},
			},
			[]field{{name: "controller", value: one(`true`, `false`)}},
		))},
		{name: "generateName", value: one(`"web-"`)},
	})

var spec = object(
	// Volumes come first: containers mount what is there.
	[]field{
		{name: "volumes", value: list(0, 3, volume)},
		{name: "containers", value: list(1, 3, container)},
		// The API server sets it before it asks anybody.
		{name: "serviceAccountName", value: one(`"default"`, `"web"`).or(`""`)},
	},
	[]field{
		{name: "initContainers", value: list(0, 2, initContainer)},
		wildly(field{name: "ephemeralContainers", value: list(0, 2, container)}),
		{name: "securityContext", value: podSecurityContext},
		{name: "resources", value: podResources},
		{name: "os", value: object([]field{{name: "name", value: one(`"linux"`, `"linux"`, `"linux"`, `"windows"`).or(`""`)}}, nil)},
		{name: "nodeSelector", value: some(field{name: "kubernetes.io/os", value: one(`"linux"`, `"linux"`, `"windows"`)}, field{name: "pool", value: one(`"web"`, `""`)})},
		{name: "hostNetwork", value: one(`true`, `false`)},
		{name: "hostPID", value: one(`true`, `false`)},
		{name: "hostIPC", value: one(`true`, `false`)},
		{name: "hostUsers", value: one(`true`, `false`)},
		{name: "shareProcessNamespace", value: one(`true`, `false`)},
		{name: "restartPolicy", value: one(`"Never"`, `"OnFailure"`, `"Always"`)},
		{name: "automountServiceAccountToken", value: one(`true`, `false`)},
		{name: "dnsPolicy", value: one(`"ClusterFirst"`, `"Default"`, `"ClusterFirstWithHostNet"`).or(`"None"`)},
		{name: "dnsConfig", value: some(
			field{name: "options", value: list(0, 2, object([]field{{name: "name", value: one(`"timeout"`, `"ndots"`)}}, []field{{name: "value", value: one(`"1"`)}}))},
			field{name: "nameservers", value: list(0, 2, one(`"10.0.0.1"`))},
		)},
		{name: "enableServiceLinks", value: one(`true`, `false`)},
		{name: "terminationGracePeriodSeconds", value: one(`30`, `3600`, `0`, `1`)},
		{name: "activeDeadlineSeconds", value: one(`30`, `3600`)},
		{name: "priorityClassName", value: one(`"low"`, `"system-node-critical"`)},
		{name: "priority", value: one(`0`, `1000`)},
		{name: "preemptionPolicy", value: one(`"Never"`, `"PreemptLowerPriority"`)},
		{name: "runtimeClassName", value: one(`"gvisor"`)},
		{name: "schedulerName", value: one(`"default-scheduler"`)},
		{name: "imagePullSecrets", value: list(0, 2, some(field{name: "name", value: one(`"registry"`, `"other"`)}))},
		{name: "tolerations", value: list(0, 2, one(
			`{"key":"dedicated","operator":"Exists"}`, `{"key":"dedicated","operator":"Equal","value":"shop","effect":"NoSchedule"}`,
			`{"operator":"Exists","effect":"NoExecute"}`, `{"operator":"Exists"}`,
		).or(`{}`, `{"key":"dedicated"}`))},
		{name: "topologySpreadConstraints", value: list(0, 2, object(
			[]field{
				{name: "topologyKey", value: one(`"kubernetes.io/hostname"`, `"topology.kubernetes.io/zone"`)},
				{name: "maxSkew", value: one(`1`, `2`)},
				{name: "whenUnsatisfiable", value: one(`"ScheduleAnyway"`, `"DoNotSchedule"`)},
			},
			[]field{{name: "labelSelector", value: some(field{name: "matchLabels", value: some(field{name: "app", value: one(`"web"`)})})}},
		))},
	})

var podSecurityContext = some(
	field{name: "runAsUser", value: one(`0`, `1000`)},
	field{name: "runAsGroup", value: one(`0`, `1000`)},
	field{name: "runAsNonRoot", value: one(`true`, `false`)},
	field{name: "fsGroup", value: one(`0`, `2000`)},
	field{name: "supplementalGroups", value: list(0, 2, one(`0`, `1000`))},
	field{name: "seccompProfile", value: seccompProfile},
	field{name: "appArmorProfile", value: appArmorProfile},
	field{name: "seLinuxOptions", value: seLinuxOptions},
	wildly(field{name: "windowsOptions", value: windowsOptions}),
	field{name: "sysctls", value: list(0, 2, object([]field{
		{name: "name", value: one(`"kernel.msgmax"`, `"net.ipv4.tcp_rmem"`, `"net.ipv4.tcp_syncookies"`, `"net.ipv4.ip_local_port_range"`)},
		{name: "value", value: one(`"1"`)},
	}, nil))},
)

var (
	seccompProfile  = object([]field{{name: "type", value: one(`"RuntimeDefault"`, `"Unconfined"`).or(`""`, `"Localhost"`)}}, nil)
	appArmorProfile = object([]field{{name: "type", value: one(`"RuntimeDefault"`, `"Unconfined"`).or(`""`, `"Localhost"`)}}, nil)
	windowsOptions  = some(field{name: "hostProcess", value: one(`true`, `false`)}, field{name: "runAsUserName", value: one(`"ContainerUser"`)})
	seLinuxOptions  = some(
		field{name: "type", value: one(`"container_t"`, `"spc_t"`, `""`, `"container_engine_t"`)},
		field{name: "user", value: one(`"system_u"`, `""`)}, field{name: "role", value: one(`"system_r"`, `""`)}, field{name: "level", value: one(`"s0"`)},
	)
)
