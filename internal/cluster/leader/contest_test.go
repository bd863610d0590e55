package leader

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/registration"
)

// Two writers who wake each other would write for ever, as fast as the API server answers.
func TestWhatIsPutBackAgainAndAgainIsPutBackLater(t *testing.T) {
	var c contest
	now := time.Unix(0, 0)
	var waits []time.Duration
	for range 8 {
		wait := c.due(now, narrowed)
		waits = append(waits, wait/time.Second)
		now = now.Add(wait)
		c.putBack(now)
	}
	assert.Equal(t, []time.Duration{0, 1, 2, 4, 8, 16, 30, 30}, waits, "in seconds")

	assert.Equal(t, 20*time.Second, c.due(now.Add(10*time.Second), narrowed), "not before, whoever wakes the leader")
	assert.LessOrEqual(t, c.due(now, opened), time.Second, "a rule that is gone is a hole for everybody")
	assert.Zero(t, c.due(now.Add(peace), narrowed), "after a while of peace")
}

func TestHowAConfigurationWasChanged(t *testing.T) {
	wanted, err := json.Marshal(registration.Validating([]string{"kube-system"}, nil))
	require.NoError(t, err)
	with := func(old, by string) []byte {
		require.Contains(t, string(wanted), old)
		return []byte(strings.ReplaceAll(string(wanted), old, by))
	}
	for name, test := range map[string]struct {
		current []byte
		want    change
	}{
		"not at all":               {wanted, nothing},
		"by a label of theirs":     {with(`"labels":{`, `"labels":{"theirs":"x",`), nothing},
		"by another caBundle":      {with(`"clientConfig":{`, `"clientConfig":{"caBundle":"bmV3",`), nothing},
		"by a label that is gone":  {with(`"admissions.enforcer/disabled":"true",`, ``), narrowed},
		"in a namespaceSelector":   {with(`"namespaceSelector":{}`, `"namespaceSelector":{"matchLabels":{"a":"b"}}`), narrowed},
		"in an objectSelector":     {with(`"objectSelector":{}`, `"objectSelector":{"matchLabels":{"a":"b"}}`), opened},
		"in its failurePolicy":     {with(`"failurePolicy":"Ignore"`, `"failurePolicy":"Fail"`), opened},
		"by a rule that is gone":   {with(`"operations":["CREATE","UPDATE"]`, `"operations":["CREATE"]`), opened},
		"by webhooks that are not": {[]byte(`{"webhooks":[]}`), opened},
		"beyond reading":           {[]byte(`[`), opened},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, changed(test.current, wanted)) })
	}
}

func namespaceNamed(name string, labels map[string]string) *metav1.PartialObjectMetadata {
	all := map[string]string{"kubernetes.io/metadata.name": name}
	maps.Copy(all, labels)
	return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: all}}
}

// What a cloud adds stays where it leaves out no namespace that is evaluated.
func TestWhatOthersAddIsKeptWhereItLeavesOutNoMore(t *testing.T) {
	ours := metav1.LabelSelectorRequirement{Key: "kubernetes.io/metadata.name", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"kube-system"}}
	requirement := func(key string, op metav1.LabelSelectorOperator, values ...string) metav1.LabelSelectorRequirement {
		return metav1.LabelSelectorRequirement{Key: key, Operator: op, Values: values}
	}
	aks := map[string]string{"control-plane": "true", "kubernetes.azure.com/managedby": "aks"}
	for name, test := range map[string]struct {
		added      metav1.LabelSelectorRequirement
		namespaces []*metav1.PartialObjectMetadata
		kept       bool
	}{
		"what is left out anyway":           {requirement("control-plane", "NotIn", "true"), []*metav1.PartialObjectMetadata{namespaceNamed("kube-system", aks), namespaceNamed("shop", nil)}, true},
		"in the other words":                {requirement("control-plane", "DoesNotExist"), []*metav1.PartialObjectMetadata{namespaceNamed("kube-system", aks), namespaceNamed("shop", nil)}, true},
		"by name":                           {requirement("kubernetes.io/metadata.name", "NotIn", "kube-system", "aks-command"), []*metav1.PartialObjectMetadata{namespaceNamed("kube-system", nil), namespaceNamed("shop", nil)}, true},
		"one that is evaluated":             {requirement("control-plane", "NotIn", "true"), []*metav1.PartialObjectMetadata{namespaceNamed("shop", aks)}, false},
		"all that is not named":             {requirement("kubernetes.io/metadata.name", "In", "shop"), []*metav1.PartialObjectMetadata{namespaceNamed("shop", nil)}, false},
		"all without a label":               {requirement("team", "Exists"), []*metav1.PartialObjectMetadata{namespaceNamed("shop", map[string]string{"team": "shop"})}, false},
		"while no Namespace has been read":  {requirement("control-plane", "NotIn", "true"), nil, false},
		"what is no selector at all":        {requirement("control-plane", "Sometimes"), []*metav1.PartialObjectMetadata{namespaceNamed("shop", nil)}, false},
		"a namespace of another installer":  {requirement("managed", "NotIn", "yes"), []*metav1.PartialObjectMetadata{namespaceNamed("istio-system", map[string]string{"managed": "yes"})}, false},
		"a label that nobody has until now": {requirement("managed", "NotIn", "yes"), []*metav1.PartialObjectMetadata{namespaceNamed("shop", nil)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := Webhooks{ExcludedNamespaces: []string{"kube-system"}, Namespaces: func() []*metav1.PartialObjectMetadata { return test.namespaces }}
			selector := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{ours}}
			current := &configuration{}
			encoded, err := json.Marshal(map[string]any{"webhooks": []any{map[string]any{
				"name": "a", "namespaceSelector": metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{test.added, ours}},
			}}})
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(encoded, current))
			o.takeOver(desired{selectors: map[string]*metav1.LabelSelector{"a": selector}}, current)
			want := []metav1.LabelSelectorRequirement{ours}
			if test.kept {
				want = []metav1.LabelSelectorRequirement{test.added, ours} // in their order
			}
			assert.Equal(t, want, selector.MatchExpressions)
		})
	}
}

