package webhook_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/registration"
	"taffrail.dev/taffrail/webhook"
)

// governed is a handler with one Guardrail of the given rules in force.
func governed(t *testing.T, rules ...string) *webhook.Handler {
	t.Helper()
	handler, _ := governedAndCounted(t, rules...)
	return handler
}

func governedAndCounted(t *testing.T, rules ...string) (*webhook.Handler, *prometheus.Registry) {
	t.Helper()
	var objects guardrail.Objects
	var g v1alpha1.Guardrail
	require.NoError(t, yaml.Unmarshal([]byte(guardrailWith("governance", rules...)), &g))
	objects.Guardrails = append(objects.Guardrails, g)
	set, err := guardrail.Compile(objects, guardrail.Options{
		Now: func() time.Time { return time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC) },
	})
	require.NoError(t, err)
	registry := prometheus.NewRegistry()
	return &webhook.Handler{
		Set: func() *guardrail.Set { return set }, Metrics: webhook.NewMetrics(registry), Log: logr.Discard(),
	}, registry
}

func guardrailWith(name string, rules ...string) string {
	return `{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: ` + name + `}, spec: {rules: [` + strings.Join(rules, ", ") + `]}}`
}

func ruleOn(name, groups, resources, operations, expression, more string) string {
	return fmt.Sprintf(`{name: %s, resources: [{apiGroups: [%s], apiVersions: ['*'], resources: [%s], operations: [%s]}], expression: "%s"%s}`,
		name, groups, resources, operations, expression, more)
}

func exemptionWith(metadata string) string {
	return `{apiVersion: taffrail.dev/v1alpha1, kind: Exemption, metadata: {name: e, namespace: shop, ` + metadata +
		`}, spec: {validators: [image-latest-tag], reason: r, owner: o, expires: "2027-03-31"}}`
}

// ownReview is a review of one of our own kinds, told in YAML.
type ownReview struct {
	operation, resource, subresource, namespace, user string
	object, old                                       string
	dryRun                                            bool
}

