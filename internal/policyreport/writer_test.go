package policyreport

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/cluster/apitest"
)

// some are findings of two namespaces.
func some() *audit.Report {
	return audited(
		finding(object("shop", "web"), "image-latest-tag", v1alpha1.Deny, 0),
		finding(object("stock", "db"), "readiness-probe", v1alpha1.Warn, 0),
	)
}

func TestTheAPIThatIsServedIsWritten(t *testing.T) {
	for name, c := range map[string]struct {
		served []*API
		want   *API
		says   string
	}{
		"both, and no finding twice": {[]*API{&PolicyReports, &OpenReports}, &OpenReports, "reports are written as openreports.io/v1alpha1"},
		"OpenReports":                {[]*API{&OpenReports}, &OpenReports, "reports are written as openreports.io/v1alpha1"},
		"PolicyReports":              {[]*API{&PolicyReports}, &PolicyReports, "reports are written as wgpolicyk8s.io/v1alpha2"},
		"neither":                    {nil, nil, "no reports are written: the cluster serves neither openreports.io/v1alpha1 nor wgpolicyk8s.io/v1alpha2"},
	} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				a := serving(t, c.served...)
				defer follow(t, a, newLive(some()))()
				elapse(time.Hour)
				assert.Equal(t, 1, strings.Count(a.said(), c.says), "once: %s", a.said())
				for _, one := range []*API{&OpenReports, &PolicyReports} {
					r, found := a.report(one, "shop", "taffrail")
					assert.Equal(t, one == c.want, found, one)
					if found {
						assert.Equal(t, Summary{Pass: 7, Fail: 1, Skip: 2}, r.Summary)
					}
				}
			})
		})
	}
}

func TestNothingIsWrittenWhenNothingChanges(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		l := newLive(some())
		stop := follow(t, a, l)
		elapse(time.Minute)
		before := a.writes()
		assert.Len(t, before, 2)
		for range 60 {
			l.becomes(some()) // another report that says the same
			elapse(time.Minute)
		}
		assert.Equal(t, before, a.writes())

		stop()
		a.restart(t)
		defer follow(t, a, newLive(some()))()
		elapse(time.Hour)
		assert.Equal(t, before, a.writes(), "nor after a restart")
		assert.Equal(t, Metrics{API: "openreports.io/v1alpha1", Reports: 2}, a.writer.Metrics())
	})
}

func TestWhenARowWasFirstSeenStays(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		stop := follow(t, a, newLive(some()))
		elapse(time.Minute)
		stop()

		// After a restart an audit knows nothing of before, and there is a finding more.
		later := some()
		for i := range later.Results {
			later.Results[i].FirstSeen = day.Add(48 * time.Hour)
		}
		more := finding(object("shop", "web"), "readiness-probe", v1alpha1.Warn, 0)
		more.FirstSeen = day.Add(48 * time.Hour)
		later.Results = []audit.Result{later.Results[0], more, later.Results[1]}
		a.restart(t)
		defer follow(t, a, newLive(later))()
		elapse(time.Minute)
		r, found := a.report(&OpenReports, "shop", "taffrail")
		require.True(t, found)
		require.Len(t, r.Results, 2)
		assert.Equal(t, day.Unix(), r.Results[0].Timestamp.Seconds)
		assert.Equal(t, day.Add(48*time.Hour).Unix(), r.Results[1].Timestamp.Seconds)
		assert.Len(t, a.writes(), 3, "the other namespace is left alone")
	})
}

func TestWhenARowWasFirstSeenStaysWhenReportsArePartedAndPutTogether(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		l := newLive(large(400, 1))
		defer follow(t, a, l)()
		elapse(time.Minute)
		more := large(800, 1)
		for i := range more.Results {
			more.Results[i].FirstSeen = day.Add(48 * time.Hour)
		}
		l.becomes(more)
		elapse(time.Minute)
		_, whole := a.report(&OpenReports, "team-000", "taffrail")
		assert.False(t, whole)
		old, rows := 0, 0
		for _, name := range []string{"taffrail-0", "taffrail-1"} {
			r, found := a.report(&OpenReports, "team-000", name)
			require.True(t, found, name)
			for i := range r.Results {
				rows++
				if r.Results[i].Timestamp.Seconds == day.Unix() {
					old++
				}
			}
		}
		assert.Equal(t, []int{800, 400}, []int{rows, old})
	})
}

