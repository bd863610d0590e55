package audit

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/wait"

	"taffrail.dev/taffrail/guardrail"
)

// followed is a Live of a world, without the patience that it has with a real API server.
type followed struct {
	*Live
	world *world
}

func follow(t *testing.T, w *world, o LiveOptions) *followed {
	t.Helper()
	o.Stored = o.Guardrails.Guardrails == nil
	l := NewLive(clusterOf(t, w), o)
	l.pace = pace{
		look: 5 * time.Millisecond, discover: 20 * time.Millisecond, settle: time.Millisecond, poll: 5 * time.Millisecond, together: time.Millisecond,
		retry: wait.Backoff{Duration: 2 * time.Millisecond, Factor: 1, Steps: 1},
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() { cancel(); assert.NoError(t, <-ended) })
	return &followed{l, w}
}

// waitFor waits until the report is as it must be.
func (l *followed) waitFor(t *testing.T, what string, is func(*Report) bool) *Report {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		r := l.Report()
		if is(r) {
			return r
		}
		select {
		case <-l.Changed():
		case <-time.After(10 * time.Millisecond): // a change may come between a tick and its report
		case <-deadline:
			require.FailNow(t, "not so in the end: "+what, "%+v\n%+v\n%v", r.Summary, counted(r), r.Notes)
		}
	}
}

func (l *followed) ready(t *testing.T) *Report {
	t.Helper()
	l.waitFor(t, "ready", func(*Report) bool { return l.Ready() })
	return l.Report()
}

const (
	atPods        = "api/v1/pods"
	atNamespaces  = "api/v1/namespaces"
	atDeployments = "apis/apps/v1/deployments"
	atGuardrails  = "apis/taffrail.dev/v1alpha1/guardrails"
	atExemptions  = "apis/taffrail.dev/v1alpha1/exemptions"
)

func has(owner string, n int) func(*Report) bool {
	return func(r *Report) bool { return counted(r)[owner] == n }
}

func TestALiveReportsWhatRunReports(t *testing.T) {
	w := shopWorld(t)
	from := clusterOf(t, w)
	stored, err := Stored(t.Context(), from)
	require.NoError(t, err)
	want, err := Run(t.Context(), from, Options{Guardrails: stored, Stored: true})
	require.NoError(t, err)
	got := follow(t, w, LiveOptions{}).ready(t)
	assert.False(t, got.Time.IsZero())
	for i := range got.Results {
		assert.False(t, got.Results[i].FirstSeen.IsZero())
		got.Results[i].FirstSeen = time.Time{}
	}
	got.Time = want.Time
	assert.Equal(t, want, got)
}

func TestALiveFollowsObjects(t *testing.T) {
	w := shopWorld(t)
	l := follow(t, w, LiveOptions{})
	l.ready(t)
	w.set(atPods, pod("new", ""))
	l.waitFor(t, "a new Pod is found", has("Pod/new", 1))
	w.set(atPods, `{"metadata":{"name":"new","namespace":"shop","uid":"new"},"spec":{"containers":[{"name":"web","image":"nginx:1"}]}}`)
	l.waitFor(t, "a mended Pod is not", has("Pod/new", 0))
	w.remove(atPods, "shop/d")
	l.waitFor(t, "a deleted Pod is not", has("Pod/d", 0))
	w.remove(atPods, "shop/a")
	r := l.waitFor(t, "the workload has a Pod less", has("Deployment/web", 3))
	assert.Equal(t, 5, r.Summary.Objects)
	assert.Equal(t, 5, l.Metrics().Objects)
	assert.GreaterOrEqual(t, l.Metrics().Evaluations, uint64(8))
}

func TestNothingIsToldOfWhatChangesNothing(t *testing.T) {
	w := shopWorld(t)
	l := follow(t, w, LiveOptions{})
	l.ready(t)
	before, made := l.changes.Load(), l.Metrics().Evaluations
	w.set(atPods, pod("d", ""))
	require.Eventually(t, func() bool { return l.Metrics().Evaluations > made }, 20*time.Second, time.Millisecond)
	assert.Equal(t, before, l.changes.Load())
}

