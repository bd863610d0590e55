package guardrail

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// Each of the ten examples in docs/rules.md lets something good pass, and refuses something bad
// with its own words. Objects are as an API server sends them.
func TestTheTenExamplesOfThePageAboutRules(t *testing.T) {
	page, err := os.ReadFile("../docs/rules.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "## Ten examples")
	require.True(t, found)
	_, rest, _ = strings.Cut(rest, "```yaml\n")
	document, _, _ := strings.Cut(rest, "```")
	objects, err := Parse("docs/rules.md", []byte(document))
	require.NoError(t, err)
	set, err := Compile(objects, Options{Cluster: workload.Cluster{Namespace: func(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"exposure": name}}}, nil
	}}})
	require.NoError(t, err)
	assert.Empty(t, set.Warnings())

	const (
		deployment  = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {tier: TIER}}, spec: {replicas: REPLICAS, template: {spec: {containers: [{name: web, image: web}]}}}}"
		pod         = "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {initContainers: [{name: init, image: IMAGE}], containers: [{name: web, image: 'registry.example.com/web:1', resources: {limits: {memory: MEMORY}}}]}}"
		ingress     = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {rules: [{host: HOST}]}}"
		service     = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: TYPE}}"
		namespace   = "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {LABEL}}}"
		claim       = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, annotations: {example.com/keep: 'KEEP'}}}"
		cronJob     = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: report}, spec: {schedule: 'SCHEDULE', jobTemplate: {spec: {template: {spec: {containers: [{name: web, image: web}]}}}}}}"
		certificate = "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: web}, spec: {SPEC}}"
	)
	with := func(document string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(document) }
	created := func(document string, pairs ...string) request { return request{object: with(document, pairs...)} }
	in := func(namespace string, r request) request { r.namespace = namespace; return r }
	for rule, test := range map[string]struct {
		good, bad request
		message   string
	}{
		"few-replicas": {created(deployment, "REPLICAS", "5", "TIER", "a"), created(deployment, "REPLICAS", "6", "TIER", "a"), "must have at most 5 replicas, has 6"},
		"cost-center":  {in("-", created(namespace, "LABEL", "cost-center: '1234'")), in("-", created(namespace, "LABEL", "team: shop")), "must have the label cost-center, four digits"},
		"own-registry": {
			created(pod, "IMAGE", "registry.example.com/init:1", "MEMORY", "1Gi"), created(pod, "IMAGE", "elsewhere.example.com/init:1", "MEMORY", "1Gi"),
			"must have all images from registry.example.com",
		},
		"memory-limit": {
			created(pod, "IMAGE", "registry.example.com/init:1", "MEMORY", "2Gi"), created(pod, "IMAGE", "registry.example.com/init:1", "MEMORY", "2049Mi"),
			"must have a memory limit of at most 2Gi in each container",
		},
		"public-services": {
			in("public", created(service, "TYPE", "LoadBalancer")), created(service, "TYPE", "LoadBalancer"),
			"must not be a LoadBalancer where the Namespace is not labelled exposure=public",
		},
		"own-domain": {created(ingress, "HOST", "web.shop.example.com"), created(ingress, "HOST", "web.other.example.com"), "must have hosts below shop.example.com"},
		"tier-is-the-platforms": {
			request{operation: admissionv1.Update, object: with(deployment, "REPLICAS", "3", "TIER", "a"), old: with(deployment, "REPLICAS", "2", "TIER", "a")},
			request{operation: admissionv1.Update, object: with(deployment, "REPLICAS", "2", "TIER", "b"), old: with(deployment, "REPLICAS", "2", "TIER", "a")},
			"must keep its label tier, which the group platform gives",
		},
		"keep": {
			request{operation: admissionv1.Delete, old: with(claim, "KEEP", "no")},
			request{operation: admissionv1.Delete, old: with(claim, "KEEP", "true")},
			"must not be deleted while it is annotated example.com/keep",
		},
		"not-every-minute":   {created(cronJob, "SCHEDULE", "*/5 * * * *"), created(cronJob, "SCHEDULE", "* * * * *"), "must not run every minute"},
		"short-certificates": {created(certificate, "SPEC", "secretName: web"), created(certificate, "SPEC", "duration: 87600h"), "must have a duration of at most 2160h"},
	} {
		t.Run(rule, func(t *testing.T) {
			assert.Contains(t, document, "- name: "+rule+"\n")
			assert.Empty(t, evaluated(t, set, test.good))
			assert.Equal(t, []string{"Deny " + rule + ": " + test.message}, evaluated(t, set, test.bad))
		})
	}
	assert.Len(t, objects.Guardrails[0].Spec.Rules, 10)
}
