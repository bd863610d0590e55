package cel

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web, team: web-team}
  annotations: {example.com/hosts: "a.example.com,b.example.com"}
spec:
  replicas: 3
  fieldOfTomorrow: {depth: 7}
  template:
    spec:
      containers:
      - {name: web, image: "registry.example.com:5000/web:1.2.3", resources: {limits: {memory: 512Mi, cpu: 250m}}}
      - {name: proxy, image: "registry.example.com/proxy@sha256:abc", ports: [{containerPort: 8080}]}
`

// reviewOf is a review of a Deployment in the namespace shop.
func reviewOf(t testing.TB, operation admissionv1.Operation, object, old string) *workload.Review {
	t.Helper()
	raw := func(document string) runtime.RawExtension {
		if document == "" {
			return runtime.RawExtension{}
		}
		b, err := yaml.YAMLToJSON([]byte(document))
		require.NoError(t, err)
		return runtime.RawExtension{Raw: b}
	}
	r, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Kind:        metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"},
		Resource:    metav1.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"},
		RequestKind: &metav1.GroupVersionKind{Group: "apps", Version: "v1beta1", Kind: "Deployment"},
		Name:        "web", Namespace: "shop", Operation: operation,
		UserInfo: authenticationv1.UserInfo{
			Username: "system:serviceaccount:ci:deployer", Groups: []string{"system:serviceaccounts", "system:authenticated"},
			UID: "42", Extra: map[string]authenticationv1.ExtraValue{"example.com/scopes": {"deploy"}},
		},
		Options: runtime.RawExtension{Raw: []byte(`{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1","fieldManager":"kubectl"}`)},
		Object:  raw(object), OldObject: raw(old),
	})
	require.NoError(t, err)
	r.In(context.Background(), &workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
			Name: "shop", Labels: map[string]string{"environment": "production"}, Annotations: map[string]string{"owner": "shop-team"},
		}}, nil
	}})
	return r
}

func compileRule(t testing.TB, in v1alpha1.Rule) *Rule {
	t.Helper()
	rule, mistakes := CompileRule(&in, field.NewPath("rule"))
	require.NoError(t, mistakes.ToAggregate())
	return rule
}

