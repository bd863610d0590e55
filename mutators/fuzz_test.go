package mutators

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzMutate holds what complete says of any Pod: the patch applies, unknown
// fields survive in place, the second run is empty, no set value is changed,
// and the order of the defaults does not matter.
//
// An input that begins with a brace is a Pod; any other is the dice that one is
// made with: few random bytes are a Pod, but many random dice are.
func FuzzMutate(f *testing.F) {
	parameters := [][]running{withDefaultParameters(f), withMostParameters(f)}
	for _, m := range All() {
		for _, fixture := range fixturesOf(f, m.Name) {
			f.Add(fixture.pod)
			f.Add(withUnknownFields(f, fixture.pod))
		}
	}
	f.Add(bigPod(f))
	for seed := range uint64(64) {
		f.Add(throw(seed, 1000))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		pod := input
		if !bytes.HasPrefix(input, []byte("{")) {
			pod = (&dice{input}).pod(t)
		}
		if _, err := review(pod); err != nil {
			return
		}
		for _, forwards := range parameters {
			requireAnyOrder(t, pod, forwards)
		}
	})
}

// TestDice shows that what the dice make are Pods, and different ones.
func TestDice(t *testing.T) {
	changed, defaults := 0, withMostParameters(t)
	for seed := range uint64(200) {
		pod := (&dice{throw(seed, 1000)}).pod(t)
		_, err := review(pod)
		require.NoError(t, err, "%s", pod)
		if len(complete(t, pod, defaults...).patch) > 0 {
			changed++
		}
	}
	require.Greater(t, changed, 75)
}

// withMostParameters are the defaults with the parameters of the fixture that
// sets the most, in its Namespace.
func withMostParameters(tb testing.TB) []running {
	tb.Helper()
	var all []running
	for _, m := range All() {
		most := slices.MaxFunc(fixturesOf(tb, m.Name), func(a, b fixture) int { return len(a.params) - len(b.params) })
		all = append(all, most.start(tb, m))
	}
	return all
}

// bigPod is what the ReplicaSet controller made and an API server sent.
func bigPod(tb testing.TB) []byte {
	tb.Helper()
	pod, err := os.ReadFile("testdata/big.pod.json")
	require.NoError(tb, err)
	return bytes.TrimSpace(pod)
}

func throw(seed uint64, n int) []byte {
	source := rand.NewChaCha8([32]byte{1: byte(seed), 2: byte(seed >> 8)})
	data := make([]byte, n)
	_, _ = source.Read(data)
	data[0] |= 0x80 // no brace
	return data
}

// dice make a Pod: what parents it lacks, what is null, and where it has fields
// that nobody knows.
type dice struct{ data []byte }

// roll returns a number below n, and 0 when the data are used up.
func (d *dice) roll(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	rolled := int(d.data[0]) % n
	d.data = d.data[1:]
	return rolled
}

type object map[string]func() any

func (d *dice) pod(t *testing.T) []byte {
	t.Helper()
	d.roll(2) // the first byte tells dice from a Pod
	pod := d.object(object{
		"metadata": func() any {
			return d.object(object{
				"name":        d.one("web", "a\"b", ""),
				"annotations": d.annotations,
				"labels": func() any {
					return d.object(object{
						"app": d.one("web", ""), "app.kubernetes.io/name": d.one("web", ""), "app.kubernetes.io/version": d.one("1"), "pod-template-hash": d.one("abc"),
					})
				},
				"ownerReferences": func() any {
					return d.list(func() any {
						return d.object(object{"kind": d.one("ReplicaSet", "DaemonSet"), "controller": d.one(true, false)})
					})
				},
			})
		},
		"spec":   d.spec,
		"status": func() any { return d.object(object{"phase": d.one("Pending")}) },
	})
	fields, _ := pod.(map[string]any)
	fields["apiVersion"], fields["kind"] = "v1", "Pod"
	doc, err := json.Marshal(fields)
	require.NoError(t, err)
	if d.roll(4) == 1 {
		var indented bytes.Buffer
		require.NoError(t, json.Indent(&indented, doc, "\r\n", " \t"))
		doc = indented.Bytes()
	}
	return doc
}