func TestSinceWhenAFindingIsThereOutlivesItsPods(t *testing.T) {
	w := shopWorld(t)
	now := clock{at: today}
	l := follow(t, w, LiveOptions{Options: Options{Now: now.now}})
	first := func(r *Report) time.Time {
		for i := range r.Results {
			if r.Results[i].Owner.Name == "gone" {
				return r.Results[i].FirstSeen
			}
		}
		return time.Time{}
	}
	assert.Equal(t, today, first(l.ready(t)))
	now.set(today.Add(time.Hour))
	w.set(atPods, pod("f", "gone"))
	l.waitFor(t, "a second Pod", has("Deployment/gone", 2))
	w.remove(atPods, "shop/e")
	assert.Equal(t, today, first(l.waitFor(t, "the first has gone", has("Deployment/gone", 1))))
}

func TestAChangeOfAGuardrailEvaluatesAgain(t *testing.T) {
	w := shopWorld(t)
	l := follow(t, w, LiveOptions{})
	l.ready(t)
	w.set(atGuardrails, latestStored("Warn"))
	l.waitFor(t, "warned", func(r *Report) bool { return r.Summary.Warned == 3 && r.Summary.Denied == 0 })
	w.set(atGuardrails, `{"metadata":{"name":"more","uid":"more","generation":1},"spec":{"validators":[{"name":"resource-requests"}]}}`)
	l.waitFor(t, "two", func(r *Report) bool { return len(r.Guardrails) == 2 && r.Summary.Denied > 0 && r.Summary.Warned == 3 })
	w.remove(atGuardrails, "/more")
	w.remove(atGuardrails, "/ours")
	l.waitFor(t, "nobody looks at anything", func(r *Report) bool { return len(r.Guardrails) == 0 && r.Summary.Objects == 0 })
}

func TestWithoutAGuardrailTheFallbackHolds(t *testing.T) {
	w := shopWorld(t)
	w.remove(atGuardrails, "/ours")
	parsed, err := guardrail.Parse("guardrails", []byte(latest))
	require.NoError(t, err)
	l := follow(t, w, LiveOptions{Fallback: parsed})
	r := l.ready(t)
	assert.Equal(t, 3, r.Summary.Denied)
	assert.Equal(t, []string{"the cluster has no Guardrail: evaluated by the built-in default"}, r.Notes)
	w.set(atGuardrails, latestStored("Warn"))
	l.waitFor(t, "that of the cluster", func(r *Report) bool { return r.Summary.Warned == 3 && r.Summary.Denied == 0 && len(r.Notes) == 0 })
}

func TestAChangeOfWhatOneKindIsEvaluatedByLeavesTheOthersAlone(t *testing.T) {
	w := shopWorld(t)
	l := follow(t, w, LiveOptions{})
	l.ready(t)
	pods := w.count("/" + atPods)
	w.set(atGuardrails, `{"metadata":{"name":"replicas","uid":"replicas","generation":1},"spec":{"rules":[{"name":"own","message":"must be two","expression":"object.spec.?replicas.orValue(1) > 1",
		"resources":[{"apiGroups":["apps"],"apiVersions":["v1"],"resources":["deployments"],"operations":["CREATE"]}]}]}}`)
	l.waitFor(t, "the rule finds", func(r *Report) bool { return len(r.Guardrails) == 2 && r.Summary.Denied == 4 })
	assert.Equal(t, pods, w.count("/"+atPods))
}

const exemption = `{"metadata":{"name":"old","namespace":"shop","uid":"old","generation":1,"creationTimestamp":"2026-11-01T00:00:00Z"},
	"spec":{"validators":["image-latest-tag"],"reason":"it moves","owner":"team-shop","expires":"2026-12-02"}}`