// meaningful are expressions that are true of the Deployment above at its creation.
var meaningful = []struct{ name, expression string }{
	{"fields", `object.spec.replicas <= 5`},
	{"fields that Taffrail does not know", `object.spec.fieldOfTomorrow.depth == 7`},
	{"whole numbers", `type(object.spec.replicas) == int`},
	{"an absent field", `!has(object.spec.paused)`},
	{"a field whose name is a word of CEL", `object.metadata.namespace == 'shop'`},
	{"optional fields", `object.?spec.?paused.orValue(false) == false && object.metadata.?labels[?'tier'].orValue('none') == 'none'`},
	{"all and exists", `object.spec.template.spec.containers.all(c, c.image.startsWith('registry.example.com')) && object.spec.template.spec.containers.exists(c, has(c.ports))`},
	{"map and filter", `object.spec.template.spec.containers.filter(c, has(c.ports)).map(c, c.name) == ['proxy']`},
	{"two-variable comprehensions", `object.metadata.labels.all(k, v, k != '' && v != '')`},
	{"transformMap", `object.metadata.labels.transformMap(k, v, v.size())['app'] == 3`},

	{"quantities", `quantity(object.spec.template.spec.containers[0].resources.limits.memory).compareTo(quantity('1Gi')) < 0`},
	{"quantities, added", `quantity('250m').add(quantity('250m')).asApproximateFloat() == 0.5`},
	{"regular expressions", `object.spec.template.spec.containers[0].image.find('[0-9]+\\.[0-9]+\\.[0-9]+') == '1.2.3'`},
	{"urls", `url('https://registry.example.com:5000/v2').getHostname() == 'registry.example.com'`},
	{"lists", `[3, 1, 2].sum() == 6 && [1, 2, 3].isSorted() && ['a', 'b'].indexOf('b') == 1`},
	{"lists of later versions", `[3, 1, 2].sort() == [1, 2, 3] && [[1], [2]].flatten() == [1, 2]`},
	{"sets", `sets.contains(['a', 'b'], ['a'])`},
	{"addresses", `ip('192.168.0.1').family() == 4 && cidr('192.168.0.0/16').containsIP('192.168.0.1')`},
	{"formats", `!format.dns1123Label().validate('web').hasValue() && format.named('dns1123Label').value().validate('Web!').hasValue()`},
	{"versions", `semver('1.2.3').isGreaterThan(semver('1.2.0'))`},
	{"strings", `object.metadata.annotations['example.com/hosts'].split(',').size() == 2 && 'Team'.lowerAscii() == 'team'`},
	{"strings with format", `'%s has %d'.format([object.metadata.name, object.spec.replicas]) == 'web has 3'`},
	{"times", `timestamp('2027-01-15T00:00:00Z').getFullYear() == 2027 && duration('90m') > duration('1h')`},
	{"int-or-string", `type(1) == int && type('50%') == string`},

	{"the old object of a CREATE", `oldObject == null`},
	{"request", `request.operation == 'CREATE' && request.name == 'web' && request.namespace == 'shop'`},
	{"request.kind", `request.kind.group == 'apps' && request.kind.kind == 'Deployment' && request.resource.resource == 'deployments'`},
	{"request.requestKind", `request.requestKind.version == 'v1beta1' && request.requestResource.version == 'v1'`},
	{"request.dryRun that was not sent", `!request.dryRun`},
	{"request.subResource that was not sent", `!has(request.subResource)`},
	{"request.options", `request.options.fieldManager == 'kubectl'`},
	{"request.userInfo", `request.userInfo.username.startsWith('system:serviceaccount:ci:') && 'system:authenticated' in request.userInfo.groups`},
	{"request.userInfo.extra", `request.userInfo.extra['example.com/scopes'] == ['deploy'] && request.userInfo.uid == '42'`},
	{"namespaceObject", `namespaceObject.metadata.name == 'shop' && namespaceObject.metadata.labels.environment == 'production' && namespaceObject.metadata.annotations['owner'] == 'shop-team'`},
	{"namespaceObject, what is absent", `!has(namespaceObject.metadata.finalizers)`},
}

// TestExpressions: what an expression may use, and that it means what it means
// in a ValidatingAdmissionPolicy.
func TestExpressions(t *testing.T) {
	for _, test := range meaningful {
		t.Run(test.name, func(t *testing.T) {
			rule := compileRule(t, v1alpha1.Rule{Expression: test.expression})
			message, err := rule.Evaluate(context.Background(), reviewOf(t, admissionv1.Create, deployment, ""), NewBudget())
			require.NoError(t, err)
			assert.Empty(t, message)
		})
	}
}

func TestMessages(t *testing.T) {
	for _, test := range []struct {
		name string
		rule v1alpha1.Rule
		want string
	}{
		{"a message", v1alpha1.Rule{Message: " must have 5 "}, "must have 5"},
		{"none", v1alpha1.Rule{}, "must satisfy object.spec.replicas == 5"},
		{"an expression", v1alpha1.Rule{Message: "m", MessageExpression: `"must have 5 replicas, has " + string(object.spec.replicas)`}, "must have 5 replicas, has 3"},
		{"an expression that fails", v1alpha1.Rule{Message: "m", MessageExpression: `object.spec.name`}, ""},
		{"an expression that yields no text", v1alpha1.Rule{Message: "m", MessageExpression: `string(object.metadata.none)`}, "m"},
		{"an expression that yields a blank", v1alpha1.Rule{Message: "m", MessageExpression: `" "`}, "m"},
		{"an expression that yields two lines", v1alpha1.Rule{Message: "m", MessageExpression: `"a\nb"`}, "m"},
		{"an expression that yields too much", v1alpha1.Rule{Message: "m", MessageExpression: `"` + strings.Repeat("a", 5121) + `"`}, "m"},
		{
			"an expression with variables",
			v1alpha1.Rule{Variables: variables("n", "object.spec.replicas"), MessageExpression: `"has %d".format([variables.n])`},
			"has 3",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.rule.Expression = "object.spec.replicas == 5"
			if test.want == "" {
				_, mistakes := CompileRule(&test.rule, nil)
				require.ErrorContains(t, mistakes.ToAggregate(), "messageExpression: Invalid value: must be of type string, is of type dyn")
				return
			}
			message, err := compileRule(t, test.rule).Evaluate(context.Background(), reviewOf(t, admissionv1.Create, deployment, ""), NewBudget())
			require.NoError(t, err)
			assert.Equal(t, test.want, message)
		})
	}
}

