package guardrail

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/dice"
)

// TestATemplateHasTheVerdictOfItsPods: whatever an objectSelector says and however the object that
// holds a template is labelled, all checks of Pods find in the template what they will find in its
// Pods.
func TestATemplateHasTheVerdictOfItsPods(t *testing.T) {
	checks := withChecksOfPods(wholeCatalogue(t))
	ownLabels := []map[string]string{nil, {"app": "web"}, {"exempt": "true"}}
	refused := map[bool]int{}
	for _, selector := range objectSelectors() {
		checks.Match = &v1alpha1.Match{ObjectSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{selector}}}
		set := named(t, []v1alpha1.GuardrailSpec{checks}, "g")
		for i, kind := range holders {
			for _, own := range ownLabels {
				for j, labels := range ownLabels {
					template := dice.New(dice.Bytes(uint64(i+j), 120)).Template() //nolint:gosec // small
					template.Metadata = metadata(t, labels, "")
					object, err := reviewOf(kind, labelled(t, template.In(kind), own), nil)
					require.NoError(t, err)
					at := object.Pod.Path
					inTemplate := decided(t, set, object)

					template.Metadata = metadata(t, withGiven(kind, labels), makerOf(kind))
					pod := template.In(podKind)
					r, err := reviewOf(podKind, pod, nil)
					require.NoError(t, err)
					require.True(t, r.Record())
					r, err = reviewOf(podKind, patchedBy(t, set, r, pod), nil)
					require.NoError(t, err)
					inPod := decided(t, set, r)

					what := fmt.Sprintf("%s labelled %v, template %v, selector %v", kind.Kind, own, labels, selector)
					refused[inPod.Denied()]++
					if kind == podKind {
						continue
					}
					require.Equal(t, verdict(inPod.Findings), below(at, inTemplate.Findings), what)
				}
			}
		}
	}
	assert.NotZero(t, refused[true])
	assert.NotZero(t, refused[false], "no selector leaves a Pod out")
}

// objectSelectors are one of each operator, for labels that people and controllers set.
func objectSelectors() (all []metav1.LabelSelectorRequirement) {
	for _, key := range []string{"app", "exempt", "pod-template-hash", "job-name"} {
		all = append(all,
			metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpExists},
			metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpDoesNotExist})
	}
	for _, key := range []string{"app", "exempt"} {
		values := []string{"web", "true"}
		all = append(all,
			metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: values},
			metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpNotIn, Values: values})
	}
	return all
}

// withGiven are labels and those that the controllers of a kind add.
func withGiven(kind schema.GroupVersionKind, labels map[string]string) map[string]string {
	all := map[string]string{}
	for _, key := range map[string][]string{
		"Deployment": {"pod-template-hash"}, "Job": {"job-name", "controller-uid"}, "CronJob": {"job-name", "controller-uid"},
		"StatefulSet": {"statefulset.kubernetes.io/pod-name"}, "DaemonSet": {"controller-revision-hash"},
	}[kind.Kind] {
		all[key] = "x1y2z3"
	}
	maps.Copy(all, labels)
	return all
}

// makerOf is the kind that makes the Pods of a template, or none.
func makerOf(kind schema.GroupVersionKind) string {
	switch {
	case kind == podKind, kind.Kind == "PodTemplate":
		return ""
	case makers[kind.Kind] != "":
		return makers[kind.Kind]
	default:
		return kind.Kind
	}
}

func metadata(t *testing.T, labels map[string]string, controller string) []byte {
	t.Helper()
	meta := map[string]any{}
	if len(labels) > 0 {
		meta["labels"] = labels
	}
	if controller != "" {
		meta["ownerReferences"] = []any{map[string]any{"apiVersion": "apps/v1", "kind": controller, "name": "web", "uid": "1", "controller": true}}
	}
	raw, err := json.Marshal(meta)
	require.NoError(t, err)
	return raw
}

// labelled is an object with labels of its own.
func labelled(t *testing.T, object []byte, labels map[string]string) []byte {
	t.Helper()
	var document map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(object, &document))
	if string(document["kind"]) == `"Pod"` {
		return object
	}
	document["metadata"] = metadata(t, labels, "")
	raw, err := json.Marshal(document)
	require.NoError(t, err)
	return raw
}

// TestAnObjectSelectorOfAWorkload: what checks find in the object itself goes by its own labels.
func TestAnObjectSelectorOfAWorkload(t *testing.T) {
	set := compiled(t, Options{}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  match: {objectSelector: {matchExpressions: [{key: exempt, operator: DoesNotExist}]}}
  validators:
  - {name: min-replicas}
  - {name: default-namespace}
  - {name: required-labels, params: {labels: [{key: team}], kinds: [Deployment, Pod]}}
  - {name: image-latest-tag}
  rules: [`+rule("never", deployments, "false", "")+`]
`)
	deployment := func(own, template string) string {
		return `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {` + own + `}}, spec: {replicas: 1,
			template: {metadata: {labels: {` + template + `}}, spec: {containers: [{name: web, image: nginx}]}}}}`
	}
	found := func(object string) (lines []string) {
		r := request{object: object, namespace: "default"}.review(t)
		for _, f := range decided(t, set, r).Findings {
			lines = append(lines, f.Validator+" "+f.Path.String())
		}
		slices.Sort(lines)
		return lines
	}
	ofObject := []string{"min-replicas spec.replicas", "never ", "required-labels metadata.labels[team]"}
	ofPods := []string{
		"default-namespace metadata.namespace", "image-latest-tag spec.template.spec.containers[0].image",
		"required-labels spec.template.metadata.labels[team]",
	}
	assert.Equal(t, ofObject, found(deployment("", "exempt: 'true'")))
	assert.Equal(t, ofPods, found(deployment("exempt: 'true'", "")))
	assert.Empty(t, found(deployment("exempt: 'true'", "exempt: 'true'")))
	assert.Len(t, found(deployment("", "")), len(ofObject)+len(ofPods))
}
