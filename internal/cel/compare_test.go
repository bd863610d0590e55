package cel

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

func (c Change) String() string { return [...]string{"kept", "unclear", "worse"}[c] }

// specOf is a Deployment with a spec.
func specOf(spec string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: " + spec
}

func updateOf(t testing.TB, before, after string) *workload.Review {
	t.Helper()
	return reviewOf(t, admissionv1.Update, specOf(after), specOf(before))
}

const (
	few         = `object.spec.replicas <= 5`
	bounded35   = `object.spec.replicas >= 3 && object.spec.replicas <= 5`
	oneOf       = `object.spec.replicas in [3, 4, 5]`
	noPrivilege = `object.spec.containers.all(c, !has(c.privileged) || !c.privileged)`
	bothLists   = `(object.spec.containers + object.spec.?initContainers.orValue([])).all(c, !c.?privileged.orValue(false))`
	memory      = `object.spec.containers.all(c, has(c.memory) && !quantity(c.memory).isGreaterThan(quantity('1Gi')))`
	registry    = `object.spec.containers.all(c, c.image.startsWith('good/'))`
	ports       = `object.spec.ports.all(p, p.port < 1024)`
	nested      = `object.spec.rules.all(r, r.peers.all(p, p.startsWith('10.')))`
	threePorts  = `size(object.spec.ports) <= 3`
	unique      = `object.spec.ports.all(p, object.spec.ports.exists_one(q, q.port == p.port))`
	labels      = `object.spec.labels.all(k, v, !k.startsWith('bad'))`
	proxy       = `object.spec.containers.exists(c, c.name == 'proxy')`
	total       = `object.spec.ports.map(p, p.port).sum() <= 5`
)

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		name, expression, before, after string
		want                            Change
	}{
		{"what the rule does not look at", few, `{replicas: 8, paused: true}`, `{replicas: 8}`, Kept},
		{"what was well before", few, `{replicas: 5}`, `{replicas: 8}`, Worse},

		{"a number far from what is allowed", few, `{replicas: 6}`, `{replicas: 6000000}`, Worse},
		{"a number nearer to what is allowed", few, `{replicas: 8}`, `{replicas: 7}`, Kept},
		{"a number below what is wanted", `object.spec.replicas >= 3`, `{replicas: 2}`, `{replicas: 1}`, Worse},
		{"a number towards what is wanted", `object.spec.replicas >= 3`, `{replicas: 1}`, `{replicas: 2}`, Kept},
		{"away from a range, above", bounded35, `{replicas: 8}`, `{replicas: 9}`, Worse},
		{"away from a range, below", bounded35, `{replicas: 2}`, `{replicas: 1}`, Worse},
		{"towards a range", bounded35, `{replicas: 80}`, `{replicas: 8}`, Kept},
		{"across a range is a new violation", bounded35, `{replicas: 8}`, `{replicas: 1}`, Worse},
		{"away from a list of numbers", oneOf, `{replicas: 1000}`, `{replicas: 1001}`, Worse},
		{"towards a list of numbers", oneOf, `{replicas: 1001}`, `{replicas: 1000}`, Kept},
		{"across a list of numbers", oneOf, `{replicas: 8}`, `{replicas: 1}`, Unclear},
		{"a number that another bounds", `object.spec.min <= object.spec.max`, `{min: 9, max: 5}`, `{min: 90, max: 5}`, Worse},
		{"a number towards another", `object.spec.min <= object.spec.max`, `{min: 9, max: 5}`, `{min: 7, max: 5}`, Kept},
		{"a fraction", `object.spec.ratio <= 0.5`, `{ratio: 0.6}`, `{ratio: 0.7}`, Worse},
		{"a fraction that shrinks", `object.spec.ratio <= 0.5`, `{ratio: 0.9}`, `{ratio: 0.7}`, Kept},
		{"a quantity that grows", `!quantity(object.spec.memory).isGreaterThan(quantity('5Gi'))`, `{memory: 8Gi}`, `{memory: 9Gi}`, Worse},
		{"a quantity that shrinks", `!quantity(object.spec.memory).isGreaterThan(quantity('5Gi'))`, `{memory: 8Gi}`, `{memory: 7000Mi}`, Kept},
		{"a percentage", `int(object.spec.share.replace('%', '')) <= 25`, `{share: 50%}`, `{share: 75%}`, Worse},
		{"a percentage that shrinks", `int(object.spec.share.replace('%', '')) <= 25`, `{share: 75%}`, `{share: 50%}`, Kept},
		{"a duration", `duration(object.spec.grace) <= duration('30s')`, `{grace: 60s}`, `{grace: 1h30m}`, Worse},
		{"a number in a text", `int(object.spec.port) < 1024`, `{port: "8080"}`, `{port: "8081"}`, Worse},

		{"a text that is another now", `object.spec.class == 'nginx'`, `{class: traefik}`, `{class: haproxy}`, Unclear},
		{"a value that is another now", `object.spec.on && object.spec.safe`, `{on: false, safe: true}`, `{on: false, safe: false}`, Worse},
		{"a field that is taken away", `object.spec.class == 'nginx'`, `{class: traefik}`, `{}`, Unclear},
		{"one condition does not hide behind another", few + ` && object.spec.class == 'nginx'`, `{replicas: 8, class: nginx}`, `{replicas: 8, class: other}`, Worse},
		{"a negated one neither", `!(object.spec.replicas > 5 || object.spec.host)`, `{replicas: 8, host: false}`, `{replicas: 8, host: true}`, Worse},

		{"one of two bad containers is mended", noPrivilege, `{containers: [{name: a, privileged: true}, {name: b, privileged: true}]}`, `{containers: [{name: a, privileged: true}, {name: b, privileged: false}]}`, Kept},
		{"one of two bad containers is taken away", noPrivilege, `{containers: [{name: a, privileged: true}, {name: b, privileged: true}]}`, `{containers: [{name: b, privileged: true}]}`, Kept},
		{"a bad container is added", noPrivilege, `{containers: [{name: a, privileged: true}]}`, `{containers: [{name: a, privileged: true}, {name: b, privileged: true}]}`, Worse},
		{"a good container turns bad", noPrivilege, `{containers: [{name: a, privileged: true}, {name: b}]}`, `{containers: [{name: a, privileged: true}, {name: b, privileged: true}]}`, Worse},
		{"an innocent container is put before a bad one", noPrivilege, `{containers: [{name: a, privileged: true}]}`, `{containers: [{name: b}, {name: a, privileged: true}]}`, Kept},
		{"containers change places", noPrivilege, `{containers: [{name: a, privileged: true}, {name: b}]}`, `{containers: [{name: b}, {name: a, privileged: true}]}`, Kept},
		{"a field that is not read changes in a bad container", noPrivilege, `{containers: [{name: a, privileged: true, image: a}]}`, `{containers: [{name: a, privileged: true, image: b}]}`, Kept},
		{"a bad init container beside a bad container", bothLists, `{containers: [{name: a, privileged: true}]}`, `{containers: [{name: a, privileged: true}], initContainers: [{name: b, privileged: true}]}`, Worse},
		{"an innocent init container beside a bad container", bothLists, `{containers: [{name: a, privileged: true}]}`, `{containers: [{name: a, privileged: true}], initContainers: [{name: b}]}`, Kept},

		{"the memory of a container grows", memory, `{containers: [{name: a, memory: 8Gi}, {name: b, memory: 9Gi}]}`, `{containers: [{name: a, memory: 8Gi}, {name: b, memory: 10Gi}]}`, Worse},
		{"the memory of a container shrinks", memory, `{containers: [{name: a, memory: 8Gi}, {name: b, memory: 9Gi}]}`, `{containers: [{name: a, memory: 8Gi}, {name: b, memory: 7Gi}]}`, Kept},
		{"the memory of a container is set no more", memory, `{containers: [{name: a, memory: 8Gi}]}`, `{containers: [{name: a}]}`, Worse},
		{"another bad image", registry, `{containers: [{name: a, image: bad/a}]}`, `{containers: [{name: a, image: bad/b}]}`, Worse},

		{"a bad port is added", ports, `{ports: [{port: 8080}]}`, `{ports: [{port: 8080}, {port: 9090}]}`, Worse},
		{"an innocent port is put first", ports, `{ports: [{port: 8080}]}`, `{ports: [{port: 80}, {port: 8080}]}`, Kept},
		{"a bad peer in a rule", nested, `{rules: [{peers: ['11.0']}]}`, `{rules: [{peers: ['11.0', '12.0']}]}`, Worse},
		{"an innocent peer in a rule", nested, `{rules: [{peers: ['11.0']}]}`, `{rules: [{peers: ['10.0', '11.0']}]}`, Kept},
		{"a bad rule", nested, `{rules: [{peers: ['11.0']}]}`, `{rules: [{peers: ['10.0']}, {peers: ['11.0']}, {peers: ['12.0']}]}`, Worse},
		{"a bad key", labels, `{labels: {bad1: x}}`, `{labels: {bad1: x, bad2: x}}`, Worse},
		{"an innocent key", labels, `{labels: {bad1: x}}`, `{labels: {bad1: x, a: b}}`, Kept},
		{"a bad key is taken away", labels, `{labels: {bad1: x, bad2: x}}`, `{labels: {bad1: x}}`, Kept},

		{"too many, and more", threePorts, `{ports: [{port: 1}, {port: 2}, {port: 3}, {port: 4}]}`, `{ports: [{port: 1}, {port: 2}, {port: 3}, {port: 4}, {port: 5}]}`, Worse},
		{"too many, and fewer", threePorts, `{ports: [{port: 1}, {port: 2}, {port: 3}, {port: 4}, {port: 5}]}`, `{ports: [{port: 1}, {port: 2}, {port: 3}, {port: 4}]}`, Kept},
		{"twice the same, and one that is not", unique, `{ports: [{port: 1}, {port: 1}]}`, `{ports: [{port: 1}, {port: 1}, {port: 2}]}`, Kept},
		{"twice the same, and thrice", unique, `{ports: [{port: 1}, {port: 1}]}`, `{ports: [{port: 1}, {port: 1}, {port: 1}]}`, Worse},
		{"a sum that grows", total, `{ports: [{port: 4}, {port: 4}]}`, `{ports: [{port: 4}, {port: 5}]}`, Worse},
		{"a sum that shrinks", total, `{ports: [{port: 4}, {port: 4}]}`, `{ports: [{port: 3}, {port: 4}]}`, Kept},
		{"what is missing, and something else", proxy, `{containers: [{name: web}]}`, `{containers: [{name: web}, {name: cache}]}`, Unclear},
	} {
		t.Run(test.name, func(t *testing.T) {
			rule := compileRule(t, v1alpha1.Rule{Expression: test.expression})
			change, err := rule.Compare(context.Background(), updateOf(t, test.before, test.after), NewBudget())
			require.NoError(t, err)
			assert.Equal(t, test.want.String(), change.String())
		})
	}
}