func TestAReportIsWrittenAtMostOnceInItsInterval(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		l := newLive(some())
		defer follow(t, a, l)()
		elapse(time.Minute)
		before := len(a.writes())
		for i := range 600 { // a finding that changes each second, and one that comes and goes
			r := some()
			r.Results[0].Message = strings.Repeat("x", i%7+1)
			if i%2 == 0 {
				r.Results, r.Namespaces = r.Results[:1], r.Namespaces[:1]
			}
			l.becomes(r)
			elapse(time.Second)
		}
		written := len(a.writes()) - before
		assert.LessOrEqual(t, written, 2*600/30+2)
		assert.GreaterOrEqual(t, written, 15, "and it is written")
	})
}

func TestPassesAloneAreWrittenSeldom(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		l := newLive(some())
		defer follow(t, a, l)()
		elapse(time.Minute)
		before := len(a.writes())
		for i := range 60 {
			r := some()
			r.Namespaces[0].Passed = 100 + i
			l.becomes(r)
			elapse(time.Minute)
		}
		assert.InDelta(t, 6, len(a.writes())-before, 1, "each ten minutes of an hour")
		r, _ := a.report(&OpenReports, "shop", "taffrail")
		assert.Greater(t, r.Summary.Pass, 145)
	})
}

func TestAReportGoesWithItsLastFinding(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		l := newLive(some())
		defer follow(t, a, l)()
		elapse(time.Minute)
		r := some()
		r.Results = r.Results[:1] // of stock nothing is found any more, and it passes
		l.becomes(r)
		elapse(time.Minute)
		_, found := a.report(&OpenReports, "stock", "taffrail")
		assert.False(t, found)
		_, found = a.report(&OpenReports, "shop", "taffrail")
		assert.True(t, found)
		l.becomes(&audit.Report{})
		elapse(time.Minute)
		_, found = a.report(&OpenReports, "shop", "taffrail")
		assert.False(t, found, "the namespace is gone")
		assert.Zero(t, a.writer.Metrics().Reports)
	})
}

func TestNothingIsWrittenBeforeAllIsEvaluated(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		stop := follow(t, a, newLive(some()))
		elapse(time.Minute)
		stop()
		before := a.writes()
		a.restart(t)
		l := newLive(&audit.Report{})
		l.waiting = true
		defer follow(t, a, l)()
		elapse(time.Hour)
		assert.Equal(t, before, a.writes(), "what has not been looked at yet is not gone")
		l.becomes(&audit.Report{})
		elapse(time.Minute)
		assert.Len(t, a.writes(), len(before)+2)
	})
}

func TestReportsOfOthersAreLeftAlone(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		foreign := unlabelled("shop", "taffrail")
		a.Put(foreign)
		a.Put(unlabelled("shop", "trivy"))
		defer follow(t, a, newLive(some()))()
		elapse(time.Hour)
		r, found := a.report(&OpenReports, "shop", "taffrail")
		require.True(t, found)
		assert.Empty(t, r.Results)
		assert.Contains(t, a.said(), "there is a report of this name that is not ours")
		_, found = a.report(&OpenReports, "shop", "trivy")
		assert.True(t, found)
		_, found = a.report(&OpenReports, "stock", "taffrail")
		assert.True(t, found, "the others are written all the same")
		assert.Less(t, len(a.writes()), 20, "and it is not tried all the time")
	})
}

func TestWhatSomebodyElseHasDoneIsPutRight(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		l := newLive(some())
		defer follow(t, a, l)()
		elapse(time.Minute)
		stock, _ := a.report(&OpenReports, "stock", "taffrail")
		a.Remove(asObject(t, stock))
		shop, _ := a.report(&OpenReports, "shop", "taffrail")
		shop.Results = nil
		a.Put(asObject(t, shop))
		elapse(10 * time.Minute)
		_, found := a.report(&OpenReports, "stock", "taffrail")
		assert.True(t, found)
		r, _ := a.report(&OpenReports, "shop", "taffrail")
		assert.Len(t, r.Results, 1)

		// At once, where it is to be written anyhow.
		r.Results = nil
		a.Put(asObject(t, r))
		changed := some()
		changed.Results[0].Message = "must be another"
		l.becomes(changed)
		elapse(time.Minute)
		r, _ = a.report(&OpenReports, "shop", "taffrail")
		require.Len(t, r.Results, 1)
		assert.Equal(t, "must be another", r.Results[0].Message)
	})
}

