package workload

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// everySpecVerb is what everyVerb leaves out.
func everySpecVerb(pod *Pod) {
	pod.SetNodeSelector("a/b", "1")
	pod.AppendToleration(corev1.Toleration{Key: "t", Value: "1", Effect: corev1.TaintEffectNoSchedule})
	pod.SetPriorityClassName("p")
	pod.SetRuntimeClassName("r")
	pod.AppendTopologySpreadConstraint(corev1.TopologySpreadConstraint{TopologyKey: "z", MaxSkew: 1, WhenUnsatisfiable: corev1.ScheduleAnyway})
	pod.SetAutomountServiceAccountToken(false)
	pod.SetHostUsers(false)
	pod.SetDNSNameservers([]string{"10.0.0.10"})
	pod.SetDNSSearches([]string{"example.com"})
	pod.AppendDNSOption(corev1.PodDNSConfigOption{Name: "ndots", Value: new("2")})
	pod.AppendImagePullSecret("s")
	for i := range pod.Spec.Volumes {
		pod.SetEmptyDirSizeLimit(i, resource.MustParse("1Gi"))
	}
	for c := range pod.Containers() {
		c.SetResourceLimit(corev1.ResourceCPU, resource.MustParse("1"))
	}
}

const specSet = `"nodeSelector": {"a/b": "1"},
	"tolerations": [{"key": "t", "value": "1", "effect": "NoSchedule"}],
	"priorityClassName": "p", "runtimeClassName": "r",
	"topologySpreadConstraints": [{"topologyKey": "z", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}],
	"automountServiceAccountToken": false, "hostUsers": false,
	"dnsConfig": {"nameservers": ["10.0.0.10"], "searches": ["example.com"], "options": [{"name": "ndots", "value": "2"}]},
	"imagePullSecrets": [{"name": "s"}],
	"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}],
	"containers": [{"name": "a", "resources": {"limits": {"cpu": "1"}}}]`

func TestSpecVerbs(t *testing.T) {
	for name, spec := range map[string]string{
		"absent": `"volumes": [{"name": "v", "emptyDir": {}}], "containers": [{"name": "a"}]`,
		"null": `"nodeSelector": null, "tolerations": null, "priorityClassName": null, "runtimeClassName": null,
			"topologySpreadConstraints": null, "automountServiceAccountToken": null, "hostUsers": null, "dnsConfig": null, "imagePullSecrets": null,
			"volumes": [{"name": "v", "emptyDir": {"sizeLimit": null}}], "containers": [{"name": "a", "resources": {"limits": null}}]`,
		"empty": `"nodeSelector": {}, "tolerations": [], "topologySpreadConstraints": [], "dnsConfig": {"nameservers": [], "searches": [], "options": []}, "imagePullSecrets": [],
			"volumes": [{"name": "v", "emptyDir": {}}], "containers": [{"name": "a", "resources": {"limits": {}}}]`,
		"null below": `"dnsConfig": {"nameservers": null, "searches": null, "options": null}, "volumes": [{"name": "v", "emptyDir": {}}], "containers": [{"name": "a", "resources": {}}]`,
		"resolved before": `"priority": 0, "preemptionPolicy": "PreemptLowerPriority", "dnsConfig": {},
			"volumes": [{"name": "v", "emptyDir": {}}], "containers": [{"name": "a"}]`,
		"set": specSet,
	} {
		t.Run(name, func(t *testing.T) {
			assert.JSONEq(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {`+specSet+`}}`,
				record(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {`+spec+`}}`, everySpecVerb))
		})
	}
}

// What is set otherwise stays, and so does a priority that goes with its class.
func TestSpecVerbsOverwriteNothing(t *testing.T) {
	const doc = `{"apiVersion": "v1", "kind": "Pod", "spec": {
		"nodeSelector": {"a/b": ""},
		"tolerations": [{"key": "t", "operator": "Equal", "value": "1", "effect": "NoSchedule", "tolerationSeconds": 5}],
		"priorityClassName": "q", "priority": 7, "runtimeClassName": "",
		"topologySpreadConstraints": [{"topologyKey": "z", "maxSkew": 5, "whenUnsatisfiable": "ScheduleAnyway"}],
		"automountServiceAccountToken": true, "hostUsers": true,
		"dnsConfig": {"nameservers": ["192.0.2.1"], "searches": ["shop.example"], "options": [{"name": "ndots"}]},
		"imagePullSecrets": [{"name": "s"}],
		"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "0"}}, {"name": "w", "configMap": {}}, null],
		"containers": [{"name": "a", "resources": {"limits": {"cpu": "0"}}}]}}`
	assert.JSONEq(t, doc, record(t, doc, everySpecVerb))
}

