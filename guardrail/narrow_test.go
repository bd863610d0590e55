package guardrail

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	admissionv1 "k8s.io/api/admission/v1"
)

// exempting is a Guardrail of three checks and a rule, and an Exemption of all that is as narrow as
// is said.
func exempting(narrow string) string {
	return `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  validators: [{name: image-latest-tag}, {name: pod-security}, {name: host-users}]
  rules: [` + rule("team", pods, "has(object.metadata.labels) && 'team' in object.metadata.labels", "") + `]
---
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: e, namespace: shop}
spec: {validators: [image-latest-tag, pod-security, host-users, team], reason: r, owner: o, expires: "2027-01-01", ` + narrow + `}
`
}

const (
	agentContainer = "{name: agent, image: 'registry.example.com/agent', securityContext: {privileged: true}}"
	webContainer   = "{name: web, image: nginx}"
)

func podNamed(metadata string, containers ...string) string {
	return "{apiVersion: v1, kind: Pod, metadata: {" + metadata + "}, spec: {containers: [" + strings.Join(containers, ", ") + "]}}"
}

func controlledBy(kind, name string) string {
	return "ownerReferences: [{apiVersion: apps/v1, kind: " + kind + ", name: " + name + ", uid: '1', controller: true}]"
}

// TestAnExemptionByName: a name is that of the object or of the workload that a Pod belongs to.
func TestAnExemptionByName(t *testing.T) {
	const hash = "labels: {pod-template-hash: 5d4f8c7b9}, "
	workload := func(kind, metadata string) string {
		return "{apiVersion: apps/v1, kind: " + kind + ", metadata: {" + metadata + "}, spec: {template: {spec: {containers: [" + webContainer + "]}}}}"
	}
	job := strings.Replace(workload("Job", "name: agent-28391234, "+controlledBy("CronJob", "agent")), "apps/v1, kind: Job", "batch/v1, kind: Job", 1)
	for name, test := range map[string]struct {
		names, object string
		exempt        bool
	}{
		"a Pod of that name":             {"[agent]", podNamed("name: agent", webContainer), true},
		"a Pod of another name":          {"[agent]", podNamed("name: agent-2", webContainer), false},
		"a Pod whose name begins so":     {"['agent*']", podNamed("name: agent-2", webContainer), true},
		"a Pod whose name will begin so": {"['agent-*']", podNamed("generateName: agent-x-", webContainer), true},
		"a Pod whose name may begin so":  {"['agent-xyz*']", podNamed("generateName: agent-x", webContainer), false},
		"a Pod that has no name yet":     {"[agent-x]", podNamed("generateName: agent-x", webContainer), false},
		"a Deployment":                   {"[agent]", workload("Deployment", "name: agent"), true},
		"a ReplicaSet of a Deployment":   {"[agent]", workload("ReplicaSet", "name: agent-5d4f8c7b9, "+controlledBy("Deployment", "agent")), true},
		"a Pod of a Deployment":          {"[agent]", podNamed("generateName: agent-5d4f8c7b9-, "+hash+controlledBy("ReplicaSet", "agent-5d4f8c7b9"), webContainer), true},
		"a Pod of another Deployment":    {"[agent]", podNamed("generateName: agent-2-5d4f8c7b9-, "+hash+controlledBy("ReplicaSet", "agent-2-5d4f8c7b9"), webContainer), false},
		"a Pod of a ReplicaSet":          {"[agent-5d4f8c7b9]", podNamed("name: a, "+controlledBy("ReplicaSet", "agent-5d4f8c7b9"), webContainer), true},
		"a Pod of a DaemonSet":           {"[agent]", podNamed("generateName: agent-, "+controlledBy("DaemonSet", "agent"), webContainer), true},
		"a Job of a CronJob":             {"[agent]", job, true},
		"a Pod of a Job of a CronJob":    {"[agent]", podNamed("name: a, "+controlledBy("Job", "agent-28391234"), webContainer), true},
		"a Pod of a Job":                 {"[agent]", podNamed("name: a, "+controlledBy("Job", "agent-import"), webContainer), false},
		"a Pod that only says it":        {"[agent]", podNamed("name: a, "+strings.Replace(controlledBy("DaemonSet", "agent"), ", controller: true", "", 1), webContainer), false},
	} {
		t.Run(name, func(t *testing.T) {
			found := evaluated(t, compiled(t, inNovember, exempting("names: "+test.names)), request{object: test.object})
			assert.Equal(t, test.exempt, len(found) == 0, found)
		})
	}
}