func TestCompareThroughVariables(t *testing.T) {
	rule := compileRule(t, v1alpha1.Rule{
		Variables:  variables("all", "object.spec.containers", "bad", "variables.all.filter(c, c.cpu > 4)"),
		Expression: "variables.bad.size() == 0",
	})
	for after, want := range map[string]Change{
		`{containers: [{name: a, cpu: 8, image: b}, {name: b, cpu: 1}]}`: Kept,
		`{containers: [{name: a, cpu: 9}]}`:                              Worse,
		`{containers: [{name: a, cpu: 7}]}`:                              Kept,
		`{containers: [{name: a, cpu: 8}, {name: b, cpu: 5}]}`:           Worse,
	} {
		change, err := rule.Compare(context.Background(), updateOf(t, `{containers: [{name: a, cpu: 8, image: a}]}`, after), NewBudget())
		require.NoError(t, err)
		assert.Equal(t, want.String(), change.String(), after)
	}
}

func TestARuleSaysWhatWorsens(t *testing.T) {
	rule := compileRule(t, v1alpha1.Rule{
		Expression: `object.spec.class == 'gold'`,
		Worsens:    `oldObject.spec.class == 'silver' && object.spec.class == 'bronze' || object.spec.class.fails`,
	})
	for _, test := range []struct {
		before, after string
		want          Change
	}{
		{"silver", "bronze", Worse},
		{"silver", "silver", Kept},
		{"gold", "silver", Worse},
	} {
		change, err := rule.Compare(context.Background(), updateOf(t, "{class: "+test.before+"}", "{class: "+test.after+"}"), NewBudget())
		require.NoError(t, err)
		assert.Equal(t, test.want.String(), change.String(), test)
	}
	change, err := rule.Compare(context.Background(), updateOf(t, "{class: bronze}", "{class: silver}"), NewBudget())
	require.NoError(t, err)
	assert.Equal(t, Worse, change, "a rule that fails to say how it compares refuses")

	rule = compileRule(t, v1alpha1.Rule{Expression: `object.spec.class == 'gold'`, Worsens: `false`})
	change, err = rule.Compare(context.Background(), updateOf(t, "{class: silver}", "{class: bronze}"), NewBudget())
	require.NoError(t, err)
	assert.Equal(t, Kept, change)
}

