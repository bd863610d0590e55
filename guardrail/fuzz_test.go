package guardrail

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
)

// patience is how long an API server waits for us, and fuzzLimit what reading,
// compiling and evaluating may take together on a busy machine.
const (
	patience  = 2 * time.Second
	fuzzLimit = 15 * time.Second
)

// FuzzGuardrail: whatever somebody writes is taken, or its mistakes are listed.
// What is taken evaluates in bounded time. Nothing panics.
//
// An input without an apiVersion is the expression of a rule.
func FuzzGuardrail(f *testing.F) {
	files, err := filepath.Glob("../examples/rules/guardrails/*.yaml")
	require.NoError(f, err)
	for _, file := range append(files, "default.yaml", "../examples/guardrails/platform-baseline.yaml") {
		document, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(document))
	}
	for _, expression := range []string{
		teamLabel,
		"object.spec.containers.all(c, c.image.matches('^[a-z]+$') && quantity('1Gi').isGreaterThan(quantity('1Mi')))",
		"variables.a.map(x, variables.a.map(y, x + y)).flatten().sum() > 0 || oldObject == null",
		"request.userInfo.groups.exists(g, g == 'a') && namespaceObject.metadata.labels.all(k, v, k != v)",
		"url('https://a').getHost() == ip('::1').canonical() || semver('1.2.3').major() == 1",
	} {
		f.Add(expression)
		f.Add(withRules(rule("r", everything, expression, ", variables: [{name: a, expression: '[1, 2, 3]'}], messageExpression: \"'a' + object.kind\"")) +
			"\n  match: {matchConditions: [{name: c, expression: \"request.operation != 'DELETE'\"}], objectSelector: {matchLabels: {app: web}}}")
	}
	f.Fuzz(func(t *testing.T, document string) {
		if !strings.Contains(document, "apiVersion") {
			expression, err := json.Marshal(document)
			require.NoError(t, err)
			document = withRules(`{name: r, resources: [` + everything + `], expression: ` + string(expression) + `}`)
		}
		start := time.Now()
		defer func() { assert.Less(t, time.Since(start), fuzzLimit) }()
		objects, err := Parse("fuzz", []byte(document))
		if err == nil {
			var set *Set
			if set, err = Compile(objects, Options{}); err == nil {
				evaluateAnything(t, set)
				return
			}
		}
		for _, mistake := range flatten(err) {
			assert.NotEmpty(t, mistake.Error())
			assert.NotContains(t, strings.ToLower(mistake.Error()), "internal error")
		}
	})
}

func evaluateAnything(t *testing.T, set *Set) {
	t.Helper()
	set.Warnings()
	for _, q := range []request{
		{object: nginxPod, user: "me"},
		{operation: admissionv1.Update, object: teamPod, old: plainPod},
		{operation: admissionv1.Delete, old: replicas(1)},
		{object: "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {list: [1, a, {b: null}]}"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		for _, err := range set.Mutate(ctx, q.review(t)).Errors {
			assert.NotContains(t, err.Error(), "panicked")
		}
		d, err := set.Validate(ctx, q.review(t))
		require.NoError(t, err)
		for _, err := range d.Errors {
			assert.NotContains(t, err.Error(), "panicked")
		}
		cancel()
	}
}