func (d *dice) annotations() any {
	return d.object(object{
		"prometheus.io/scrape":                     d.one("true", "false", ""),
		"prometheus.io/port":                       d.one("9090", "x"),
		"prometheus.io/path":                       d.one("/m", ""),
		"prometheus.io/scheme":                     d.one("https"),
		"seccomp.security.alpha.kubernetes.io/pod": d.one("unconfined"),
		"a/~b": d.one("x"),
	})
}

func (d *dice) spec() any {
	return d.object(object{
		"os": func() any { return d.object(object{"name": d.one("linux", "linux", "windows", "")}) },
		"nodeSelector": func() any {
			return d.object(object{"kubernetes.io/os": d.one("linux", "linux", "windows"), "pool": d.one("web", "")})
		},
		"securityContext":               d.podSecurityContext,
		"resources":                     d.resources,
		"containers":                    d.containers,
		"initContainers":                d.containers,
		"ephemeralContainers":           d.containers,
		"hostNetwork":                   d.one(false, true),
		"hostUsers":                     d.one(true, false),
		"volumes":                       d.volumes,
		"serviceAccountName":            d.one("default", "web", ""),
		"automountServiceAccountToken":  d.one(true, false),
		"dnsPolicy":                     d.one("ClusterFirst", "Default", "None"),
		"dnsConfig":                     d.dnsConfig,
		"enableServiceLinks":            d.one(true, false),
		"terminationGracePeriodSeconds": d.one(30, 3600, 0),
		"priorityClassName":             d.one("low"),
		"priority":                      d.one(0, 1000),
		"preemptionPolicy":              d.one("Never"),
		"runtimeClassName":              d.one("gvisor"),
		"imagePullSecrets":              func() any { return d.list(func() any { return d.object(object{"name": d.one("registry", "other")}) }) },
		"tolerations":                   d.tolerations,
		"topologySpreadConstraints":     d.topologySpread,
	})
}

func (d *dice) dnsConfig() any {
	return d.object(object{"options": func() any {
		return d.list(func() any { return d.object(object{"name": d.one("timeout", "ndots"), "value": d.one("1")}) })
	}})
}

func (d *dice) tolerations() any {
	return d.list(func() any {
		return d.object(object{"key": d.one("dedicated"), "operator": d.one("Equal", "Exists"), "value": d.one("shop"), "effect": d.one("NoSchedule")})
	})
}

func (d *dice) topologySpread() any {
	return d.list(func() any {
		return d.object(object{"topologyKey": d.one("kubernetes.io/hostname"), "maxSkew": d.one(1), "whenUnsatisfiable": d.one("ScheduleAnyway")})
	})
}

// tokenName is what mounts and volumes have in common.
func (d *dice) tokenName() any {
	return d.one("kube-api-access-abcde", "kube-api-access-abcde", "data")()
}

func (d *dice) volumes() any {
	return d.list(func() any {
		if d.roll(2) == 1 {
			return d.tokenVolume()
		}
		return d.object(object{
			"name": d.tokenName,
			"emptyDir": func() any {
				return d.object(object{"medium": d.one("Memory", "HugePages"), "sizeLimit": d.one("1Mi", "0")})
			},
			"image": func() any {
				return d.object(object{"reference": d.one("nginx", "quay.io/a/b:1"), "pullPolicy": d.one("IfNotPresent", "Never")})
			},
		})
	})
}

// tokenVolume is what the API server adds, or looks like it.
func (d *dice) tokenVolume() any {
	token := map[string]any{"path": "token", "audience": d.one("", "", "vault")()}
	return map[string]any{"name": d.tokenName(), "projected": map[string]any{"sources": []any{
		map[string]any{"serviceAccountToken": token},
		map[string]any{"configMap": map[string]any{"name": "kube-root-ca.crt"}},
		map[string]any{"downwardAPI": map[string]any{}},
	}}}
}