func variables(namesAndExpressions ...string) (all []admissionregistrationv1.Variable) {
	for i := 0; i < len(namesAndExpressions); i += 2 {
		all = append(all, admissionregistrationv1.Variable{Name: namesAndExpressions[i], Expression: namesAndExpressions[i+1]})
	}
	return all
}

func TestVariables(t *testing.T) {
	for _, test := range []struct {
		name, expression, err string
		variables             []admissionregistrationv1.Variable
	}{
		{"one", `variables.n == 3`, "", variables("n", "object.spec.replicas")},
		{"each may use those before it", `variables.b == 6`, "", variables("a", "object.spec.replicas", "b", "variables.a * 2")},
		{"they have types", `variables.small`, "", variables("small", "object.spec.replicas < 5")},
		{"lists too", `variables.names.all(n, n.size() < 10)`, "", variables("names", "object.spec.template.spec.containers.map(c, string(c.name))")},
		{"one that is not used does not fail", `true || variables.none`, "", variables("none", "object.none == 1")},
		{"one that fails", `variables.none`, `variable "none": no such key: none; guard what may be absent with has()`, variables("none", "object.none == 1")},
	} {
		t.Run(test.name, func(t *testing.T) {
			rule := compileRule(t, v1alpha1.Rule{Expression: test.expression, Variables: test.variables})
			message, err := rule.Evaluate(context.Background(), reviewOf(t, admissionv1.Create, deployment, ""), NewBudget())
			assert.Empty(t, message)
			if test.err == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, test.err)
			}
		})
	}
}

func TestAVariableIsEvaluatedOnce(t *testing.T) {
	spent := func(rule v1alpha1.Rule) int64 {
		budget := NewBudget()
		_, err := compileRule(t, rule).Evaluate(context.Background(), reviewOf(t, admissionv1.Create, deployment, ""), budget)
		require.NoError(t, err)
		return budget.spent
	}
	costly := "[1, 2, 3, 4, 5, 6, 7, 8, 9].all(i, [1, 2, 3, 4, 5, 6, 7, 8, 9].all(j, i * j < 100))"
	once := spent(v1alpha1.Rule{Expression: "variables.v", Variables: variables("v", costly)})
	thrice := spent(v1alpha1.Rule{Expression: "variables.v && variables.v && variables.v", Variables: variables("v", costly)})
	assert.Less(t, thrice, once+once/10)
	assert.Greater(t, once, int64(100), "what a variable costs counts")
}

func TestErrors(t *testing.T) {
	nested := func(levels int) string { // costs a power of a hundred
		list := "[" + strings.Repeat("1, ", 99) + "1]"
		expression := "true"
		for range levels {
			expression = list + ".all(i, " + expression + ")"
		}
		return expression
	}
	for _, test := range []struct{ name, expression, err string }{
		{"an absent field", `object.spec.paused == true`, "no such key: paused; guard what may be absent with has()"},
		{"an index out of bounds", `object.spec.template.spec.containers[7].name == 'a'`, "index out of bounds: 7"},
		{"another type", `object.spec.replicas.startsWith('3')`, "no such overload"},
		{"a division by zero", `1 / (object.spec.replicas - 3) == 1`, "division by zero"},
		{"too costly", nested(4), errTooCostly.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			rule := compileRule(t, v1alpha1.Rule{Expression: test.expression})
			message, err := rule.Evaluate(context.Background(), reviewOf(t, admissionv1.Create, deployment, ""), NewBudget())
			assert.Empty(t, message)
			require.EqualError(t, err, test.err)
		})
	}
}

