package guardrail

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/workload"
)

func TestNamespaceOverrides(t *testing.T) {
	const (
		forbidden = "validators: [{name: image-latest-tag}]"
		allowed   = "namespaceOverrides: Allowed, " + forbidden
		undecided = "match: {matchConditions: [{name: tier, expression: 'object.metadata.labels.tier == \"web\"'}]}, " + allowed
		softened  = "; softened by the label taffrail.dev/action of the Namespace"
		tagged    = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'nginx:1'}]}"
	)
	found := nginxDenied[len("Deny "):]
	cannot := "matchConditions: must be evaluated, but the match conditions failed: tier: no such key: tier; guard what may be absent with has()"
	for _, test := range []struct {
		name, spec, label string
		request           request
		want              []string
		asks              bool
	}{
		{"forbidden by default", forbidden, "warn", request{object: nginxPod}, []string{nginxDenied}, false},
		{"forbidden", "namespaceOverrides: Forbidden, " + forbidden, "warn", request{object: nginxPod}, []string{nginxDenied}, false},
		{"to a warning", allowed, "warn", request{object: nginxPod}, []string{"Warn " + found + softened}, true},
		{"to the audit log", allowed, "audit", request{object: nginxPod}, []string{"Audit " + found + softened}, true},
		{"another value", allowed, "Warn", request{object: nginxPod}, []string{nginxDenied}, true},
		{"no label", allowed, "", request{object: nginxPod}, []string{nginxDenied}, true},
		{"no Namespace", allowed, "warn", request{object: nginxPod, namespace: "-"}, []string{nginxDenied}, false},
		{"nothing found", allowed, "warn", request{object: tagged}, nil, false},
		{"what warns anyway", "namespaceOverrides: Allowed, validators: [{name: image-latest-tag, action: Warn}]", "audit", request{object: nginxPod}, []string{"Warn " + found}, false},
		{"what was there before", allowed, "audit", request{operation: admissionv1.Update, object: nginxPod, old: nginxPod}, []string{"Warn " + found + "; it was so before, so it passes"}, false},
		{"what could not be evaluated", undecided, "warn", request{object: nginxPod}, []string{"Warn " + cannot + softened}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := false
			options := Options{Cluster: workload.Cluster{Namespace: func(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
				asked = true
				return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"taffrail.dev/action": test.label}}}, nil
			}}}
			set := compiled(t, options, "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {"+test.spec+"}")
			assert.Equal(t, test.want, evaluated(t, set, test.request))
			assert.Equal(t, test.asks, asked)
		})
	}
}

func TestANamespaceThatCannotBeReadSoftensNothing(t *testing.T) {
	document := "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {namespaceOverrides: Allowed, validators: [{name: image-latest-tag}]}"
	set := compiled(t, Options{Cluster: workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
		return nil, errors.New("timeout")
	}}}, document)
	d, err := set.Validate(context.Background(), request{object: nginxPod}.review(t))
	require.EqualError(t, err, `looking up namespace "shop": timeout`)
	assert.True(t, d.Denied())

	unknown := compiled(t, Options{Cluster: workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
		return nil, nil
	}}}, document)
	assert.Equal(t, []string{nginxDenied}, evaluated(t, unknown, request{object: nginxPod}))
}
