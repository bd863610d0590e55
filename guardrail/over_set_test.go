package guardrail

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// ofOneObject are the checks that evaluate one object at a time.
func ofOneObject() []validators.Validator {
	return slices.DeleteFunc(validators.All(), func(v validators.Validator) bool { return v.OverSet != nil })
}

// danglingIn are a Service that selects nothing, and a Deployment, in a namespace.
func danglingIn(namespace string) string {
	return strings.ReplaceAll(`
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {selector: {app: wbe}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example.com/web:1.4"}]}
`, "shop", namespace)
}

// togetherIn are the findings of a set over all objects together, and those that are exempt.
func togetherIn(t *testing.T, set *Set, documents string) (findings, exempted []string) {
	t.Helper()
	var reviews []*workload.Review
	all := sets.New()
	for document := range strings.SplitSeq(documents, "\n---\n") {
		raw, err := yaml.YAMLToJSON([]byte(document))
		require.NoError(t, err)
		var meta metav1.PartialObjectMetadata
		require.NoError(t, json.Unmarshal(raw, &meta))
		resource, _ := workload.ResourceFor(meta.GroupVersionKind())
		review, err := workload.NewReview(&admissionv1.AdmissionRequest{
			Operation: admissionv1.Create, Name: meta.Name, Namespace: cmp.Or(meta.Namespace, "shop"),
			Kind: metav1.GroupVersionKind(meta.GroupVersionKind()), Resource: metav1.GroupVersionResource(resource),
			Object: runtime.RawExtension{Raw: raw},
		})
		require.NoError(t, err)
		all.Add(sets.Of(review, raw, sets.At{Object: int32(len(reviews))}, set.Needs())...) //nolint:gosec // a handful
		reviews = append(reviews, review)
	}
	found, errs := set.ValidateAll(all)
	require.Empty(t, errs)
	for _, one := range found {
		d := set.DecideIn(t.Context(), reviews[one.At.Object], one)
		for _, f := range d.Findings {
			findings = append(findings, string(f.Action)+" "+f.String())
		}
		for _, f := range d.Exempted {
			exempted = append(exempted, f.Exemption+" "+f.Validator)
		}
	}
	return findings, exempted
}

const selectsNothing = `dangling-service: spec.selector: Invalid value: "app=wbe": must select Pods of a workload in namespace "shop"; did you mean "app=web"?`

// What follows from a finding over all objects together is what follows from any other.
func TestOverASetAGuardrailSaysWhatFollows(t *testing.T) {
	for name, test := range map[string]struct {
		guardrail string
		want      []string
	}{
		"denied by default": {"spec: {validators: [{name: dangling-service}]}", []string{"Deny " + selectsNothing}},
		"warned of":         {"spec: {validators: [{name: dangling-service, action: Warn}]}", []string{"Warn " + selectsNothing}},
		"with a message":    {"spec: {validators: [{name: dangling-service, message: ask the platform team}]}", []string{"Deny " + selectsNothing + "; ask the platform team"}},
		"not yet":           {`spec: {validators: [{name: dangling-service, enforceFrom: "2126-01-01"}]}`, []string{"Warn " + selectsNothing + "; from 2126-01-01 this is refused"}},
		"another namespace": {"spec: {match: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: bank}}}, validators: [{name: dangling-service}]}", nil},
		"these labels":      {"spec: {match: {objectSelector: {matchLabels: {app: web}}}, validators: [{name: dangling-service}]}", []string{"Deny " + selectsNothing}},
		"other labels":      {"spec: {match: {objectSelector: {matchLabels: {app: other}}}, validators: [{name: dangling-service}]}", nil},
		"a condition":       {`spec: {match: {matchConditions: [{name: a, expression: "object.kind != 'Service'"}]}, validators: [{name: dangling-service}]}`, nil},
		"not asked for":     {"spec: {validators: [{name: service-node-port}]}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			set := compiled(t, Options{}, "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\n"+test.guardrail)
			findings, _ := togetherIn(t, set, danglingIn("shop"))
			assert.Equal(t, test.want, findings)
		})
	}
}