func (q ownReview) body(t *testing.T) string {
	t.Helper()
	raw := func(text string) string {
		if text == "" {
			return "null"
		}
		b, err := yaml.YAMLToJSON([]byte(text))
		require.NoError(t, err)
		return string(b)
	}
	kind := map[string]string{"guardrails": "Guardrail", "exemptions": "Exemption"}[q.resource]
	return fmt.Sprintf(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u",
		"kind":{"group":"taffrail.dev","version":"v1alpha1","kind":%q},"resource":{"group":"taffrail.dev","version":"v1alpha1","resource":%q},
		"subResource":%q,"name":"e","namespace":%q,"operation":%q,"userInfo":{"username":%q},"dryRun":%v,"object":%s,"oldObject":%s}}`,
		kind, q.resource, q.subresource, q.namespace, q.operation, q.user, q.dryRun, raw(q.object), raw(q.old))
}

const ticket = `has(object.metadata.annotations) && 'ticket' in object.metadata.annotations`

// A rule on an own kind is evaluated like any other.
func TestARuleOnExemptions(t *testing.T) {
	rule := func(more string) string {
		return ruleOn("ticket", "taffrail.dev", "exemptions", "CREATE, UPDATE", ticket, ", message: must name a ticket"+more)
	}
	bare, good := exemptionWith(""), exemptionWith("annotations: {ticket: OPS-1}")
	for _, test := range []struct {
		name, rule string
		review     ownReview
		refused    string
		warning    string
	}{
		{"what it allows", rule(""), ownReview{operation: "CREATE", object: good}, "", ""},
		{"what it refuses", rule(""), ownReview{operation: "CREATE", object: bare}, "- ticket: must name a ticket", ""},
		{"a dry run", rule(""), ownReview{operation: "CREATE", object: bare, dryRun: true}, "- ticket: must name a ticket", ""},
		{"what it warns of", rule(", action: Warn"), ownReview{operation: "CREATE", object: bare}, "", "ticket: must name a ticket"},
		{"what was there before", rule(""), ownReview{operation: "UPDATE", object: exemptionWith("labels: {a: b}"), old: bare}, "", "ticket: must name a ticket; it was so before, so it passes"},
		{"what an update takes away", rule(""), ownReview{operation: "UPDATE", object: bare, old: good}, "- ticket: must name a ticket", ""},
		{"a mistake is told first", rule(""), ownReview{operation: "CREATE", object: strings.Replace(bare, "reason: r, ", "", 1)}, "- spec.reason: Required value: must be set", ""},
		{"an excluded namespace, where no Exemption counts", rule(""), ownReview{operation: "CREATE", object: bare, namespace: "kube-system"}, "", ""},
		{
			"who sends it", ruleOn("who", "taffrail.dev", "exemptions", "CREATE", "request.userInfo.username == 'alice'", ""),
			ownReview{operation: "CREATE", object: bare, user: "eve"},
			"- who: must satisfy request.userInfo.username == 'alice'", "",
		},
		{
			"a deletion", ruleOn("kept", "taffrail.dev", "exemptions", "DELETE", "request.userInfo.username == 'alice'", ""),
			ownReview{operation: "DELETE", old: bare, user: "eve"},
			"- kept: must satisfy", "",
		},
		{
			"by a rule on everything", ruleOn("all", "'*'", "'*'", "CREATE", ticket, ""),
			ownReview{operation: "CREATE", object: bare},
			"- all: must satisfy", "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			handler, registry := governedAndCounted(t, test.rule)
			test.review.resource = "exemptions"
			if test.review.namespace == "" {
				test.review.namespace = "shop"
			}
			response := answer(t, post(handler.Validate(), test.review.body(t)))
			assert.Equal(t, test.refused == "", response.Allowed)
			if test.refused != "" {
				require.NotNil(t, response.Result)
				assert.Contains(t, response.Result.Message, test.refused)
			}
			if test.warning != "" {
				assert.Equal(t, []string{test.warning}, response.Warnings)
				assert.Contains(t, response.AuditAnnotations["warned"], "governance: "+test.warning)
			}
			if strings.HasPrefix(test.refused, "- ticket") {
				assert.EqualValues(t, http.StatusForbidden, response.Result.Code)
				assert.Contains(t, response.AuditAnnotations["denied"], "governance: ticket")
				assert.Equal(t, `action="Deny" guardrail="governance" validator="ticket" 1`+"\n", counted(t, registry, "taffrail_findings_total"))
			}
		})
	}
}

// Nobody is locked out: Taffrail tells its status, and a Guardrail can be deleted.
func TestOwnKindsStayWithinReach(t *testing.T) {
	g := guardrailWith("e", ruleOn("r", "''", "pods", "CREATE", "true", ""))
	for _, test := range []struct {
		name, rule string
		review     ownReview
	}{
		{"a status", ruleOn("all", "'*'", "'*/*'", "'*'", "false", ""), ownReview{operation: "UPDATE", resource: "guardrails", subresource: "status", object: g, old: g}},
		{"a status of an Exemption", ruleOn("all", "'*'", "'*/*'", "'*'", "false", ""), ownReview{operation: "UPDATE", resource: "exemptions", namespace: "shop", subresource: "status", object: exemptionWith(""), old: exemptionWith("")}},
		{"a deletion that a rule on everything cannot evaluate", ruleOn("all", "'*'", "'*/*'", "'*'", "object.metadata.labels.team == 'a'", ""), ownReview{operation: "DELETE", resource: "guardrails", old: g}},
		{"an update that leaves alone what a rule cannot evaluate", ruleOn("all", "'*'", "'*/*'", "'*'", "object.metadata.labels.team == 'a'", ""), ownReview{operation: "UPDATE", resource: "guardrails", object: strings.Replace(g, "'true'", "'1 == 1'", 1), old: g}},
	} {
		t.Run(test.name, func(t *testing.T) {
			response := answer(t, post(governed(t, test.rule).Validate(), test.review.body(t)))
			assert.True(t, response.Allowed, "%+v", response.Result)
		})
	}
}

// A Guardrail that whoever writes it could not mend is refused.
func TestAGuardrailThatLocksItsSenderOut(t *testing.T) {
	on := func(operations, expression, more string) string {
		return ruleOn("mine", "taffrail.dev", "guardrails", operations, expression, more)
	}
	const who = "request.userInfo.username == 'alice'"
	for _, test := range []struct {
		name, rule, user string
		want             []string
	}{
		{"nobody may", on("UPDATE, DELETE", "request.userInfo.username == ''", ""), "alice", []string{"an update of this very Guardrail (mine)", "the deletion of this very Guardrail (mine)"}},
		{"somebody else may", on("UPDATE", who, ""), "eve", []string{`must not refuse "eve", who writes it, an update of this very Guardrail (mine)`}},
		{"the sender may", on("UPDATE, DELETE", who, ""), "alice", nil},
		{"all but this", on("UPDATE", "request.name != 'e'", ""), "alice", []string{"an update of this very Guardrail"}},
		{"no change of the spec", on("UPDATE", "object.spec == oldObject.spec", ""), "alice", []string{"an update of this very Guardrail"}},
		{"from some day on", on("UPDATE", who, `, enforceFrom: "2099-01-01"`), "eve", []string{"an update of this very Guardrail"}},
		{"a warning", on("UPDATE", who, ", action: Warn"), "eve", nil},
		{"only its creation", on("CREATE", who, ""), "eve", nil},
		{"what it lacks itself", on("UPDATE", ticket, ""), "eve", nil},
		{"a deletion that cannot be evaluated", on("DELETE", ticket, ""), "eve", nil},
		{"everything", ruleOn("mine", "'*'", "'*/*'", "'*'", "request.userInfo.username == 'alice'", ""), "eve", []string{"an update of this very Guardrail", "the deletion of this very Guardrail"}},
		{"Exemptions alone", ruleOn("mine", "taffrail.dev", "exemptions", "'*'", who, ""), "eve", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			handler := governed(t, ruleOn("other", "''", "pods", "CREATE", "true", ""))
			review := ownReview{operation: "CREATE", resource: "guardrails", user: test.user, object: guardrailWith("e", test.rule)}
			response := answer(t, post(handler.Validate(), review.body(t)))
			assert.Equal(t, len(test.want) == 0, response.Allowed, "%+v", response.Result)
			for _, want := range test.want {
				assert.Contains(t, response.Result.Message, want)
			}
		})
	}
}

func TestTheEntryOfOwnKinds(t *testing.T) {
	resources := func(rules ...string) []guardrail.Watched { return governed(t, rules...).Set().Resources() }
	entry := func(watched []guardrail.Watched) (own, others []admissionregistrationv1.ValidatingWebhook) {
		for _, w := range registration.Validating(nil, watched).Webhooks {
			if w.Name == "guardrails.taffrail.dev" {
				own = append(own, w)
			} else {
				others = append(others, w)
			}
		}
		return own, others
	}
	const writes = "[CREATE UPDATE]"
	for _, test := range []struct {
		name, rule             string
		guardrails, exemptions string
	}{
		{"no rule", ruleOn("r", "''", "pods", "DELETE", "true", ""), writes, writes},
		{"a rule on deletions", ruleOn("r", "taffrail.dev", "guardrails", "DELETE", "true", ""), "[CREATE DELETE UPDATE]", writes},
		{"a rule on all of a group", ruleOn("r", "taffrail.dev", "'*'", "'*'", "true", ""), "[CREATE DELETE UPDATE]", "[CREATE DELETE UPDATE]"},
		{"a rule on everything", ruleOn("r", "'*'", "'*/*'", "'*'", "true", ""), "[CREATE DELETE UPDATE]", "[CREATE DELETE UPDATE]"},
		{"a rule on subresources", ruleOn("r", "'*'", "'*/scale'", "'*'", "true", ""), writes, writes},
	} {
		t.Run(test.name, func(t *testing.T) {
			own, others := entry(resources(test.rule))
			require.Len(t, own, 1)
			assert.Equal(t, admissionregistrationv1.Ignore, *own[0].FailurePolicy)
			got := map[string]string{}
			for _, rule := range own[0].Rules {
				for _, resource := range rule.Resources {
					got[resource] = fmt.Sprint(rule.Operations)
				}
			}
			assert.Equal(t, map[string]string{"guardrails": test.guardrails, "exemptions": test.exemptions}, got)
			for _, w := range others {
				for _, rule := range w.Rules {
					assert.NotContains(t, rule.APIGroups, "taffrail.dev", w.Name)
					if rule.APIGroups[0] == "*" {
						assert.True(t, leavesOurs(w.MatchConditions), w.Name)
					}
				}
			}
		})
	}
}

// leavesOurs tells whether conditions leave our own kinds out: what fails closed does as with all
// that is vital.
func leavesOurs(conditions []admissionregistrationv1.MatchCondition) bool {
	return slices.ContainsFunc(conditions, func(c admissionregistrationv1.MatchCondition) bool {
		return c.Name == registration.NotOurs && c.Expression == `request.resource.group != "taffrail.dev"` ||
			c.Name == registration.NotVital && strings.HasPrefix(c.Expression, "!(") && strings.Contains(c.Expression, `"taffrail.dev"`)
	})
}
