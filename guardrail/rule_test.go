package guardrail

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// withRules is a guardrail with rules, each told as YAML.
func withRules(rules ...string) string {
	return `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  rules:
  - ` + strings.Join(rules, "\n  - ")
}

// rule is one that looks at what is created and updated.
func rule(name, resources, expression, more string) string {
	return `{name: ` + name + `, resources: [` + resources + `], expression: "` + expression + `"` + more + `}`
}

const (
	pods        = `{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE, UPDATE]}`
	deployments = `{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE, UPDATE]}`
	everything  = `{apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*']}`

	teamLabel = "has(object.metadata.labels) && 'team' in object.metadata.labels"
	plainPod  = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'nginx:1'}]}"
	teamPod   = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {team: web}}\nspec: {containers: [{name: web, image: 'nginx:1'}]}"
)

func TestARule(t *testing.T) {
	set := compiled(t, Options{}, withRules(rule("team-label", pods, teamLabel, `, message: must carry the label team`)))
	assert.Empty(t, evaluated(t, set, request{object: teamPod}))
	d, err := set.Validate(context.Background(), request{object: plainPod}.review(t))
	require.NoError(t, err)
	assert.Equal(t, `pods "web" violates 1 check of g:
- team-label: must carry the label team
Exceptions: kind Exemption in namespace "shop".`, d.Denial())
	assert.Equal(t, validators.Medium, d.Findings[0].Severity)
	assert.Empty(t, d.Errors)

	set = compiled(t, Options{}, withRules(rule("team-label", pods, teamLabel, ``))+"\n  validators: [{name: image-latest-tag}]")
	d, err = set.Validate(context.Background(), request{object: nginxPod}.review(t))
	require.NoError(t, err)
	assert.Equal(t, `pods "web" violates 2 checks of g:
- image-latest-tag: spec.containers[0].image: Invalid value: "nginx": must have a tag other than latest (container "web")
- team-label: must satisfy `+teamLabel+`
See `+"`taffrail explain image-latest-tag`"+`; exceptions: kind Exemption in namespace "shop".`, d.Denial())
}

func TestWhatFollowsFromARule(t *testing.T) {
	now := Options{Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }}
	team := func(more string) string {
		return withRules(rule("team-label", pods, teamLabel, `, message: must carry the label team`+more))
	}
	for _, test := range []struct {
		name, document string
		request        request
		want           []string
	}{
		{"Warn", team(`, action: Warn`), request{object: plainPod}, []string{"Warn team-label: must carry the label team"}},
		{"Audit", team(`, action: Audit`), request{object: plainPod}, []string{"Audit team-label: must carry the label team"}},
		{
			"enforceFrom", team(`, enforceFrom: "2027-01-15"`),
			request{object: plainPod},
			[]string{"Warn team-label: must carry the label team; from 2027-01-15 this is refused"},
		},
		{
			"an update of what was so before", team(""),
			request{operation: admissionv1.Update, object: plainPod, old: plainPod},
			[]string{"Warn team-label: must carry the label team; it was so before, so it passes"},
		},
		{
			"an update that takes the label away", team(""),
			request{operation: admissionv1.Update, object: plainPod, old: teamPod},
			[]string{"Deny team-label: must carry the label team"},
		},
		{
			"an update that makes it worse", withRules(rule("few", deployments, "object.spec.replicas < 3", `, messageExpression: "'has ' + string(object.spec.replicas)"`)),
			request{operation: admissionv1.Update, object: replicas(9), old: replicas(5)},
			[]string{"Deny few: has 9"},
		},
		{
			"a transition", withRules(rule("grow", deployments, "oldObject == null || object.spec.replicas >= oldObject.spec.replicas", `, message: must not shrink`)),
			request{operation: admissionv1.Update, object: replicas(2), old: replicas(3)},
			[]string{"Deny grow: must not shrink"},
		},
		{
			"who does it, although the old object would be refused too", withRules(rule("admin", pods, "request.userInfo.username == 'admin'", `, message: is the admin's`)),
			request{operation: admissionv1.Update, object: plainPod, old: plainPod, user: "eve"},
			[]string{"Deny admin: is the admin's"},
		},
		{
			"what may not be changed at all", withRules(rule("locked", pods, "oldObject == null || !has(oldObject.metadata.labels)", `, message: is locked`)),
			request{operation: admissionv1.Update, object: teamPod, old: teamPod},
			[]string{"Deny locked: is locked"},
		},
		{
			"one that cannot be evaluated", withRules(rule("team", pods, "object.metadata.labels['team'] == 'web'", `, message: m`)),
			request{object: plainPod},
			[]string{"Deny team: must be evaluated, but the rule failed: no such key: labels; guard what may be absent with has()"},
		},
		{
			"one that cannot be evaluated, and only warns", withRules(rule("team", pods, "object.metadata.labels['team'] == 'web'", `, action: Warn`)),
			request{object: plainPod},
			[]string{"Warn team: must be evaluated, but the rule failed: no such key: labels; guard what may be absent with has()"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, evaluated(t, compiled(t, now, test.document), test.request))
		})
	}
}

