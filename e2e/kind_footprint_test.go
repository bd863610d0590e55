//go:build e2e && kind

package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

const mebibyte = 1 << 20

// What `kubectl top` would show of a replica.
func TestAReplicaIsSmall(t *testing.T) {
	installed(t)
	for _, test := range []struct {
		name      string
		perSecond int
		most      int64 // working set, in bytes
	}{
		{"idle", 0, 64 * mebibyte},
		{"at 200 admissions a second", 200, 100 * mebibyte},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.perSecond > 0 {
				s := admit(t, test.perSecond, true)
				defer s.end()
				s.more(t, 20*test.perSecond)
			}
			for _, pod := range replicas(t) {
				u := freshUsage(t, &pod)
				fmt.Printf("%s %s: %.1f MiB, %d m CPU\n", pod.Name, test.name, float64(u.memory)/mebibyte, u.milliCPU)
				assert.Less(t, u.memory, test.most, "%s: bytes of memory", pod.Name)
			}
		})
	}
}

// usage is what a container uses of its node.
type usage struct {
	at       time.Time
	memory   int64 // bytes, the working set of its cgroup
	milliCPU int64
}

// freshUsage is measured after it is asked for: the kubelet measures every ten seconds or so.
func freshUsage(t *testing.T, pod *corev1.Pod) usage {
	t.Helper()
	start := time.Now()
	var u usage
	eventually(t, "the kubelet measures "+pod.Name, func() bool {
		u = lastUsage(t, pod)
		return u.at.After(start) && u.memory > 0
	})
	return u
}

func lastUsage(t *testing.T, pod *corev1.Pod) usage {
	t.Helper()
	r := cluster(t).kubectl(t, "", "get", "--raw", "/api/v1/nodes/"+pod.Spec.NodeName+"/proxy/stats/summary")
	if r.exitCode != 0 {
		return usage{} // the kubelet does not answer now
	}
	var summary struct {
		Pods []struct {
			PodRef     struct{ UID string }
			Containers []struct {
				CPU struct {
					Time           time.Time
					UsageNanoCores int64
				}
				Memory struct{ WorkingSetBytes int64 }
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &summary))
	for _, p := range summary.Pods {
		if p.PodRef.UID == string(pod.UID) && len(p.Containers) == 1 {
			c := p.Containers[0]
			return usage{at: c.CPU.Time, memory: c.Memory.WorkingSetBytes, milliCPU: c.CPU.UsageNanoCores / 1e6}
		}
	}
	return usage{}
}