func everyReplace(pod *Pod) {
	pod.ReplaceEnableServiceLinks(false)
	pod.ReplaceDNSPolicy(corev1.DNSNone)
	pod.ReplaceTerminationGracePeriod(30)
	for i := range pod.Spec.Volumes {
		pod.ReplaceVolumeImage(i, "w")
		pod.ReplaceVolumePullPolicy(i, corev1.PullAlways)
	}
	for c := range pod.Containers() {
		c.ReplaceImage("w")
		c.ReplaceImagePullPolicy(corev1.PullAlways)
	}
}

func TestReplace(t *testing.T) {
	const want = `{"apiVersion": "v1", "kind": "Pod", "spec": {"enableServiceLinks": false, "dnsPolicy": "None", "terminationGracePeriodSeconds": 30,
		"volumes": [{"name": "v", "image": {"reference": "w", "pullPolicy": "Always"}}, {"name": "e", "emptyDir": {}}],
		"containers": [{"name": "a", "image": "w", "imagePullPolicy": "Always", "future": 1}]}}`
	for name, spec := range map[string]string{
		"absent": `"volumes": [{"name": "v", "image": {}}, {"name": "e", "emptyDir": {}}], "containers": [{"name": "a", "future": 1}]`,
		"null": `"enableServiceLinks": null, "dnsPolicy": null, "terminationGracePeriodSeconds": null,
			"volumes": [{"name": "v", "image": {"reference": null, "pullPolicy": null}}, {"name": "e", "emptyDir": {}}],
			"containers": [{"name": "a", "image": null, "imagePullPolicy": null, "future": 1}]`,
		"set otherwise": `"enableServiceLinks": true, "dnsPolicy": "ClusterFirst", "terminationGracePeriodSeconds": 0,
			"volumes": [{"name": "v", "image": {"reference": "x", "pullPolicy": "Never"}}, {"name": "e", "emptyDir": {}}],
			"containers": [{"name": "a", "image": "x", "imagePullPolicy": "IfNotPresent", "future": 1}]`,
	} {
		t.Run(name, func(t *testing.T) {
			assert.JSONEq(t, want, record(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {`+spec+`}}`, everyReplace))
		})
	}
	r := reviewOf(t, want)
	require.True(t, r.Record())
	everyReplace(r.Pod)
	assert.Nil(t, r.Pod.Patch())
}

func everyRemove(pod *Pod) {
	for c := range pod.Containers() {
		c.RemoveVolumeMounts(func(m *corev1.VolumeMount) bool { return m.Name != "w" })
	}
	pod.RemoveVolumes(func(v *corev1.Volume) bool { return v.Name != "w" })
}

// Of several items the last goes first, each behind a test of its name.
func TestRemove(t *testing.T) {
	const doc = `{"apiVersion": "v1", "kind": "Pod", "spec": {
		"volumes": [{"name": "v", "future": 1}, {"name": "w"}, {"name": "x"}],
		"containers": [{"name": "a", "volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "w", "mountPath": "/w"}, {"name": "x", "mountPath": "/x"}]}]}}`
	assert.JSONEq(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {
		"volumes": [{"name": "w"}], "containers": [{"name": "a", "volumeMounts": [{"name": "w", "mountPath": "/w"}]}]}}`, record(t, doc, everyRemove))

	r := reviewOf(t, doc)
	require.True(t, r.Record())
	everyRemove(r.Pod)
	assert.Equal(t, []Operation{
		{Op: "test", Path: "/spec/containers/0/volumeMounts/2/name", Value: "x"},
		{Op: "remove", Path: "/spec/containers/0/volumeMounts/2"},
		{Op: "test", Path: "/spec/containers/0/volumeMounts/0/name", Value: "v"},
		{Op: "remove", Path: "/spec/containers/0/volumeMounts/0"},
		{Op: "test", Path: "/spec/volumes/2/name", Value: "x"},
		{Op: "remove", Path: "/spec/volumes/2"},
		{Op: "test", Path: "/spec/volumes/0/name", Value: "v"},
		{Op: "remove", Path: "/spec/volumes/0"},
	}, r.Pod.Patch())
}