// TestAnExemptionOfContainers: what is found of other containers stays, and what is found of the Pod
// unless all its containers are exempt.
func TestAnExemptionOfContainers(t *testing.T) {
	const ofWeb, ofAgent, ofPod = "image-latest-tag: spec.containers[0].image", "pod-security: spec.containers[0].securityContext.privileged", "host-users: spec.hostUsers"
	const ofRule = "team: must satisfy"
	for name, test := range map[string]struct {
		narrow     string
		containers []string
		want       []string
	}{
		"alone, by name":           {"containers: [agent]", []string{agentContainer}, nil},
		"alone, by image":          {"images: ['registry.example.com/agent:*', registry.example.com/agent]", []string{agentContainer}, nil},
		"alone, by both":           {"containers: ['ag*'], images: [registry.example.com/agent]", []string{agentContainer}, nil},
		"another image":            {"containers: [agent], images: [registry.example.com/other]", []string{agentContainer}, []string{"image-latest-tag", ofAgent, ofPod, ofRule}},
		"another name":             {"containers: [proxy]", []string{agentContainer}, []string{"image-latest-tag", ofAgent, ofPod, ofRule}},
		"beside another container": {"containers: [agent]", []string{webContainer, agentContainer}, []string{ofWeb, ofPod, ofRule}},
	} {
		t.Run(name, func(t *testing.T) {
			found := evaluated(t, compiled(t, inNovember, exempting(test.narrow)), request{object: podNamed("name: agent", test.containers...)})
			assert.Len(t, found, len(test.want), found)
			for _, want := range test.want {
				assert.Contains(t, strings.Join(found, "\n"), want)
			}
		})
	}
}

// TestAnImageThatIsExemptLeavesNothingToTheNext: the image of a Pod can be changed, and with it what
// runs privileged.
func TestAnImageThatIsExemptLeavesNothingToTheNext(t *testing.T) {
	set := compiled(t, inNovember, exempting("images: ['registry.example.com/agent:*', registry.example.com/agent]"))
	evil := strings.Replace(agentContainer, "registry.example.com/agent", "registry.example.com/evil:1", 1)
	found := strings.Join(evaluated(t, set, request{operation: admissionv1.Update, old: podNamed("name: a", agentContainer), object: podNamed("name: a", evil)}), "\n")
	assert.Contains(t, found, "Deny pod-security: spec.containers[0].securityContext.privileged")
	assert.Contains(t, found, "Deny team: ")
	assert.Contains(t, found, "Deny host-users: ")

	// What was there before, and was never exempt, may stay.
	found = strings.Join(evaluated(t, set, request{operation: admissionv1.Update, old: podNamed("name: a", evil), object: podNamed("name: a", evil)}), "\n")
	assert.NotContains(t, found, "Deny")
}

// TestATemplateIsExemptAsItsPodsAre: whatever makes an Exemption narrow.
func TestATemplateIsExemptAsItsPodsAre(t *testing.T) {
	for _, narrow := range []string{
		"names: [agent]", "names: [other]", "names: ['ag*']", "containers: [agent]", "containers: [web]",
		"images: [registry.example.com/agent]", "names: [agent], containers: [agent]", "selector: {matchLabels: {pod-template-hash: x}}",
	} {
		set := compiled(t, inNovember, exempting(narrow))
		spec := "spec: {containers: [" + agentContainer + ", " + webContainer + "]}"
		template := "{apiVersion: apps/v1, kind: Deployment, metadata: {name: agent}, spec: {template: {metadata: {labels: {team: a}}, " + spec + "}}}"
		pod := "{apiVersion: v1, kind: Pod, metadata: {generateName: agent-x1-, labels: {team: a, pod-template-hash: x1}, " + controlledBy("ReplicaSet", "agent-x1") + "}, " + spec + "}"
		r := request{object: template}.review(t)
		assert.Equal(t, verdict(decided(t, set, request{object: pod}.review(t)).Findings), below(r.Pod.Path, decided(t, set, r).Findings), narrow)
	}
}

func TestANarrowExemptionThatNothingFallsUnder(t *testing.T) {
	check := func(validators, narrow string) []string {
		return errorTexts((*Set)(nil).Check([]byte(`{apiVersion: taffrail.dev/v1alpha1, kind: Exemption, metadata: {name: e, namespace: shop},
			spec: {validators: [` + validators + `], reason: r, owner: o, expires: "2027-01-01", ` + narrow + `}}`)))
	}
	assert.Empty(t, check("image-latest-tag", "names: [web, 'api-*'], containers: [app], images: ['nginx:*']"))
	for narrow, want := range map[string]string{
		"names: ['*']":          `spec.names[0]: Invalid value: "*": must be the name of an object or of the workload that owns a Pod, or its beginning followed by *`,
		"names: ['a*b']":        `spec.names[0]: Invalid value: "a*b": must be the name of an object or of the workload that owns a Pod, or its beginning followed by *`,
		"names: ['shop/web']":   `spec.names[0]: Invalid value: "shop/web": must be the name of an object or of the workload that owns a Pod, or its beginning followed by *`,
		"containers: [Web_App]": `spec.containers[0]: Invalid value: "Web_App": must be the name of a container, or its beginning followed by *`,
		"images: ['nginx*:']":   `spec.images[0]: Invalid value: "nginx*:": `,
		"image: [nginx]":        `unknown field "spec.image"; the fields are: `,
	} {
		texts := check("image-latest-tag", narrow)
		if assert.Len(t, texts, 1, narrow) {
			assert.Contains(t, texts[0], want)
		}
	}
	assert.Equal(t, []string{
		`Exemption "shop/e": spec.validators[1]: Forbidden: must not be ingress-tls beside containers or images: it does not look at containers, so nothing would be exempt`,
	}, check("image-latest-tag, ingress-tls", "containers: [app]"))
	assert.Empty(t, check("ingress-tls", "names: [web]"))
}

// inNovember is before the Exemptions of these tests expire.
var inNovember = Options{Now: func() time.Time { return time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC) }}
