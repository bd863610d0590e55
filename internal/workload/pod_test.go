package workload

import (
	"fmt"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
)

const everyContainer = `{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {
	"initContainers": [{"name": "init"}, {"name": "sidecar", "restartPolicy": "Always"}, {"name": "late", "restartPolicy": "Never"}],
	"containers": [{"name": "a"}, {"name": "b"}],
	"ephemeralContainers": [{"name": "debug"}]}}}}`

func TestContainers(t *testing.T) {
	pod := reviewOf(t, everyContainer).Pod
	type seen struct {
		path        string
		name        string
		of          ContainerType
		longRunning bool
	}
	all := []seen{
		{"spec.template.spec.initContainers[0]", "init", Init, false},
		{"spec.template.spec.initContainers[1]", "sidecar", Sidecar, true},
		{"spec.template.spec.initContainers[2]", "late", Init, false},
		{"spec.template.spec.containers[0]", "a", Regular, true},
		{"spec.template.spec.containers[1]", "b", Regular, true},
		{"spec.template.spec.ephemeralContainers[0]", "debug", Ephemeral, false},
	}
	list := func(containers iter.Seq[Container]) (got []seen) {
		for c := range containers {
			assert.Same(t, pod, c.Pod())
			got = append(got, seen{c.Path().String(), c.Name, c.Type, c.LongRunning()})
		}
		return got
	}
	assert.Equal(t, all, list(pod.AllContainers()))
	assert.Equal(t, all[:5], list(pod.Containers()))
}

// Whoever has seen enough may stop at any container.
func TestContainersStop(t *testing.T) {
	pod := reviewOf(t, everyContainer).Pod
	for stop := 1; stop <= 6; stop++ {
		n := 0
		for range pod.AllContainers() {
			if n++; n == stop {
				break
			}
		}
		assert.Equal(t, stop, n)
	}
}

// What is changed through a Container is changed in its Pod.
func TestContainersAreThePods(t *testing.T) {
	pod := reviewOf(t, everyContainer).Pod
	for c := range pod.AllContainers() {
		c.Image = "changed"
	}
	assert.Equal(t, "changed", pod.Spec.InitContainers[1].Image)
	assert.Equal(t, "changed", pod.Spec.Containers[1].Image)
	assert.Equal(t, "changed", pod.Spec.EphemeralContainers[0].Image)
}

func TestEffective(t *testing.T) {
	for _, tc := range []struct {
		pod, container string
		uid            *int64
		nonRoot        *bool
	}{
		{pod: `{}`, container: `{}`},
		{pod: `{"runAsUser": 1, "runAsNonRoot": true}`, container: `{}`, uid: new(int64(1)), nonRoot: new(true)},
		{pod: `{}`, container: `{"runAsUser": 0, "runAsNonRoot": false}`, uid: new(int64(0)), nonRoot: new(false)},
		{pod: `{"runAsUser": 1, "runAsNonRoot": true}`, container: `{"runAsUser": 0, "runAsNonRoot": false}`, uid: new(int64(0)), nonRoot: new(false)},
		{pod: `null`, container: `null`},
	} {
		doc := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Pod", "spec": {"securityContext": %s, "containers": [{"securityContext": %s}]}}`, tc.pod, tc.container)
		for c := range reviewOf(t, doc).Pod.Containers() {
			assert.Equal(t, tc.uid, c.EffectiveRunAsUser(), doc)
			assert.Equal(t, tc.nonRoot, c.EffectiveRunAsNonRoot(), doc)
		}
	}
}