func TestTheBudgetIsThatOfAllRules(t *testing.T) {
	list := "[" + strings.Repeat("1, ", 99) + "1]"
	costly := compileRule(t, v1alpha1.Rule{Expression: list + ".all(i, " + list + ".all(j, i + j == 2))"})
	review, budget := reviewOf(t, admissionv1.Create, deployment, ""), NewBudget()
	var err error
	evaluations := 0
	for ; err == nil && evaluations < 1000; evaluations++ {
		_, err = costly.Evaluate(context.Background(), review, budget)
	}
	require.ErrorIs(t, err, errOutOfBudget)
	assert.Greater(t, evaluations, 2)

	_, err = compileRule(t, v1alpha1.Rule{Expression: "true"}).Evaluate(context.Background(), review, budget)
	require.ErrorIs(t, err, errOutOfBudget, "and is spent from then on")
}

func TestAnEvaluationEndsWithTheRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	list := "[" + strings.Repeat("1, ", 99) + "1]"
	rule := compileRule(t, v1alpha1.Rule{Expression: list + ".all(i, " + list + ".all(j, i == j))"})
	_, err := rule.Evaluate(ctx, reviewOf(t, admissionv1.Create, deployment, ""), NewBudget())
	require.ErrorIs(t, err, context.Canceled)
}

func TestOperations(t *testing.T) {
	grown := strings.Replace(deployment, "replicas: 3", "replicas: 4", 1)
	for _, test := range []struct {
		name        string
		operation   admissionv1.Operation
		object, old string
		expression  string
	}{
		{"UPDATE", admissionv1.Update, grown, deployment, `oldObject.spec.replicas == 3 && object.spec.replicas == oldObject.spec.replicas + 1`},
		{"DELETE", admissionv1.Delete, "", deployment, `object == null && oldObject.metadata.name == 'web'`},
	} {
		t.Run(test.name, func(t *testing.T) {
			rule := compileRule(t, v1alpha1.Rule{Expression: test.expression})
			message, err := rule.Evaluate(context.Background(), reviewOf(t, test.operation, test.object, test.old), NewBudget())
			require.NoError(t, err)
			assert.Empty(t, message)
		})
	}
}

func TestWhatARuleIsAbout(t *testing.T) {
	for expression, want := range map[string]bool{
		`object.spec.replicas < 5`:                                       true,
		`namespaceObject != null`:                                        true,
		`object.metadata.annotations['request'] == 'oldObject'`:          true,
		`oldObject == null || object.spec == oldObject.spec`:             false,
		`request.userInfo.username == 'admin'`:                           false,
		`object.metadata.name.size() > 0 && !request.dryRun`:             false,
		`[1, 2].all(i, object.spec.replicas > i || has(oldObject.spec))`: false,
	} {
		assert.Equal(t, want, bool(compileRule(t, v1alpha1.Rule{Expression: expression}).about), expression)
	}
	rule := compileRule(t, v1alpha1.Rule{Expression: "variables.mine", Variables: variables("mine", `request.userInfo.username == 'me'`)})
	assert.Equal(t, aboutChange, rule.about)
}