func TestAControllerIsNotStoppedByWhatWasThere(t *testing.T) {
	rule := compileRule(t, v1alpha1.Rule{Expression: few})
	for user, want := range map[string]Change{
		"system:serviceaccount:kube-system:horizontal-pod-autoscaler": Kept,
		"system:kube-controller-manager":                              Kept,
		"system:serviceaccount:kube-systems:a":                        Worse,
		"alice":                                                       Worse,
	} {
		review := updateOf(t, `{replicas: 8}`, `{replicas: 9}`)
		review.User = userCalled(user)
		change, err := rule.Compare(context.Background(), review, NewBudget())
		require.NoError(t, err)
		assert.Equal(t, want.String(), change.String(), user)
		review = updateOf(t, `{replicas: 5}`, `{replicas: 9}`)
		review.User = userCalled(user)
		change, err = rule.Compare(context.Background(), review, NewBudget())
		require.NoError(t, err)
		assert.Equal(t, Worse.String(), change.String(), "what was not there before: "+user)
	}
}

// userCalled is a user as an API server knows them: a service account is of the group of its
// Namespace.
func userCalled(name string) authenticationv1.UserInfo {
	user := authenticationv1.UserInfo{Username: name}
	if account, found := strings.CutPrefix(name, "system:serviceaccount:"); found {
		namespace, _, _ := strings.Cut(account, ":")
		user.Groups = []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace}
	}
	return user
}