func replicas(n int) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: " + string(rune('0'+n)) + ", template: {spec: {containers: []}}}"
}

func TestWhatARuleLooksAt(t *testing.T) {
	peer := "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default}\nspec: {mtls: {mode: PERMISSIVE}}"
	node := "apiVersion: v1\nkind: Node\nmetadata: {name: node}"
	exec := request{operation: admissionv1.Connect, resource: "pods", subresource: "exec", object: "apiVersion: v1\nkind: PodExecOptions\ncommand: [sh]\ncontainer: web"}
	selector := func(groups, versions, resources, operations, scope string) string {
		return `{apiGroups: [` + groups + `], apiVersions: [` + versions + `], resources: [` + resources + `], operations: [` + operations + `], scope: '` + scope + `'}`
	}
	pod, deletion := request{object: plainPod}, request{operation: admissionv1.Delete, old: plainPod}
	status := request{operation: admissionv1.Update, subresource: "status", object: plainPod, old: plainPod}
	for _, test := range []struct {
		name, selector string
		looks, passes  []request
	}{
		{"a resource", selector(`''`, `v1`, `pods`, `CREATE`, `*`), []request{pod}, []request{deletion, status, exec, {object: replicas(1)}, {object: peer}}},
		{"a custom resource", selector(`security.istio.io`, `v1`, `peerauthentications`, `CREATE`, `*`), []request{{object: peer}}, []request{pod}},
		{"another version", selector(`security.istio.io`, `v1beta1`, `peerauthentications`, `CREATE`, `*`), nil, []request{{object: peer}}},
		{"every version", selector(`security.istio.io`, `'*'`, `peerauthentications`, `CREATE`, `*`), []request{{object: peer}}, nil},
		{"every group", selector(`'*'`, `v1`, `pods`, `CREATE`, `*`), []request{pod}, []request{{object: peer}}},
		{"every resource of a group", selector(`apps`, `v1`, `'*'`, `CREATE`, `*`), []request{{object: replicas(1)}}, []request{pod}},
		{"every operation", selector(`''`, `v1`, `pods`, `'*'`, `*`), []request{pod, deletion}, []request{status}},
		{"a subresource", selector(`''`, `v1`, `pods/exec`, `CONNECT`, `*`), []request{exec}, []request{pod}},
		{"every subresource", selector(`''`, `v1`, `pods/*`, `'*'`, `*`), []request{exec, status, pod}, nil},
		{"a subresource of every resource", selector(`''`, `v1`, `'*/status'`, `'*'`, `*`), []request{status}, []request{pod}},
		{"everything", selector(`'*'`, `'*'`, `'*/*'`, `'*'`, `*`), []request{pod, deletion, status, exec, {object: peer}, {object: replicas(1)}}, nil},
		{"what lives in a namespace", selector(`''`, `v1`, `'*'`, `CREATE`, `Namespaced`), []request{pod}, []request{{object: node, namespace: "-"}, {object: "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}"}}},
		{"what does not", selector(`''`, `v1`, `'*'`, `CREATE`, `Cluster`), []request{{object: node, namespace: "-"}, {object: "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}"}}, []request{pod}},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := compiled(t, Options{}, withRules(rule("r", test.selector, "false", "")))
			for _, q := range test.looks {
				assert.Len(t, evaluated(t, set, q), 1, "%+v", q)
			}
			for _, q := range test.passes {
				assert.Empty(t, evaluated(t, set, q), "%+v", q)
			}
		})
	}
}

