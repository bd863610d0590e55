package webhook

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
)

// A server that evaluates places reviews at a time, each of which takes evaluation, bears
// places/evaluation of them.
const (
	places     = 4
	evaluation = 100 * time.Millisecond
	interval   = evaluation / places
	overloaded = 4 * time.Second
)

// narrow is a handler that is slow, and has memory for places small reviews of a size.
func narrow(t *testing.T, review string) *Handler {
	t.Helper()
	h := busy(t, func(a *account) int {
		require.True(t, a.small.TryTake("mallory", smallMemory-places*sizeOf(t, review)))
		return 0
	})
	set := h.Set()
	h.Set = func() *guardrail.Set { time.Sleep(evaluation); return set }
	return h
}

func sizeOf(t *testing.T, review string) int {
	t.Helper()
	b := &buffer{body: []byte(review)}
	b.onTape = b.tape.Read(b.body)
	is, err := sizeUp(b)
	require.NoError(t, err)
	require.True(t, is.small)
	return is.memory
}

// podOf is a review of a Pod that every default of the default guardrail completes.
func podOf(image string) string {
	return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":"Pod"},
		"resource":{"group":"","version":"v1","resource":"pods"},"namespace":"shop","operation":"CREATE",
		"object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"` + image + `"}]}}}}`
}

// sent is one of many reviews, and what became of it.
type sent struct {
	webhook string
	refuse  bool // must be refused
	text    string
	took    time.Duration
}

func (s sent) busy() bool { return strings.Contains(s.text, "taffrail is busy") }

// openLoop begins so many times the reviews that are borne, whatever becomes of those before.
func openLoop(h *Handler, times int) []sent {
	webhooks := map[string]http.Handler{"mutate": h.Mutate(), "validate": h.Validate()}
	all := make([]sent, int(overloaded/interval)*times)
	var group sync.WaitGroup
	for i := range all {
		s := &all[i]
		s.webhook, s.refuse = []string{"validate", "mutate"}[i%2], i/2%2 == 1
		image := "r.io/web:1.0000"
		if s.refuse {
			image = "r.io/web:latest"
		}
		group.Go(func() { s.text, s.took = send(webhooks[s.webhook], "?timeout=2s", podOf(image)) })
		time.Sleep(interval / time.Duration(times))
	}
	group.Wait()
	return all
}

// Under more than it bears a server goes on evaluating as many as it bears, and fast: others do not keep
// them waiting, but are answered before the API server stops waiting. No Pod gets in that must not.
func TestUnderMoreThanItBears(t *testing.T) {
	for _, times := range []int{1, 2, 5} {
		t.Run(fmt.Sprint(times), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := narrow(t, podOf("r.io/web:latest"))
				evaluated, fast := 0, 0
				for _, s := range openLoop(h, times) {
					assert.LessOrEqual(t, s.took, 2*time.Second-margin+evaluation, s.webhook)
					if !s.busy() {
						evaluated++
					}
					if !s.busy() && s.took <= 2*evaluation { // hardly a wait
						fast++
					}
					answeredRightly(t, s)
				}
				assert.GreaterOrEqual(t, evaluated, int(overloaded/interval), "evaluated, of those that are borne")
				assert.GreaterOrEqual(t, fast, int(overloaded/interval)*9/10, "evaluated fast, of those that are borne")
				if times == 1 {
					assert.Equal(t, int(overloaded/interval), evaluated)
				}
				assert.Equal(t, smallMemory, h.shared().small.InUse()+places*sizeOf(t, podOf("r.io/web:latest")), "held by nobody but mallory")
			})
		})
	}
}

func answeredRightly(t *testing.T, s sent) {
	t.Helper()
	allowed := strings.Contains(s.text, `"uid":"u-1","allowed":true`)
	switch {
	case s.webhook == "mutate":
		assert.True(t, allowed, "fails open: %s", s.text)
		assert.NotEqual(t, s.busy(), strings.Contains(s.text, `"patch":`), "either busy or completed: %s", s.text)
	case s.busy():
		assert.False(t, allowed, s.text)
		assert.Contains(t, s.text, `"reason":"TooManyRequests"`)
	default:
		assert.NotEqual(t, s.refuse, allowed, s.text)
	}
}