func TestMistakes(t *testing.T) {
	_, mistakes := CompileRule(&v1alpha1.Rule{
		Variables: append(variables(
			"a", "object.spec.",
			"in", "1",
			"b", "variables.a + 1",
			"b", "2",
			"c", " ",
		), admissionregistrationv1.Variable{Expression: "1"}),
		Expression:        "params.limit > 1 &&\n  objekt.spec == 1",
		MessageExpression: "1",
		Message:           "a\nb",
	}, field.NewPath("rules").Index(0))
	var texts []string
	for _, m := range mistakes {
		texts = append(texts, m.Error())
	}
	assert.Equal(t, []string{
		`rules[0].variables[0].expression: Invalid value: 1:13: Syntax error: no viable alternative at input '.'`,
		`rules[0].variables[1].name: Invalid value: "in": must be an identifier of CEL`,
		`rules[0].variables[3].name: Duplicate value: "b"`,
		`rules[0].variables[4].expression: Required value: must be set`,
		`rules[0].variables[5].name: Required value: must be set`,
		`rules[0].expression: Invalid value: 1:1: undeclared reference to 'params': Guardrails have neither params nor an authorizer`,
		`rules[0].expression: Invalid value: 2:3: undeclared reference to 'objekt'`,
		`rules[0].messageExpression: Invalid value: must be of type string, is of type int`,
		`rules[0].message: Invalid value: "a\nb": must be one line`,
	}, texts)
	for expression, want := range map[string]string{
		`authorizer.group('apps').resource('deployments').check('get').allowed()`: "1:1: undeclared reference to 'authorizer': Guardrails have neither params nor an authorizer",
		`variables.a`: "1:1: undeclared reference to 'variables': there are none here",
		`namespaceObject.status.phase == 'Active'`: "1:16: undefined field 'status'",
		`request.user == 'me'`:                     "1:8: undefined field 'user'",
		`object.metadata.name.matches('[')`:        "1:30: invalid matches argument",
		`duration('tomorrow') < duration('1h')`:    "1:10: invalid duration argument",
		`"text"`:                                   "must be of type bool, is of type string",
		`optional.of(true)`:                        "must be of type bool, is of type optional_type(bool)",
	} {
		_, mistakes := CompileRule(&v1alpha1.Rule{Expression: expression}, field.NewPath("r"))
		require.ErrorContains(t, mistakes.ToAggregate(), "r.expression: Invalid value: "+want)
	}
}

func TestConditions(t *testing.T) {
	conditions := func(expressions ...string) (all []admissionregistrationv1.MatchCondition) {
		for i, e := range expressions {
			all = append(all, admissionregistrationv1.MatchCondition{Name: "c" + string(rune('0'+i)), Expression: e})
		}
		return all
	}
	for _, test := range []struct {
		name string
		in   []admissionregistrationv1.MatchCondition
		hold bool
		err  string
	}{
		{"none", nil, true, ""},
		{"all true", conditions("true", "object.spec.replicas == 3"), true, ""},
		{"one false", conditions("true", "request.userInfo.username != 'system:serviceaccount:ci:deployer'"), false, ""},
		{"an error and true", conditions("object.none == 1", "true"), false, "c0: no such key: none; guard what may be absent with has()"},
		{"an error and false", conditions("object.none == 1", "false"), false, ""},
		{"two errors", conditions("object.none == 1", "1/0 == 1"), false, "c0: no such key: none; guard what may be absent with has(); c1: division by zero"},
	} {
		t.Run(test.name, func(t *testing.T) {
			compiled, mistakes := CompileConditions(test.in, nil)
			require.NoError(t, mistakes.ToAggregate())
			hold, err := compiled.Hold(context.Background(), reviewOf(t, admissionv1.Create, deployment, ""), NewBudget())
			assert.Equal(t, test.hold, hold)
			if test.err == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, test.err)
			}
		})
	}
	in := conditions("object", "variables.a", "true")
	in[2].Name, in[1].Name = "c0", "not a name"
	_, mistakes := CompileConditions(in, field.NewPath("m"))
	for _, want := range []string{
		`m[0].expression: Invalid value: must be of type bool, is of type dyn`,
		`m[1].name: Invalid value: "not a name": name part must consist of`,
		`m[1].expression: Invalid value: 1:1: undeclared reference to 'variables'`,
		`m[2].name: Duplicate value: "c0"`,
	} {
		require.ErrorContains(t, mistakes.ToAggregate(), want)
	}
	_, mistakes = CompileConditions(make([]admissionregistrationv1.MatchCondition, 65), field.NewPath("m"))
	require.ErrorContains(t, mistakes.ToAggregate(), "m: Too many: 65: must have at most 64 items")
}