func TestRulesSeeWhatWasSent(t *testing.T) {
	for _, test := range []struct {
		name, expression string
		request          request
	}{
		{
			"what somebody runs in a Pod", `object.kind == 'PodExecOptions' && object.command == ['sh'] && object.container == 'web'`,
			request{operation: admissionv1.Connect, resource: "pods", subresource: "exec", object: "apiVersion: v1\nkind: PodExecOptions\ncommand: [sh]\ncontainer: web"},
		},
		{"fields that Taffrail does not know", `object.spec.ofTomorrow == true`, request{object: strings.Replace(plainPod, "spec: {", "spec: {ofTomorrow: true, ", 1)}},
		{"a template without the defaults", `!has(object.spec.template.spec.containers[0].resources)`, request{object: strings.Replace(replicas(1), "containers: []", "containers: [{name: web, image: a}]", 1)}},
		{"the Namespace", `namespaceObject.metadata.labels['kubernetes.io/metadata.name'] == 'shop'`, request{object: plainPod}},
		{"no Namespace for a Namespace", `namespaceObject == null`, request{object: "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}"}},
		{"a custom resource", `object.spec.issuerRef.name == 'ca' && object.spec.whole == 7 && object.spec.half == 0.5`, request{object: "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c}\nspec: {issuerRef: {name: ca}, whole: 7, half: 0.5}"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := compiled(t, Options{}, withRules(rule("r", strings.Replace(everything, "resources: ['*']", "resources: ['*/*']", 1), test.expression, "")+
				"\n  mutators: [{name: default-resource-requests}]"))
			assert.Empty(t, evaluated(t, set, test.request))
		})
	}
}

func TestANamespaceThatNothingIsKnownOfHasAName(t *testing.T) {
	set := compiled(t, Options{Cluster: workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) { return nil, nil }}},
		withRules(rule("r", pods, "namespaceObject.metadata.name == 'shop' && !('team' in namespaceObject.metadata.labels)", "")))
	assert.Empty(t, evaluated(t, set, request{object: plainPod}))
}

func TestRulesOfManyGuardrails(t *testing.T) {
	wide := strings.Replace(withRules(rule("wide", everything, "false", "")), "name: g", "name: a", 1)
	narrow := strings.Replace(withRules(rule("narrow", pods, "false", ""), rule("also", pods, "false", "")), "name: g", "name: b", 1)
	set := compiled(t, Options{}, narrow+"\n---\n"+wide)
	pod := []string{"Deny wide: must satisfy false", "Deny narrow: must satisfy false", "Deny also: must satisfy false"}
	assert.Equal(t, pod, evaluated(t, set, request{object: plainPod}))
	assert.Equal(t, pod[:1], evaluated(t, set, request{object: replicas(1)}))
	var resources []string
	for _, r := range set.Resources() {
		resources = append(resources, r.String())
	}
	assert.Equal(t, []string{"*/*, Resource=*", "/v1, Resource=pods", "/v1, Resource=pods"}, resources)
	assert.Len(t, set.Resources()[0].Operations, 4)
}

