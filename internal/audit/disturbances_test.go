package audit

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/api/v1alpha1"
)

type guardrailObject = v1alpha1.Guardrail

// clock is one that is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// Whatever happens to the API server, in the end the report is what a new look would say, and nothing
// in it is of what has gone meanwhile.
func TestDisturbances(t *testing.T) {
	for name, disturb := range map[string]func(t *testing.T, w *world, l *followed){
		"a watch is cut, and nothing is forgotten": func(_ *testing.T, w *world, _ *followed) {
			w.do(func() {})
			w.remove(atPods, "shop/d")
		},
		"the API server is down for some time": func(t *testing.T, w *world, l *followed) {
			w.do(func() { w.down = true })
			w.remove(atPods, "shop/d")
			r := l.waitFor(t, "it is said", func(r *Report) bool { return len(r.Notes) >= 2 })
			assert.Contains(t, r.Notes[0], "could not follow ")
			assert.Contains(t, r.Notes[0], "it is down; what is said of them is of 20")
			assert.Equal(t, 1, counted(r)["Pod/d"], "what is known stays known")
			w.do(func() { w.down = false })
		},
		"a watch is answered with 410": func(_ *testing.T, w *world, _ *followed) {
			w.do(func() { w.down = true })
			w.remove(atPods, "shop/d")
			w.do(func() { w.down, w.compacted, w.history = false, w.version, nil })
		},
		"a continue token is answered with 410": func(_ *testing.T, w *world, _ *followed) {
			w.do(func() { w.down = true })
			w.remove(atPods, "shop/d")
			w.do(func() { w.down, w.compacted, w.history, w.expire = false, w.version, nil, 1 })
		},
		"a right is taken away and given again": func(t *testing.T, w *world, l *followed) {
			w.do(func() { w.forbidden[atPods] = true; w.compacted = w.version + 1; w.version += 2 })
			l.waitFor(t, "it is said", func(r *Report) bool {
				return len(r.Notes) == 1 && strings.HasPrefix(r.Notes[0], "may not list pods any more: you may not; what is said of them is of ")
			})
			w.do(func() { w.forbidden[atPods] = false })
			w.remove(atPods, "shop/d")
		},
		"a kind goes away, and comes back": func(t *testing.T, w *world, l *followed) {
			w.do(func() { delete(w.kinds, atPods) })
			r := l.waitFor(t, "no finding stays", func(r *Report) bool { return r.Summary.Objects == 1 })
			assert.Equal(t, map[string]int{"Deployment/web": 1}, counted(r))
			assert.Empty(t, r.Notes)
			w.remove(atPods, "shop/d")
			w.do(func() { w.kinds[atPods] = "Pod" })
		},
		"a namespace is deleted while it is evaluated": func(t *testing.T, w *world, l *followed) {
			var once sync.Once
			w.do(func() {
				w.onList = func(path string) {
					if path == atPods {
						once.Do(func() {
							w.remove(atPods, "shop/a")
							w.remove(atPods, "shop/b")
							w.remove(atPods, "shop/c")
							w.remove(atPods, "shop/d")
							w.remove(atPods, "shop/e")
							w.remove(atDeployments, "shop/web")
							w.remove(atNamespaces, "/shop")
						})
					}
				}
			})
			w.set(atGuardrails, latestStored("Warn"))
			l.waitFor(t, "nothing is left", func(r *Report) bool { return r.Summary.Objects == 0 && len(r.Results) == 0 })
			for path, objects := range shop().objects {
				for _, object := range objects {
					if path != "/"+atPods || object != pod("d", "") {
						w.set(path[1:], object)
					}
				}
			}
			w.set(atGuardrails, latestStored("Deny"))
		},
		"a namespace is deleted and made again, and no watch tells": func(_ *testing.T, w *world, _ *followed) {
			w.do(func() { w.down = true })
			w.remove(atPods, "shop/d")
			w.remove(atNamespaces, "/shop")
			w.set(atNamespaces, `{"metadata":{"name":"shop","uid":"another"}}`)
			w.do(func() { w.down, w.compacted, w.history = false, w.version, nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := shopWorld(t)
			l := follow(t, w, LiveOptions{})
			assert.Equal(t, map[string]int{"Deployment/web": 4, "Pod/d": 1, "Deployment/gone": 1}, counted(l.ready(t)))
			disturb(t, w, l)
			r := l.waitFor(t, "as it is now", func(r *Report) bool { return r.Summary.Denied == 2 && r.Summary.Objects == 5 && len(r.Notes) == 0 })
			assert.Equal(t, map[string]int{"Deployment/web": 4, "Deployment/gone": 1}, counted(r))
			w.set(atPods, pod("later", ""))
			l.waitFor(t, "and it follows on", has("Pod/later", 1))
		})
	}
}

func TestWhatMayNotBeListedDoesNotKeepALiveFromBeingReady(t *testing.T) {
	w := shopWorld(t)
	w.forbidden[atDeployments] = true
	l := follow(t, w, LiveOptions{})
	assert.Equal(t, []string{"could not list deployments.apps: you may not; the rest is complete"}, l.ready(t).Notes)
	w.do(func() { w.forbidden[atDeployments] = false })
	l.waitFor(t, "it is listed as soon as it may be", func(r *Report) bool { return len(r.Notes) == 0 && r.Summary.Objects == 6 })
}

func TestWhatMayNotBeWatchedIsListedAgain(t *testing.T) {
	w := shopWorld(t)
	w.unwatched[atPods] = true
	l := follow(t, w, LiveOptions{})
	l.ready(t)
	w.remove(atPods, "shop/d")
	r := l.waitFor(t, "deleted", has("Pod/d", 0))
	assert.Equal(t, []string{"cannot watch pods: you may not; instead they are listed again every 5ms"}, r.Notes)
	w.do(func() { w.unwatched[atPods] = false })
	l.waitFor(t, "watched", func(r *Report) bool { return len(r.Notes) == 0 })
}

func TestALiveBeginsDuringAnOutage(t *testing.T) {
	w := shopWorld(t)
	w.down = true
	l := follow(t, w, LiveOptions{})
	l.waitFor(t, "it is said", func(r *Report) bool { return len(r.Notes) > 0 })
	assert.False(t, l.Ready())
	assert.Empty(t, l.Report().Results)
	w.do(func() { w.down = false })
	assert.Equal(t, 3, l.ready(t).Summary.Denied)
}

func TestTheAgeOfVerdictsGrowsInAnOutage(t *testing.T) {
	w := shopWorld(t)
	now := clock{at: today}
	l := follow(t, w, LiveOptions{Options: Options{Now: now.now}})
	l.ready(t)
	w.do(func() { w.down = true })
	l.waitFor(t, "it is said", func(r *Report) bool { return len(r.Notes) > 0 })
	now.set(today.Add(time.Hour))
	assert.Equal(t, today, l.Metrics().Oldest)
	assert.Equal(t, today, l.Report().Time)
	w.do(func() { w.down = false })
	l.waitFor(t, "it is of now", func(r *Report) bool { return r.Time.Equal(today.Add(time.Hour)) })
}