func TestOverASetExemptionsHold(t *testing.T) {
	guardrail := "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {exemptions: {allowed: true}, validators: [{name: dangling-service}]}\n---\n"
	exemption := `
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: known, namespace: shop}
spec: {validators: [dangling-service], selector: {matchLabels: {app: web}}, reason: a, owner: b, expires: "2026-09-01"}
`
	options := Options{Now: func() time.Time { return time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC) }}
	findings, exempted := togetherIn(t, compiled(t, options, guardrail+exemption), danglingIn("shop"))
	assert.Empty(t, findings)
	assert.Equal(t, []string{"known dangling-service"}, exempted)

	findings, _ = togetherIn(t, compiled(t, options, guardrail+strings.Replace(exemption, "app: web", "app: db", 1)), danglingIn("shop"))
	assert.Len(t, findings, 1, "it is for other labels")
}

func TestOverASetSystemNamespacesAreLeftOut(t *testing.T) {
	set := compiled(t, Options{}, "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {validators: [{name: dangling-service}]}")
	findings, _ := togetherIn(t, set, danglingIn("kube-system"))
	assert.Empty(t, findings)
}

// A webhook takes a Guardrail with all of them, is asked for nothing because of them, and finds
// nothing by them.
func TestNoWebhookEvaluatesASet(t *testing.T) {
	var names []string
	for _, v := range validators.All() {
		if v.OverSet != nil {
			names = append(names, "{name: "+v.Name+"}")
		}
	}
	assert.Greater(t, len(names), 20)
	objects, err := Parse("test", []byte("apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {validators: ["+strings.Join(names, ", ")+"]}"))
	require.NoError(t, err)
	set, report := NewCompiler(Options{}).Compile(objects)
	require.NoError(t, report.Err())
	assert.Len(t, report.Guardrails["g"].OverSet, len(names), "its status says so")
	assert.Zero(t, report.Guardrails["g"].Validators)
	assert.Empty(t, set.Resources(), "no rule of a webhook comes of them")
	d, err := set.Validate(t.Context(), serviceIn(t, "shop"))
	require.NoError(t, err)
	assert.Empty(t, d.Findings)
	assert.Empty(t, set.Coverage(t.Context(), serviceIn(t, "shop")).By, "whoever evaluates one object does not evaluate by them")
	together, err := Compile(objects, Options{Together: true})
	require.NoError(t, err)
	assert.Equal(t, []string{"g"}, together.Coverage(t.Context(), serviceIn(t, "shop")).By)
}

func TestOverASetMistakesAreTold(t *testing.T) {
	objects, err := Parse("test", []byte(`
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  validators:
  - {name: dangling-servce}
  - {name: non-existent-service-account}
  - {name: namespace-without-default-deny, params: {directions: [Up]}}
  - {name: missing-pod-disruption-budget, params: {minReplica: 3}}
  - {name: dangling-ingress, except: {images: [registry.example.com/web]}}
`))
	require.NoError(t, err)
	_, err = Compile(objects, Options{})
	require.ErrorContains(t, err, `did you mean "dangling-service"?`)
	require.ErrorContains(t, err, `did you mean "missing-service-account" for what kube-linter calls so?`)
	require.ErrorContains(t, err, `spec.validators[2].params.directions[0]: Unsupported value: "Up": supported values: "Ingress", "Egress"`)
	require.ErrorContains(t, err, `did you mean "minReplicas"?`)
	require.ErrorContains(t, err, "dangling-ingress does not look at containers")
}

// What one check fails on is told, and keeps no other from finding something.
func TestOverASetAPanicIsTold(t *testing.T) {
	set := compiled(t, Options{}, "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {validators: [{name: dangling-ingress}, {name: dangling-service}]}")
	set.guardrails[0].validators[0].validateSet = func(*sets.Set, func(*sets.Object, validators.Finding)) { panic("no") }
	_, errs := set.ValidateAll(sets.New())
	require.Len(t, errs, 1)
	assert.ErrorContains(t, errs[0], "guardrail g: check dangling-ingress panicked: no")
}