// TestACompareWithoutBudget: to leave alone what a rule looks at needs none, so nobody is locked
// out; all else is refused, so nobody gets by with a large object.
func TestACompareWithoutBudget(t *testing.T) {
	rule := compileRule(t, v1alpha1.Rule{Expression: few})
	controller := updateOf(t, `{replicas: 8}`, `{replicas: 9}`)
	controller.User.Username = "system:kube-controller-manager"
	spent := &Budget{spent: maxReview}
	change, err := rule.Compare(context.Background(), updateOf(t, `{replicas: 8, paused: true}`, `{replicas: 8}`), spent)
	require.NoError(t, err)
	assert.Equal(t, Kept, change)
	change, err = rule.Compare(context.Background(), updateOf(t, `{replicas: 8}`, `{replicas: 7}`), spent)
	require.ErrorIs(t, err, errOutOfBudget)
	assert.Equal(t, Worse, change)
	change, err = rule.Compare(context.Background(), controller, spent)
	require.NoError(t, err)
	assert.Equal(t, Unclear, change, "a controller goes on")
}

// listRules are ways to say that no item may be larger than 100.
var listRules = []string{
	`object.spec.items.all(i, i.size <= 100)`,
	`!object.spec.items.exists(i, i.size > 100)`,
	`object.spec.items.filter(i, i.size > 100).size() == 0`,
	`object.spec.items.map(i, i.size).all(n, n <= 100)`,
}