func (d *dice) volumeMounts() any {
	const path = "/var/run/secrets/kubernetes.io/serviceaccount"
	return d.list(func() any {
		if d.roll(2) == 1 {
			return map[string]any{"name": d.tokenName(), "mountPath": path, "readOnly": true}
		}
		return d.object(object{"name": d.tokenName, "mountPath": d.one(path, "/data"), "readOnly": d.one(true, true, false)})
	})
}

func (d *dice) containers() any {
	return d.list(func() any {
		return d.object(object{
			"name":            d.one("web", "istio-proxy", "a/b", "web", ""),
			"image":           d.one("nginx", "docker.io/acme/web:1.0", "quay.io/a/b@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "a b", ""),
			"imagePullPolicy": d.one("IfNotPresent", "Always", "Never"),
			"volumeMounts":    d.volumeMounts,
			"lifecycle":       func() any { return d.object(object{"preStop": d.sleep}) },
			"restartPolicy":   d.one("Always", "Never", ""),
			"securityContext": d.securityContext,
			"resources":       d.resources,
			"env": func() any {
				return d.list(func() any {
					return d.object(object{"name": d.one("A", "B", "HTTP_PROXY", "no_proxy", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"), "value": d.one("1", "2")})
				})
			},
			"ports": func() any { return d.list(d.port) },
		})
	})
}

func (d *dice) sleep() any {
	return d.object(object{"sleep": func() any { return d.object(object{"seconds": d.one(5, 600)}) }})
}

func (d *dice) port() any {
	return d.object(object{
		"name":          d.one("metrics", "https-metrics", "prometheus", "http", ""),
		"containerPort": d.one(9090, 8080, 0),
		"protocol":      d.one("TCP", "UDP", ""),
	})
}

func (d *dice) podSecurityContext() any {
	return d.object(object{
		"runAsUser":      d.one(0, 1000),
		"runAsNonRoot":   d.one(true, false),
		"fsGroup":        d.one(0, 2000),
		"seccompProfile": func() any { return d.object(object{"type": d.one("Unconfined", "")}) },
		"windowsOptions": func() any { return d.object(object{"hostProcess": d.one(true)}) },
	})
}

func (d *dice) securityContext() any {
	capabilities := d.one("ALL", "NET_RAW", "CAP_SYS_ADMIN", "SYS_ADMIN", "sys_admin", "")
	return d.object(object{
		"privileged":               d.one(true, false),
		"allowPrivilegeEscalation": d.one(true, false),
		"readOnlyRootFilesystem":   d.one(true, false),
		"runAsUser":                d.one(0, 1000),
		"runAsNonRoot":             d.one(true, false),
		"capabilities": func() any {
			return d.object(object{
				"add":  func() any { return d.list(capabilities) },
				"drop": func() any { return d.list(capabilities) },
			})
		},
	})
}

func (d *dice) resources() any {
	list := func() any {
		quantity := d.one("1", "50m", "0", "1Gi", 2, 0.5, "1e3")
		return d.object(object{"cpu": quantity, "memory": quantity, "ephemeral-storage": quantity, "nvidia.com/gpu": quantity})
	}
	return d.object(object{"requests": list, "limits": list, "claims": func() any {
		return d.list(func() any { return d.object(object{"name": d.one("gpu")}) })
	}})
}

// mostly are the fields without which there is nothing to complete.
var mostly = map[string]bool{"spec": true, "containers": true}

// object takes each field or leaves it out, makes it null, and sometimes adds
// one that nobody knows: a string, so that it fits a map of strings, too.
func (d *dice) object(fields object) any {
	made := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch roll := d.roll(16); {
		case roll == 1:
			made[name] = nil
		case roll > 6, roll > 1 && mostly[name]:
			made[name] = fields[name]()
		}
	}
	if d.roll(4) == 1 {
		made["future"] = "1"
	}
	return made
}

func (d *dice) list(item func() any) any {
	made := []any{}
	for range (d.roll(4) + 1) % 4 {
		if d.roll(64) == 1 {
			made = append(made, nil)
			continue
		}
		made = append(made, item())
	}
	return made
}

func (d *dice) one(values ...any) func() any {
	return func() any { return values[d.roll(len(values))] }
}