func TestMatchConditions(t *testing.T) {
	document := func(conditions, checks string) string {
		return `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  match: {matchConditions: [` + conditions + `]}
  mutators: [{name: default-resource-requests}]
  ` + checks
	}
	const deny, warn = `validators: [{name: image-latest-tag}, {name: readiness-probe, action: Warn}]`, `validators: [{name: image-latest-tag, action: Warn}]`
	const notCI = `{name: not-ci, expression: "request.userInfo.username != 'ci'"}`
	const broken = `{name: tier, expression: "object.metadata.labels['tier'] == 'front'"}`
	const fails = "matchConditions: must be evaluated, but the match conditions failed: tier: no such key: tier; guard what may be absent with has()"
	for _, test := range []struct {
		name, document string
		user           string
		want           []string
		patched        bool
	}{
		{"that hold", document(notCI, warn), "me", []string{"Warn" + nginxDenied[4:]}, true},
		{"one that does not", document(notCI, deny), "ci", nil, false},
		{"one that cannot be evaluated", document(broken, deny), "me", []string{"Deny " + fails}, false},
		{"one that cannot be evaluated, where all else warns", document(broken, warn), "me", []string{"Warn " + fails}, false},
		{"one that cannot be evaluated, where nothing is enforced yet", document(broken, `validators: [{name: image-latest-tag, enforceFrom: "2027-03-31"}]`), "me", []string{"Warn " + fails}, false},
		{"one that cannot be evaluated, where nothing looks", document(broken, `validators: [{name: service-external-ips}]`), "me", nil, false},
		{"one that cannot be evaluated, and one that does not hold", document(broken+", "+notCI, deny), "ci", nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := compiled(t, Options{}, test.document)
			assert.Equal(t, test.want, evaluated(t, set, request{object: nginxPod, user: test.user}))
			m := set.Mutate(context.Background(), request{object: nginxPod, user: test.user}.review(t))
			assert.Equal(t, test.patched, len(m.Patch) > 0)
			if strings.Contains(test.document, "tier") && test.user != "ci" {
				require.Len(t, m.Errors, 1)
				assert.EqualError(t, m.Errors[0], "guardrail g: match conditions: tier: no such key: tier; guard what may be absent with has()")
			} else {
				assert.Empty(t, m.Errors)
			}
		})
	}
}

func TestAnExemptionFromARule(t *testing.T) {
	exemption := func(name string) string {
		return withRules(rule("team-label", pods, teamLabel, "")) + `
---
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: e, namespace: shop}
spec: {validators: [` + name + `], reason: r, owner: o, expires: "2027-03-31"}
`
	}
	options := Options{Now: func() time.Time { return time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC) }}
	set := compiled(t, options, exemption("team-label"))
	assert.Empty(t, evaluated(t, set, request{object: plainPod}))
	assert.NotEmpty(t, evaluated(t, set, request{object: plainPod, namespace: "bank"}))

	objects, err := Parse("test", []byte(exemption("team-lable")))
	require.NoError(t, err)
	_, err = Compile(objects, Options{})
	require.EqualError(t, err, `Exemption "shop/e": spec.validators[0]: Invalid value: "team-lable": must be a name of the catalogue or of a rule; did you mean "team-label"?`)

	objects, err = Parse("test", []byte(exemption("team-label")))
	require.NoError(t, err)
	c := NewCompiler(options)
	set, report := c.Compile(objects)
	require.NoError(t, report.Exemptions[exemptionKey].Err)
	assert.Empty(t, set.Check([]byte(exemptionJSON("team-label"))))
	assert.Len(t, set.Check([]byte(exemptionJSON("team"))), 1)

	objects.Guardrails = nil
	set, report = c.Compile(objects)
	require.ErrorContains(t, report.Exemptions[exemptionKey].Err, "must be a name of the catalogue or of a rule", "the rule is gone")
	assert.Len(t, set.Check([]byte(exemptionJSON("team-label"))), 1)
	assert.Len(t, (*Set)(nil).Check([]byte(exemptionJSON("team-label"))), 1)
}