// TestWhatIsTakenAwayOfALargeObject: five thousand rules of which one is bad can be made fewer.
func TestWhatIsTakenAwayOfALargeObject(t *testing.T) {
	rule := compileRule(t, v1alpha1.Rule{Expression: `object.spec.rules.all(r, !('*' in r.verbs))`})
	good := strings.Repeat("{verbs: [get, list]}, ", 5000)
	before := "{rules: [" + good + "{verbs: ['*']}]}"
	review, budget := updateOf(t, before, strings.Replace(before, "{verbs: [get, list]}, ", "", 1)), NewBudget()
	message, err := rule.Evaluate(context.Background(), review, budget)
	require.NoError(t, err)
	require.NotEmpty(t, message)
	change, err := rule.Compare(context.Background(), review, budget)
	require.NoError(t, err)
	assert.Equal(t, Kept, change)
}

// FuzzCompare: whatever the list and wherever an item comes, one that is bad is worse, one that is
// not is not, and to take either away is not.
func FuzzCompare(f *testing.F) {
	f.Add([]byte{200, 3, 150}, byte(180), byte(1))
	f.Add([]byte{101}, byte(0), byte(0))
	f.Add([]byte{255, 255}, byte(255), byte(2))
	var rules []*Rule
	for _, expression := range listRules {
		rules = append(rules, compileRule(f, v1alpha1.Rule{Expression: expression}))
	}
	f.Fuzz(func(t *testing.T, sizes []byte, more, at byte) {
		if len(sizes) == 0 || len(sizes) > 20 || slices.Max(sizes) <= 100 {
			return // there must be something that was there before
		}
		longer := slices.Insert(slices.Clone(sizes), int(at)%(len(sizes)+1), more)
		want := Kept
		if more > 100 {
			want = Worse
		}
		for _, rule := range rules {
			assert.Equal(t, want.String(), compareLists(t, rule, sizes, longer).String(), "%v, then %v", sizes, longer)
			assert.Equal(t, Kept.String(), compareLists(t, rule, longer, sizes).String(), "%v, then %v", longer, sizes)
		}
	})
}

func compareLists(t *testing.T, rule *Rule, before, after []byte) Change {
	t.Helper()
	list := func(sizes []byte) string {
		items := make([]string, len(sizes))
		for i, size := range sizes {
			items[i] = fmt.Sprintf("{size: %d}", size)
		}
		return "{items: [" + strings.Join(items, ", ") + "]}"
	}
	change, err := rule.Compare(context.Background(), updateOf(t, list(before), list(after)), NewBudget())
	require.NoError(t, err)
	return change
}

// TestNumbersThatMove: of two numbers that are not allowed, the one that is farther from what is
// allowed is worse, wherever that lies.
func TestNumbersThatMove(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 1)) //nolint:gosec // the same numbers each time
	for range 300 {
		low := random.Int64N(1000) - 500
		high := low + random.Int64N(100)
		rule := compileRule(t, v1alpha1.Rule{Expression: fmt.Sprintf("object.spec.size >= %d && object.spec.size <= %d", low, high)})
		distance := 1 + random.Int64N(1_000_000)
		farther := distance + 1 + random.Int64N(1_000_000)
		for _, numbers := range [][2]int64{{high + distance, high + farther}, {low - distance, low - farther}} {
			near, far := fmt.Sprintf("{size: %d}", numbers[0]), fmt.Sprintf("{size: %d}", numbers[1])
			for _, update := range []struct {
				before, after string
				want          Change
			}{{near, far, Worse}, {far, near, Kept}} {
				change, err := rule.Compare(context.Background(), updateOf(t, update.before, update.after), NewBudget())
				require.NoError(t, err)
				assert.Equal(t, update.want.String(), change.String(), "%d to %d allowed, %s, then %s", low, high, update.before, update.after)
			}
		}
	}
}
