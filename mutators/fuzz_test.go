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
	parameters := [][]Mutate{withDefaultParameters(f), withMostParameters(f)}
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
			backwards := slices.Clone(forwards)
			slices.Reverse(backwards)
			require.JSONEq(t, string(complete(t, pod, forwards...).pod), string(complete(t, pod, backwards...).pod))
		}
	})
}

// TestDice shows that what the dice make are Pods, and different ones.
func TestDice(t *testing.T) {
	changed := 0
	for seed := range uint64(200) {
		pod := (&dice{throw(seed, 1000)}).pod(t)
		_, err := review(pod)
		require.NoError(t, err, "%s", pod)
		if len(complete(t, pod, withMostParameters(t)...).patch) > 0 {
			changed++
		}
	}
	require.Greater(t, changed, 75)
}

// withMostParameters are the defaults with the parameters of the fixture that
// sets the most.
func withMostParameters(tb testing.TB) []Mutate {
	tb.Helper()
	var all []Mutate
	for _, m := range All() {
		most := slices.MaxFunc(fixturesOf(tb, m.Name), func(a, b fixture) int { return len(a.params) - len(b.params) })
		mutate, err := m.New(strictly(most.params))
		require.NoError(tb, err)
		all = append(all, mutate)
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
				"labels":      func() any { return d.object(object{"app": d.one("web", "")}) },
				"annotations": d.annotations,
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
		"os":                  func() any { return d.object(object{"name": d.one("linux", "linux", "windows", "")}) },
		"nodeSelector":        func() any { return d.object(object{"kubernetes.io/os": d.one("linux", "linux", "windows")}) },
		"securityContext":     d.podSecurityContext,
		"resources":           d.resources,
		"containers":          d.containers,
		"initContainers":      d.containers,
		"ephemeralContainers": d.containers,
		"hostNetwork":         d.one(true, false),
	})
}

func (d *dice) containers() any {
	return d.list(func() any {
		return d.object(object{
			"name":            d.one("web", "istio-proxy", "a/b", "web", ""),
			"image":           d.one("nginx", ""),
			"restartPolicy":   d.one("Always", "Never", ""),
			"securityContext": d.securityContext,
			"resources":       d.resources,
			"env": func() any {
				return d.list(func() any { return d.object(object{"name": d.one("A", "B"), "value": d.one("1", "2")}) })
			},
			"ports": func() any { return d.list(d.port) },
		})
	})
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
