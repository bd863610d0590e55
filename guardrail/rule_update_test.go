package guardrail

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/internal/cel"
)

func deploymentWith(spec string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: " + spec
}

// An update may keep what was there, and not widen it.
func TestAnUpdateByARule(t *testing.T) {
	const (
		fixed  = `, message: must have at most 5 replicas`
		varied = `, messageExpression: "'must have at most 5 replicas, has ' + string(object.spec.replicas)"`
	)
	few := func(more string) string { return rule("few", deployments, "object.spec.replicas <= 5", more) }
	class := func(more string) string { return rule("class", deployments, "object.spec.class == 'gold'", more) }
	for _, test := range []struct {
		name, rule, before, after, user string
		want                            []string
	}{
		{
			"a value grows under a fixed message", few(fixed), `{replicas: 6}`, `{replicas: 6000000}`, "",
			[]string{"Deny few: must have at most 5 replicas"},
		},
		{
			"a partial repair under a message with the value", few(varied), `{replicas: 8}`, `{replicas: 7}`, "",
			[]string{"Warn few: must have at most 5 replicas, has 7; it was so before, so it passes"},
		},
		{
			"an autoscaler scales", few(varied), `{replicas: 8}`, `{replicas: 9}`, "system:serviceaccount:kube-system:horizontal-pod-autoscaler",
			[]string{"Warn few: must have at most 5 replicas, has 9; it was so before, so it passes"},
		},
		{
			"what cannot be told", class(`, message: must be gold`), `{class: silver}`, `{class: bronze}`, "",
			[]string{"Warn class: must be gold; it was there before: whether it is worse now cannot be told, the rule may say so with worsens"},
		},
		{
			"what the rule says is worse", class(`, message: must be gold, worsens: "object.spec.class == 'bronze'"`), `{class: silver}`, `{class: bronze}`, "",
			[]string{"Deny class: must be gold"},
		},
		{
			"what the rule says is no worse", class(`, message: must be gold, worsens: "object.spec.class == 'bronze'"`), `{class: bronze}`, `{class: silver}`, "",
			[]string{"Warn class: must be gold; it was so before, so it passes"},
		},
		{
			"a rule that cannot be evaluated, and could not before", rule("deep", deployments, "object.spec.deep.deeper == 1", ""), `{a: 1}`, `{a: 2}`, "",
			[]string{"Warn deep: must be evaluated, but the rule failed: no such key: deep; guard what may be absent with has(); it was so before, so it passes"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := compiled(t, Options{}, withRules(test.rule))
			q := request{operation: admissionv1.Update, object: deploymentWith(test.after), old: deploymentWith(test.before), user: test.user}
			assert.Equal(t, test.want, evaluated(t, set, q))
		})
	}
}

func TestMistakesInWorsens(t *testing.T) {
	objects, err := Parse("test", []byte(withRules(rule("r", pods, "true", `, worsens: "object.spec.replicas + 1"`))))
	require.NoError(t, err)
	_, err = Compile(objects, Options{})
	require.ErrorContains(t, err, "spec.rules[0].worsens: Invalid value: must be of type bool, is of type int")
}

// dearGuardrails are many, each with the dearest rules and conditions.
func dearGuardrails(n int) string {
	items := "object.spec.items.all(i, object.spec.items.all(j, i.name == j.name || has(i.value)))"
	var documents []string
	for i := range n {
		documents = append(documents, strings.Replace(withRules(
			rule("a", deployments, items, ""), rule("b", deployments, items, ""), rule("cheap", deployments, "true", ""),
		), "name: g", fmt.Sprintf("name: g%02d", i), 1)+"\n  match: {matchConditions: [{name: dear, expression: \""+items+"\"}]}\n  mutators: [{name: default-resource-requests}]")
	}
	return strings.Join(documents, "\n---\n")
}

// TestTheBudgetIsOneForAllGuardrails: fifty may cost no more than one.
func TestTheBudgetIsOneForAllGuardrails(t *testing.T) {
	set := compiled(t, Options{}, dearGuardrails(50))
	large := deploymentWith("{items: [" + strings.Repeat("{name: a, value: b}, ", 1000) + "], template: {spec: {containers: []}}}")
	for _, q := range []request{
		{object: large},
		{operation: admissionv1.Update, object: large, old: strings.Replace(large, "name: a", "name: b", 1)},
	} {
		r := q.review(t)
		d, e := Decision{Review: r}, set.evaluation(context.Background(), r)
		require.NoError(t, e.validate(set.candidates(r.Resource.GroupResource()), &d))
		assert.True(t, d.Denied(), "what was not evaluated is refused")
		assert.LessOrEqual(t, e.budget.Spent(), int64(150_000))
		assert.Contains(t, d.Denial(), "the rules of all guardrails have cost what they may for one review (150000 units)")
	}
}

// TestWhatIsNotEvaluatedIsNoLockOut: an update that leaves alone what the rules look at passes
// without any budget.
func TestWhatIsNotEvaluatedIsNoLockOut(t *testing.T) {
	items := "object.spec.items.all(i, object.spec.items.all(j, i.name == j.name || has(i.value)))"
	set := compiled(t, Options{}, withRules(rule("a", deployments, items, ""), rule("b", deployments, items, ""), rule("c", deployments, items, "")))
	large := "{items: [" + strings.Repeat("{name: a, value: b}, ", 1000) + "]}"
	q := request{operation: admissionv1.Update, object: deploymentWith(large), old: strings.Replace(deploymentWith(large), "name: web", "name: web, finalizers: [a.example.com/b]", 1)}
	for _, line := range evaluated(t, set, q) {
		assert.True(t, strings.HasPrefix(line, "Warn "), line)
	}
	q.old = strings.Replace(q.old, "value: b", "value: c", 1)
	lines := evaluated(t, set, q)
	require.Len(t, lines, 3)
	assert.True(t, strings.HasPrefix(lines[0], "Deny "), lines[0])
}

func TestGuardrailsWithTooManyExpressions(t *testing.T) {
	long := strings.Repeat("object.spec.a == 'something' && ", 200) + "true"
	var all []string
	for i := range 12 {
		all = append(all, rule(fmt.Sprintf("r%d", i), pods, long, ""))
	}
	objects, err := Parse("test", []byte(withRules(all...)))
	require.NoError(t, err)
	_, err = Compile(objects, Options{})
	require.ErrorContains(t, err, fmt.Sprintf("must not have more than %d bytes of expressions, has ", cel.MaxGuardrailBytes))
	require.ErrorContains(t, err, "make two Guardrails of it")
}
