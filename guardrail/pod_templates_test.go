package guardrail

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/dice"
)

func ofTemplates(expression string) string {
	return withRules(rule("pods-only", pods, expression, ", message: must be so, podTemplates: true"))
}

// TestARuleOverPodsEvaluatesTheirTemplates: what it says of a template is what it will say of the
// Pods, whatever it reads of them.
func TestARuleOverPodsEvaluatesTheirTemplates(t *testing.T) {
	defaults := "\n  mutators: [{name: default-resource-requests}, {name: default-security-context}]"
	for _, expression := range []string{
		"true", "false",
		"object.kind == 'Pod' && object.apiVersion == 'v1'",
		"object.metadata.namespace == 'shop' && request.namespace == 'shop'",
		"request.operation == 'CREATE' && request.resource.resource == 'pods' && oldObject == null",
		"has(object.metadata.labels) && object.metadata.?labels.app.orValue('') == 'web'",
		"object.metadata.?ownerReferences.orValue([]).exists(o, o.?controller.orValue(false))",
		"object.spec.containers.all(c, has(c.resources) && has(c.resources.requests) && 'cpu' in c.resources.requests)",
		"object.spec.containers.all(c, c.?securityContext.allowPrivilegeEscalation.orValue(true) == false)",
		"object.spec.?future.orValue('') == 'is here'",
		"object.spec.containers[0].securityContext.privileged == true", // fails where it is not set
	} {
		set := compiled(t, Options{}, ofTemplates(expression)+defaults)
		for seed := range uint64(8) {
			template := dice.New(dice.Bytes(seed, 120)).Template()
			template.Spec = []byte(strings.Replace(string(template.Spec), "{", `{"future":"is here",`, 1))
			template.Metadata = []byte(`{"labels":{"app":"web"}}`)
			for _, kind := range holders {
				if kind == podKind {
					continue
				}
				object, err := reviewOf(kind, template.In(kind), nil)
				require.NoError(t, err)
				d := decided(t, set, object)

				made := template
				made.Metadata = metadata(t, map[string]string{"app": "web"}, makerOf(kind))
				r, err := reviewOf(podKind, withNamespace(made.In(podKind)), nil)
				require.NoError(t, err)
				r, err = reviewOf(podKind, patchedBy(t, set, r, withNamespace(made.In(podKind))), nil)
				require.NoError(t, err)
				require.Equal(t, verdict(decided(t, set, r).Findings), verdict(withoutPaths(d.Findings)), "%s: %s", kind.Kind, expression)
				for _, f := range d.Findings {
					require.True(t, f.Path.Within(object.Pod.Path))
				}
			}
		}
	}
}

func withNamespace(pod []byte) []byte {
	return []byte(strings.Replace(string(pod), `"metadata":{`, `"metadata":{"namespace":"shop",`, 1))
}

// withoutPaths are findings as a rule has them about a Pod: it names no place.
func withoutPaths(findings []*Finding) (all []*Finding) {
	for _, f := range findings {
		bare := *f.Finding
		bare.Path = nil
		all = append(all, &Finding{Finding: &bare, Validator: f.Validator, Action: f.Action})
	}
	return all
}

func TestAnUpdateKeepsWhatARuleFoundInATemplate(t *testing.T) {
	set := compiled(t, Options{}, ofTemplates("object.spec.containers.all(c, !c.image.endsWith(':latest'))"))
	deployment := func(image string, replicas string) string {
		return "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: " + replicas + ", template: {spec: {containers: [{name: web, image: '" + image + "'}]}}}}"
	}
	update := func(old, object string) []string {
		return evaluated(t, set, request{operation: admissionv1.Update, old: old, object: object})
	}
	assert.Equal(t, []string{"Warn pods-only: spec.template: must be so; it was so before, so it passes"}, update(deployment("web:latest", "1"), deployment("web:latest", "2")))
	assert.Equal(t, []string{"Deny pods-only: spec.template: must be so"}, update(deployment("web:1", "1"), deployment("web:latest", "1")))
	assert.Equal(t, []string{"Deny pods-only: spec.template: must be so"}, update(deployment("a:latest", "1"), deployment("b:latest", "1")))
	assert.Empty(t, update(deployment("web:latest", "1"), deployment("web:1", "1")))
	assert.Empty(t, evaluated(t, set, request{operation: admissionv1.Delete, old: deployment("web:latest", "1")}))
}

// TestTheWebhookIsCalledForTemplates: a rule that asks for them is in the rules of the webhook.
func TestTheWebhookIsCalledForTemplates(t *testing.T) {
	resources := func(document string) (all []schema.GroupVersionResource) {
		for _, w := range compiled(t, Options{}, document).Resources() {
			all = append(all, w.GroupVersionResource)
		}
		return all
	}
	deployments := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	assert.True(t, slices.Contains(resources(ofTemplates("true")), deployments))
	assert.False(t, slices.Contains(resources(withRules(rule("pods-only", pods, "true", ""))), deployments))
}

func TestMistakesInPodTemplates(t *testing.T) {
	for resources, want := range map[string]string{
		deployments: "must go with resources that are pods: a template is evaluated as the Pod that it becomes",
		everything:  "must go with resources that are pods: a template is evaluated as the Pod that it becomes",
		`{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [UPDATE]}`: "must go with the operation CREATE: that is what becomes of a template",
	} {
		mistakes := errorTexts((*Set)(nil).Check([]byte(withRules(rule("r", resources, "true", ", podTemplates: true")))))
		assert.Equal(t, []string{`Guardrail "g": spec.rules[0].podTemplates: Invalid value: true: ` + want}, mistakes, resources)
	}
}