// A stranger takes a rule away each time that the leader has put it back.
func TestAStrangerIsNamedOnce(t *testing.T) {
	stranger := `{"metadata":{"resourceVersion":"7","managedFields":[
		{"manager":"taffrail","time":"2027-01-01T00:00:02Z"},{"manager":"kubectl","time":"2027-01-01T00:00:00Z"},
		{"manager":"admissionsenforcer","time":"2027-01-01T00:00:01Z"}]},"webhooks":[]}`
	a := &apiServer{configurations: map[string]string{"mutatingwebhookconfigurations": stranger, "validatingwebhookconfigurations": stranger}}
	l := leading(t, a, Webhooks{CABundle: func() []byte { return []byte("new") }})
	var lines []string
	l.options.Log = funcr.New(func(_, line string) {
		if strings.Contains(line, "another writer") {
			lines = append(lines, line)
		}
	}, funcr.Options{})

	now := time.Now()
	l.now = func() time.Time { return now }
	l.keepConfigurations(t.Context(), state{known: true})
	assert.Empty(t, l.Overruled(), "what is there at first is nobody's change")
	a.written = nil
	for range 3 {
		l.keepConfigurations(t.Context(), state{known: true})
	}
	assert.Len(t, a.written, 4, "each is put back once, by two requests, and then waits")
	assert.Equal(t, map[string]int{"admissionsenforcer": 2}, l.Overruled())
	now = now.Add(urgentWait)
	l.keepConfigurations(t.Context(), state{known: true})
	assert.Equal(t, map[string]int{"admissionsenforcer": 4}, l.Overruled(), "what opens the cluster does not wait longer")
	require.Len(t, lines, 1)
	assert.Contains(t, lines[0], "admissionsenforcer")
}

// What the guardrails want to be different waits for nobody.
func TestANewRuleWaitsForNoContest(t *testing.T) {
	a := &apiServer{configurations: map[string]string{"mutatingwebhookconfigurations": `{"webhooks":[]}`, "validatingwebhookconfigurations": `{"webhooks":[]}`}}
	l := leading(t, a, Webhooks{CABundle: func() []byte { return []byte("new") }})
	now := time.Now()
	l.now = func() time.Time { return now }
	for range 3 {
		l.keepConfigurations(t.Context(), state{known: true})
	}
	a.written = nil
	l.options.Webhooks.ExcludedNamespaces = []string{"calico-system"}
	l.keepConfigurations(t.Context(), state{known: true})
	require.Len(t, a.written, 2, "the other configuration is as it was")
	for _, written := range a.written {
		assert.Contains(t, written, "mutatingwebhookconfigurations")
	}
}

func TestFewManagersAreToldApart(t *testing.T) {
	l := &Leader{overruled: map[string]int{}}
	for name := range strings.SplitSeq("abcdefghijkl", "") {
		l.countOverruled(name)
	}
	assert.Len(t, l.Overruled(), maxManagers+1)
	assert.Equal(t, 4, l.Overruled()[otherManagers])
}