func TestExemptionsCountAndEnd(t *testing.T) {
	w := shopWorld(t)
	now := clock{at: today}
	l := follow(t, w, LiveOptions{Options: Options{Now: now.now}})
	l.ready(t)
	w.set(atExemptions, exemption)
	r := l.waitFor(t, "exempt", func(r *Report) bool { return r.Summary.Exempted == 6 && r.Summary.Denied == 0 })
	assert.Equal(t, 6, r.Exemptions[0].Used)
	now.set(today.Add(24 * time.Hour))
	l.waitFor(t, "expired", func(r *Report) bool { return r.Summary.Exempted == 0 && r.Summary.Denied == 3 })
	now.set(today)
	w.remove(atExemptions, "shop/old")
	l.waitFor(t, "gone", func(r *Report) bool { return len(r.Exemptions) == 0 })
}

func TestADateOfAGuardrailPasses(t *testing.T) {
	w := shopWorld(t)
	w.set(atGuardrails, `{"metadata":{"name":"ours","uid":"ours","generation":7},"spec":{"validators":[{"name":"image-latest-tag","enforceFrom":"2026-12-02"}]}}`)
	now := clock{at: today}
	l := follow(t, w, LiveOptions{Options: Options{Now: now.now}})
	assert.Equal(t, 3, l.ready(t).Summary.Warned)
	now.set(today.Add(24 * time.Hour))
	l.waitFor(t, "refused", func(r *Report) bool { return r.Summary.Denied == 3 })
}

func TestTheLabelsOfANamespaceDecide(t *testing.T) {
	w := shopWorld(t)
	w.set(atGuardrails, `{"metadata":{"name":"ours","uid":"ours","generation":7},"spec":{"match":{"namespaceSelector":{"matchLabels":{"strict":"yes"}}},"validators":[{"name":"image-latest-tag"}]}}`)
	l := follow(t, w, LiveOptions{})
	assert.Empty(t, l.ready(t).Results)
	w.set(atNamespaces, `{"metadata":{"name":"shop","uid":"shop","labels":{"strict":"yes"}}}`)
	l.waitFor(t, "refused", func(r *Report) bool { return r.Summary.Denied == 3 })
	w.set(atPods, `{"metadata":{"name":"z","namespace":"new","uid":"z"},"spec":{"containers":[{"name":"web","image":"nginx"}]}}`)
	l.waitFor(t, "of a Namespace that nobody knows the worst is thought", has("Pod/z", 1))
	w.set(atNamespaces, `{"metadata":{"name":"new","uid":"new"}}`)
	l.waitFor(t, "until it is known", has("Pod/z", 0))
}

func TestNamespacesThemselvesAreFollowed(t *testing.T) {
	w := shopWorld(t)
	l := follow(t, w, LiveOptions{})
	l.ready(t)
	w.set(atGuardrails, `{"metadata":{"name":"ours","uid":"ours","generation":7},"spec":{"rules":[{"name":"own","message":"must have a team","expression":"has(object.metadata.labels) && 'team' in object.metadata.labels",
		"resources":[{"apiGroups":[""],"apiVersions":["v1"],"resources":["namespaces"],"operations":["CREATE"]}]}]}}`)
	l.waitFor(t, "the rule finds", has("Namespace/shop", 1))
	w.set(atNamespaces, `{"metadata":{"name":"shop","uid":"shop","labels":{"team":"shop"}}}`)
	l.waitFor(t, "mended", has("Namespace/shop", 0))
}

func TestMistakesInFilesEndALive(t *testing.T) {
	l := NewLive(clusterOf(t, shopWorld(t)), LiveOptions{Options: Options{Guardrails: guardrail.Objects{Guardrails: guardrail.Default().Guardrails[:1:1]}}})
	l.options.Guardrails.Guardrails = append([]guardrailObject{}, l.options.Guardrails.Guardrails...)
	l.options.Guardrails.Guardrails[0].Spec.Validators[0].Name = "no-such-check"
	assert.ErrorContains(t, l.Run(t.Context()), "no-such-check")
}