var exemptionKey = types.NamespacedName{Namespace: "shop", Name: "e"}

func exemptionJSON(validator string) string {
	return `{"apiVersion":"taffrail.dev/v1alpha1","kind":"Exemption","metadata":{"name":"e","namespace":"shop"},"spec":{` +
		`"validators":["` + validator + `"],"reason":"r","owner":"o","expires":"2027-03-31"}}`
}

func TestMistakesInRules(t *testing.T) {
	objects, err := Parse("test", []byte(withRules(
		`{name: Team Label, resources: [], expression: "true", action: Block, enforceFrom: soon}`,
		rule("pod-security", `{apiGroups: [], apiVersions: ['*', v1], resources: [], operations: []}`, "objekt == null", ""),
		rule("r", `{apiGroups: [''], apiVersions: [''], resources: [Pods, pods/, /exec, pods/exec/x], operations: [GET], scope: Here}`, "true", ""),
		rule("r", pods, "true", ""),
	)))
	require.NoError(t, err)
	_, err = Compile(objects, Options{})
	require.Error(t, err)
	for _, want := range []string{
		`spec.rules[0].name: Invalid value: "Team Label": a lowercase RFC 1123 label must consist of`,
		`spec.rules[0].resources: Required value: must name what the rule looks at`,
		`spec.rules[0].action: Unsupported value: "Block"`,
		`spec.rules[0].enforceFrom: Invalid value: "soon": must be a date`,
		`spec.rules[1].name: Invalid value: "pod-security": must not be the name of a check of the catalogue`,
		`spec.rules[1].resources[0].apiGroups: Required value: must be set`,
		`spec.rules[1].resources[0].apiVersions: Invalid value: ["*","v1"]: must not name others beside *`,
		`spec.rules[1].resources[0].operations: Required value: must be set`,
		`spec.rules[1].resources[0].resources: Required value: must be set`,
		`spec.rules[1].expression: Invalid value: 1:1: undeclared reference to 'objekt'`,
		`spec.rules[2].resources[0].apiVersions[0]: Required value: must be a version, or *`,
		`spec.rules[2].resources[0].operations[0]: Unsupported value: "GET": supported values: "*", "CREATE", "UPDATE", "DELETE", "CONNECT"`,
		`spec.rules[2].resources[0].resources[0]: Invalid value: "Pods": must be a resource such as pods`,
		`spec.rules[2].resources[0].resources[1]: Invalid value: "pods/": must be a resource such as pods`,
		`spec.rules[2].resources[0].resources[2]: Invalid value: "/exec": must be a resource such as pods`,
		`spec.rules[2].resources[0].resources[3]: Invalid value: "pods/exec/x": must be a resource such as pods`,
		`spec.rules[2].resources[0].scope: Unsupported value: "Here"`,
		`spec.rules[3].name: Duplicate value: "r"`,
	} {
		require.ErrorContains(t, err, want)
	}
	assert.Len(t, flatten(err), 18, err.Error())
}

func TestWarnings(t *testing.T) {
	both := strings.Replace(deployments, "[deployments]", "[deployments, statefulsets, deployments/status]", 1)
	set := compiled(t, Options{}, withRules(
		rule("fits", both, "object.spec.replicas > 1", ""),
		rule("strategy", both, "!has(object.spec.strategy)", ""),
		rule("replica", deployments, "object.spec.replica > 1", ""),
		rule("anything", everything, "object.spec.replica > 1", ""),
	))
	assert.Equal(t, []string{
		`Guardrail "g": spec.rules[3].expression: must ask for request.operation first: object is null on DELETE, so the rule fails each time`,
		`Guardrail "g": spec.rules[1].expression: 1:5: undefined field 'strategy' (StatefulSet)`,
		`Guardrail "g": spec.rules[2].expression: 1:12: undefined field 'replica' (Deployment)`,
	}, set.Warnings())
}