func TestAnOutageIsWaitedOut(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		asked := 0
		a.set(func() {
			a.answer = func(w http.ResponseWriter, _ *http.Request) bool {
				asked++
				apitest.Refuse(w, apierrors.NewInternalError(errors.New("etcd has no leader")))
				return true
			}
		})
		defer follow(t, a, newLive(some()))()
		elapse(time.Hour)
		assert.Less(t, asked, 80, "less and less often")
		a.set(func() { a.answer = nil })
		elapse(5 * time.Minute)
		_, found := a.report(&OpenReports, "shop", "taffrail")
		assert.True(t, found)
	})
}

func TestANamespaceThatTerminatesIsNoError(t *testing.T) {
	terminating := apierrors.NewForbidden(schema.GroupResource{Resource: "reports"}, "taffrail", errors.New("it is being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for name, failure := range map[string]*apierrors.StatusError{
		"terminating": terminating,
		"gone":        apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop"),
	} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				a := serving(t, &OpenReports)
				a.set(func() {
					a.answer = func(w http.ResponseWriter, r *http.Request) bool {
						refused := r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/shop/")
						if refused {
							apitest.Refuse(w, failure)
						}
						return refused
					}
				})
				defer follow(t, a, newLive(some()))()
				elapse(5 * time.Minute)
				assert.Zero(t, a.writer.Metrics().Failed)
				assert.NotContains(t, a.said(), "cannot be written")
				_, found := a.report(&OpenReports, "stock", "taffrail")
				assert.True(t, found)
			})
		})
	}
}

func TestAReportThatIsRefusedIsLeftAloneForAWhile(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		tried := 0
		a.set(func() {
			a.answer = func(w http.ResponseWriter, r *http.Request) bool {
				refused := r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/shop/")
				if refused {
					tried++
					apitest.Refuse(w, apierrors.NewForbidden(schema.GroupResource{Resource: "reports"}, "taffrail", errors.New("a quota is used up")))
				}
				return refused
			}
		})
		defer follow(t, a, newLive(some()))()
		elapse(time.Hour)
		assert.InDelta(t, 12, tried, 2, "each five minutes")
		assert.Contains(t, a.said(), "a quota is used up")
		_, found := a.report(&OpenReports, "stock", "taffrail")
		assert.True(t, found)
	})
}

func TestAnAPIThatComesAndGoes(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t)
		defer follow(t, a, newLive(some()))()
		elapse(10 * time.Minute)
		assert.Empty(t, a.writes())

		a.set(func() { a.served = []*API{&PolicyReports} })
		elapse(10 * time.Minute)
		_, found := a.report(&PolicyReports, "shop", "taffrail")
		assert.True(t, found)

		a.set(func() { a.served = []*API{&PolicyReports, &OpenReports} })
		elapse(10 * time.Minute)
		_, found = a.report(&OpenReports, "shop", "taffrail")
		assert.True(t, found)
		_, found = a.report(&PolicyReports, "shop", "taffrail")
		assert.False(t, found, "viewers would count each finding twice")

		a.set(func() { a.served = nil })
		elapse(10 * time.Minute)
		assert.Equal(t, 2, strings.Count(a.said(), "no reports are written"))
		assert.Empty(t, a.writer.Metrics().API)
	})
}

func TestALeaderThatComesBackLooksAtWhatAnotherHasWritten(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		a := serving(t, &OpenReports)
		stop := follow(t, a, newLive(some()))
		elapse(time.Minute)
		stop()
		first := a.writer
		a.restart(t)
		changed := some()
		changed.Results[0].Message = "must be another"
		stop = follow(t, a, newLive(changed))
		elapse(time.Minute)
		stop()
		before := a.writes()
		a.writer = first
		defer follow(t, a, newLive(changed))()
		elapse(time.Minute)
		assert.Equal(t, before, a.writes(), "it says so already")
	})
}
