package audit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	atServices = "api/v1/services"
	atSecrets  = "api/v1/secrets"
)

func service(name, app string) string {
	return fmt.Sprintf(`{"metadata":{"name":%[1]q,"namespace":"shop","uid":"service-%[1]s"},"spec":{"selector":{"app":%[2]q},"ports":[{"port":80}]}}`, name, app)
}

// referring are a Deployment with its Pods, a Service of it and one of nothing, and a Secret that is
// there beside one that is not.
func referring(t *testing.T) *world {
	t.Helper()
	w := newWorld()
	w.kinds[atServices], w.kinds[atSecrets] = "Service", "Secret"
	w.set(atNamespaces, `{"metadata":{"name":"shop","uid":"shop"}}`)
	const spec = `"spec":{"containers":[{"name":"web","image":"nginx:1","envFrom":[{"secretRef":{"name":"there"}},{"secretRef":{"name":"absent"}}]}]}`
	w.set(atDeployments, `{"metadata":{"name":"web","namespace":"shop","uid":"web"},"spec":{"template":{"metadata":{"labels":{"app":"web"}},`+spec+`}}}`)
	for _, name := range []string{"a", "b"} {
		w.set(atPods, fmt.Sprintf(`{"metadata":{"name":%[1]q,"namespace":"shop","uid":%[1]q,"labels":{"app":"web"},
			"ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":"web","controller":true}]},%[2]s}`, name, spec))
	}
	w.set(atServices, service("web", "web"))
	w.set(atServices, service("lost", "wbe"))
	w.set(atSecrets, `{"metadata":{"name":"there","namespace":"shop","uid":"there"},"data":{"password":"aHVudGVyMg=="}}`)
	w.set(atGuardrails, `{"metadata":{"name":"refer","uid":"refer","generation":1},"spec":{"validators":[{"name":"dangling-service"},{"name":"missing-secret","action":"Warn"}]}}`)
	return w
}

var dangling = map[string]int{"Service/lost": 1, "Deployment/web": 1}

func lookAt(t *testing.T, w *world) *Report {
	t.Helper()
	from := clusterOf(t, w)
	stored, err := Stored(t.Context(), from)
	require.NoError(t, err)
	r, err := Run(t.Context(), from, Options{Guardrails: stored, Stored: true})
	require.NoError(t, err)
	return r
}

func TestWhatIsReferredToMustBeThere(t *testing.T) {
	w := referring(t)
	r := lookAt(t, w)
	assert.Equal(t, dangling, counted(r))
	assert.Empty(t, r.Notes)
	assert.Equal(t, Summary{Objects: 5, Evaluated: 5, Passed: 3, Denied: 1, Warned: 1}, r.Summary, "the Secret is no object of the report: it is there to be referred to")
	assert.Equal(t, `spec.selector`, r.Results[1].Path)
	assert.Contains(t, r.Results[1].Message, `did you mean "app=web"?`)
}

func TestOfSecretsTheNamesAreAskedForAlone(t *testing.T) {
	w := referring(t)
	lookAt(t, w)
	assert.Contains(t, w.accepts(atSecrets), "as=PartialObjectMetadataList")
	follow(t, w, LiveOptions{}).ready(t)
	require.Eventually(t, func() bool { return strings.Contains(w.accepts("watch "+atSecrets), "as=PartialObjectMetadata;") }, 20*time.Second, time.Millisecond)
	assert.NotContains(t, w.accepts(atPods), "PartialObjectMetadata")
}

func TestChecksToWhichSomethingIsMissingAreLeftOut(t *testing.T) {
	w := referring(t)
	w.forbidden[atSecrets] = true
	want := []string{
		"Guardrail refer: left out, as not all that they need could be listed: missing-secret",
		"could not list secrets: you may not; the rest is complete",
	}
	r := lookAt(t, w)
	assert.Equal(t, map[string]int{"Service/lost": 1}, counted(r))
	assert.Equal(t, want, r.Notes)
	l := follow(t, w, LiveOptions{})
	l.waitFor(t, "left out", func(r *Report) bool { return len(r.Notes) == 2 && len(r.Results) == 1 })
	assert.Equal(t, want, l.Report().Notes)
	w.do(func() { w.forbidden[atSecrets] = false })
	l.waitFor(t, "made", func(r *Report) bool { return len(r.Notes) == 0 && len(r.Results) == 2 })
}

func TestALiveFollowsWhatIsReferredTo(t *testing.T) {
	w := referring(t)
	l := follow(t, w, LiveOptions{})
	assert.Equal(t, dangling, counted(l.ready(t)))
	w.set(atSecrets, `{"metadata":{"name":"absent","namespace":"shop","uid":"absent"}}`)
	l.waitFor(t, "the Secret is there", func(r *Report) bool { return len(r.Results) == 1 })
	w.set(atServices, service("lost", "web"))
	l.waitFor(t, "the Service is mended", func(r *Report) bool { return len(r.Results) == 0 && r.Summary.Passed == 5 })
	w.remove(atSecrets, "shop/there")
	l.waitFor(t, "the Secret has gone", has("Deployment/web", 1))
	w.set(atExemptions, `{"metadata":{"name":"old","namespace":"shop","uid":"old","generation":1,"creationTimestamp":"2026-11-01T00:00:00Z"},
		"spec":{"validators":["missing-secret"],"reason":"it moves","owner":"team-shop","expires":"2027-01-02"}}`)
	r := l.waitFor(t, "exempt", func(r *Report) bool { return len(r.Results) == 0 && r.Summary.Exempted == 1 })
	assert.Equal(t, 1, r.Exemptions[0].Used)
	w.remove(atGuardrails, "/refer")
	l.waitFor(t, "nobody looks", func(r *Report) bool { return r.Summary.Objects == 0 && r.Summary.Exempted == 0 })
}