// TestTheTypesAreThoseOfAnAPIServer: all of request, and of a Namespace its metadata.
func TestTheTypesAreThoseOfAnAPIServer(t *testing.T) {
	assert.Equal(t, shape(plugincel.BuildRequestType()), shape(requestType()))
	namespace := plugincel.BuildNamespaceType()
	delete(namespace.Fields, "spec")
	delete(namespace.Fields, "status")
	assert.Equal(t, shape(namespace), shape(namespaceType()))
}

func shape(t *apiservercel.DeclType) any {
	if !t.IsObject() {
		return t.CelType().String()
	}
	of := map[string]any{"": t.TypeName()}
	for name, field := range t.Fields {
		of[name] = shape(field.Type)
	}
	return of
}

func BenchmarkRule(b *testing.B) {
	rule := compileRule(b, v1alpha1.Rule{
		Expression: "has(object.metadata.labels) && 'team' in object.metadata.labels", Message: "must carry the label team",
	})
	review := reviewOf(b, admissionv1.Create, deployment, "")
	b.ReportAllocs()
	for b.Loop() {
		if message, err := rule.Evaluate(b.Context(), review, NewBudget()); message != "" || err != nil {
			b.Fatal(message, err)
		}
	}
}

func BenchmarkCompileRule(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		compileRule(b, v1alpha1.Rule{Expression: "has(object.metadata.labels) && 'team' in object.metadata.labels"})
	}
}

func TestTypeCheck(t *testing.T) {
	kind := schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	for _, test := range []struct {
		name string
		rule v1alpha1.Rule
		kind schema.GroupVersionKind
		want string
	}{
		{"all is well", v1alpha1.Rule{Expression: `object.spec.replicas > 1 && object.metadata.namespace == 'shop' && object.spec.template.spec.containers.all(c, c.?resources.?limits.?memory.hasValue() && quantity(c.resources.limits.memory).isLessThan(quantity('1Gi')))`}, kind, ""},
		{"a misspelt field", v1alpha1.Rule{Expression: `object.spec.replica > 1`}, kind, "r.expression: Invalid value: 1:12: undefined field 'replica' (Deployment)"},
		{"another type", v1alpha1.Rule{Expression: `object.spec.replicas == '1'`}, kind, "r.expression: Invalid value: 1:22: found no matching overload for '_==_' applied to '(int, string)' (Deployment)"},
		{"a variable", v1alpha1.Rule{Expression: `variables.all.size() > 0`, Variables: variables("all", "object.spec.containers")}, kind, "r.variables[0].expression: Invalid value: 1:12: undefined field 'containers' (Deployment)"},
		{"a message", v1alpha1.Rule{Expression: `true`, MessageExpression: `string(object.name)`}, kind, "r.messageExpression: Invalid value: 1:14: undefined field 'name' (Deployment)"},
		{"a kind that Taffrail does not know", v1alpha1.Rule{Expression: `object.spec.mtls == 1`}, schema.GroupVersionKind{Group: "security.istio.io", Version: "v1", Kind: "PeerAuthentication"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			warnings := TypeCheck(&test.rule, test.kind, field.NewPath("r"))
			if test.want == "" {
				require.NoError(t, warnings.ToAggregate())
				return
			}
			require.ErrorContains(t, warnings.ToAggregate(), test.want)
		})
	}
}

// TestEveryKindCanBeTypeChecked: their types can be declared.
func TestEveryKindCanBeTypeChecked(t *testing.T) {
	for _, kind := range workload.Kinds() {
		require.NotNil(t, typed(kind), kind)
		warnings := TypeCheck(&v1alpha1.Rule{Expression: "object.kind != '' && object.metadata.name.size() > 0 && !('a' in object.metadata.labels)"}, kind, nil)
		require.NoError(t, warnings.ToAggregate(), kind)
	}
}
