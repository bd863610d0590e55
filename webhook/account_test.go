package webhook

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
)

// The reviews here are of ConfigMaps: of a large one and a small one.
func configMap(size int) string {
	return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":"ConfigMap"},
		"resource":{"group":"","version":"v1","resource":"configmaps"},"namespace":"shop","operation":"CREATE",
		"object":{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"` + strings.Repeat("x", size) + `"}}}}`
}

const largeSize = smallBytes

// busy is a handler with nothing left for large reviews.
func busy(t *testing.T, pool func(*account) (size int)) *Handler {
	t.Helper()
	set, err := guardrail.Compile(guardrail.Default(), guardrail.Options{})
	require.NoError(t, err)
	h := &Handler{Set: func() *guardrail.Set { return set }, Metrics: NewMetrics(prometheus.NewRegistry()), Log: logr.Discard()}
	pool(h.shared())
	return h
}

func takeBodies(a *account) int {
	_ = a.bodies.TryTake("mallory", bodiesMemory)
	return bodiesMemory
}

func takeLarge(a *account) int {
	_ = a.large.TryTake("mallory", largeMemory)
	return largeMemory
}

func takeTurns(a *account) int {
	n := 0
	for a.turns.TryTake("mallory", 1) {
		n++
	}
	return n
}

// send sends a review, and answers what came and when.
func send(handler http.Handler, query, body string) (text string, took time.Duration) {
	began := time.Now()
	request := httptest.NewRequest(http.MethodPost, "/"+query, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request)
	return w.Body.String(), time.Since(began)
}

func TestALargeReviewIsAnsweredWhenItsTurnDoesNotCome(t *testing.T) {
	for name, pool := range map[string]func(*account) int{"bodies": takeBodies, "memory": takeLarge, "turns": takeTurns} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := busy(t, pool)
				for _, test := range []struct {
					query string
					took  time.Duration
				}{
					{"", 1750 * time.Millisecond},
					{"?timeout=5s", 4750 * time.Millisecond},
					{"?x=y&timeout=3s", 2750 * time.Millisecond},
					{"?timeout=1h", 9750 * time.Millisecond},
					{"?timeout=soon", 1750 * time.Millisecond},
					{"?timeout=-1s", 1750 * time.Millisecond},
				} {
					text, took := send(h.Validate(), test.query, configMap(largeSize))
					assert.Equal(t, test.took, took, test.query)
					assert.Contains(t, text, `"uid":"u-1","allowed":false`)
					assert.Contains(t, text, `so it is refused: taffrail is busy with other requests; try again`)
					assert.Contains(t, text, `"reason":"TooManyRequests"`)
				}
				text, took := send(h.Mutate(), "", configMap(largeSize))
				assert.Equal(t, 1750*time.Millisecond, took)
				assert.Contains(t, text, `"uid":"u-1","allowed":true,"warnings":["taffrail set no defaults: taffrail is busy`)
			})
		})
	}
}

func TestALargeReviewWaitsForItsTurn(t *testing.T) {
	for name, test := range map[string]struct {
		take func(*account) int
		give func(*account, int)
	}{
		"bodies": {takeBodies, func(a *account, n int) { a.bodies.Give("mallory", n) }},
		"memory": {takeLarge, func(a *account, n int) { a.large.Give("mallory", n) }},
		"turns":  {takeTurns, func(a *account, n int) { a.turns.Give("mallory", n) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var taken int
				h := busy(t, func(a *account) int { taken = test.take(a); return taken })
				time.AfterFunc(time.Second, func() { test.give(h.shared(), taken) })
				text, took := send(h.Validate(), "", configMap(largeSize))
				assert.Equal(t, time.Second, took)
				assert.Contains(t, text, `"allowed":true`)
				nothingHeld(t, h.shared())
			})
		})
	}
}

// Whoever sends large reviews delays large reviews, and nobody else.
func TestSmallReviewsDoNotWaitForLargeOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := busy(t, func(a *account) int { return takeBodies(a) + takeLarge(a) + takeTurns(a) })
		text, took := send(h.Validate(), "", configMap(largeSize-1000))
		assert.Zero(t, took)
		assert.Contains(t, text, `"allowed":true`)
	})
}

// A client that goes away costs nothing more.
func TestAReviewWhoseSenderIsGoneDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := busy(t, takeBodies)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(configMap(largeSize))).WithContext(ctx)
		request.Header.Set("Content-Type", "application/json")
		began := time.Now()
		h.Validate().ServeHTTP(httptest.NewRecorder(), request)
		assert.Equal(t, time.Second, time.Since(began))
	})
}

// Forty containers in 200 bytes look like a small review, and are none.
func TestManyContainersAreEvaluatedWithTheLargeReviews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := busy(t, takeLarge)
		body := func(n int) string {
			return strings.ReplaceAll(strings.Replace(configMap(0), `"data":{"a":""}`, `"spec":{"containers":[`+strings.Repeat(`{},`, n-1)+`{}]}`, 1),
				`"ConfigMap"`, `"Pod"`)
		}
		text, took := send(h.Mutate(), "", body(smallContainers))
		assert.Zero(t, took)
		assert.NotContains(t, text, "busy")
		text, took = send(h.Mutate(), "", body(smallContainers+1))
		assert.Equal(t, 1750*time.Millisecond, took)
		assert.Contains(t, text, "busy")
	})
}

// Whatever becomes of a review, it gives back what it took.
func TestNothingIsHeldAfterwards(t *testing.T) {
	h := busy(t, func(*account) int { return 0 })
	for _, body := range []string{
		configMap(10), configMap(largeSize), configMap(1 << 20), configMap(8 << 20), `{`, strings.Repeat(`[`, 1<<20), `"` + strings.Repeat("x", 1<<20),
	} {
		for _, handler := range []http.Handler{h.Validate(), h.Mutate()} {
			send(handler, "", body)
			nothingHeld(t, h.shared())
		}
	}
}

// A large answer is counted while it is written, and one that there is no place for is not given.
func TestALargeAnswerIsCounted(t *testing.T) {
	a := newAccount()
	v := visit{account: a, ctx: t.Context(), sender: "mallory", deadline: time.Now().Add(time.Minute)}
	require.NoError(t, v.takeFor(size{memory: 10 << 20}))
	assert.True(t, v.evaluated(1<<20))
	assert.Equal(t, 1<<20, a.large.InUse())
	assert.Zero(t, a.turns.InUse())
	v.leave()
	nothingHeld(t, a)

	takeLarge(a)
	require.NoError(t, v.takeFor(size{memory: 1 << 20, small: true}))
	assert.True(t, v.evaluated(smallBytes))
	assert.False(t, v.evaluated(smallBytes+1))
}

func nothingHeld(t *testing.T, a *account) {
	t.Helper()
	assert.Zero(t, a.bodies.InUse(), "bodies")
	assert.Zero(t, a.small.InUse(), "small")
	assert.Zero(t, a.large.InUse(), "large")
	assert.Zero(t, a.turns.InUse(), "turns")
}
