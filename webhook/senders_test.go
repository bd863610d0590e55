package webhook_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/webhook"
)

// logOf has a handler log into lines.
func logOf(handler *webhook.Handler) *logLines {
	l := &logLines{}
	handler.Log = funcr.New(func(_, arguments string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, arguments)
	}, funcr.Options{})
	return l
}

type logLines struct {
	mu    sync.Mutex
	lines []string
}

// with are the lines that have a text.
func (l *logLines) with(text string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// from sends a body from an address.
func from(handler http.Handler, address, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "/validate", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Forwarded-For", address+", "+body[:min(len(body), 20)])
	request.RemoteAddr = address
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request)
	return w
}

const refusedPod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","uid":"p-1"},"spec":{"containers":[{"name":"web","image":"nginx"}]}}`

func TestForgedReviewsDoNotFillTheLog(t *testing.T) {
	for name, body := range map[string]string{
		"refusals":         pod(refusedPod),
		"unreadable":       pod(`{"apiVersion":"v1","kind":"Pod","spec":"x"}`),
		"no review at all": "x",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handler := newHandler(t)
				logged := logOf(handler)
				validate := handler.Validate()
				const flood = 1000
				for i := range flood {
					from(validate, fmt.Sprintf("192.0.2.1:%d", 1+i), body) // a connection each
				}
				written := len(logged.with(""))
				assert.LessOrEqual(t, written, 250)
				from(validate, "192.0.2.2:1", body)
				assert.Len(t, logged.with(""), written+1, "the others have their lines")

				time.Sleep(time.Minute) // of a clock that nobody waits for
				told := logged.with("left lines out of this log")
				require.Len(t, told, 1)
				assert.Contains(t, told[0], fmt.Sprintf(`"lines"=%d "sender"="192.0.2.1"`, flood-written))
			})
		})
	}
}

// Many senders that flood leave the log bounded, too.
func TestManySendersDoNotFillTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := newHandler(t)
		logged := logOf(handler)
		validate := handler.Validate()
		for i := range 1500 {
			from(validate, fmt.Sprintf("192.0.%d.%d:1", i%100, i/100), pod(refusedPod))
		}
		assert.LessOrEqual(t, len(logged.with("")), 1000)
	})
}

func TestRefusalsAtTheRateOfABusyClusterAreAllLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := newHandler(t)
		logged := logOf(handler)
		validate := handler.Validate()
		const perSecond, seconds = 20, 60
		for range seconds {
			for range perSecond {
				from(validate, "192.0.2.1:1", pod(refusedPod))
			}
			time.Sleep(time.Second)
		}
		assert.Len(t, logged.with(`"result"="denied"`), perSecond*seconds)
		assert.Empty(t, logged.with("left lines out"))
	})
}

// A rollout of a thousand Pods that get their defaults is no news, and takes no line from what is.
func TestDefaultsLeaveTheLogToRefusals(t *testing.T) {
	handler := newHandler(t)
	logged := logOf(handler)
	mutate, validate := handler.Mutate(), handler.Validate()
	for range 2000 {
		require.Contains(t, from(mutate, "192.0.2.1:1", pod(refusedPod)).Body.String(), `"patchType"`)
	}
	from(validate, "192.0.2.1:1", pod(refusedPod))
	assert.Len(t, logged.with(`"result"="denied"`), 1)
	assert.Empty(t, logged.with(`"result"="patched"`))
}

// A name, a user and whatever else a review says may be as long as the review.
func TestALineIsShortWhateverTheReviewSays(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for name, body := range map[string]string{
		"names":            strings.NewReplacer(`"alice"`, `"`+long+`"`, `"u-1"`, `"`+long+`"`, `"shop"`, `"`+long+`"`).Replace(pod(strings.Replace(refusedPod, `"name":"web"`, `"name":"`+long+`"`, 1))),
		"an operation":     strings.Replace(pod(refusedPod), `"CREATE"`, `"`+long+`"`, 1),
		"a kind":           strings.ReplaceAll(pod(refusedPod), `"kind":"Pod"`, `"kind":"`+long+`"`),
		"an apiVersion":    strings.Replace(pod(refusedPod), `"admission.k8s.io/v1"`, `"`+long+`"`, 1),
		"what cannot be":   pod(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":"` + long + `"}}`),
		"a path":           pod(strings.Replace(refusedPod, `"spec":`, `"`+long+`":{},"spec":`, 1)),
		"an image":         pod(strings.Replace(refusedPod, `"nginx"`, `"`+long+`"`, 1)),
		"a container name": pod(strings.Replace(refusedPod, `"name":"web","image"`, `"name":"`+long+`","image"`, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			handler := newHandler(t)
			logged := logOf(handler)
			from(handler.Validate(), "192.0.2.1:1", body)
			for _, line := range logged.with("") {
				assert.Less(t, len(line), 32<<10)
			}
		})
	}
}

// glassBroken is a review of somebody who says to be of the group.
func glassBroken(change ...string) string {
	body := strings.Replace(pod(refusedPod), `{"username":"alice"}`, `{"username":"alice","groups":["sre-on-call"]}`, 1)
	return strings.NewReplacer(change...).Replace(body)
}

// counted writes a line for each counter of a name: its labels, by their names, and its value.
func counted(t *testing.T, registry *prometheus.Registry, name string) (text string) {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				text += fmt.Sprintf("%s=%q ", label.GetName(), label.GetValue())
			}
			text += fmt.Sprintln(metric.GetCounter().GetValue())
		}
	}
	return text
}

// With no certificate asked for, anybody can say that they are of the group.
func TestABrokenGlassCountsWhenItIsConfirmed(t *testing.T) {
	for name, test := range map[string]struct {
		body      string
		asks      bool
		answer    error
		confirmed bool
	}{
		"what the API server has":     {glassBroken(), true, nil, true},
		"what it does not have":       {glassBroken(), true, errors.New("not found"), false},
		"what nobody looks up":        {glassBroken(), false, nil, false},
		"a dry run, which is nowhere": {glassBroken(`"operation"`, `"dryRun":true,"operation"`), true, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			handler := newHandler(t)
			logged := logOf(handler)
			registry := prometheus.NewRegistry()
			handler.Metrics = webhook.NewMetrics(registry)
			handler.BreakGlassGroup = "sre-on-call"
			var claims []webhook.Claim
			later := func() {}
			handler.Confirm = func(c webhook.Claim, answered func(error)) bool {
				claims = append(claims, c)
				if test.asks {
					later = func() { answered(test.answer) }
				}
				return test.asks
			}
			response := answer(t, from(handler.Validate(), "192.0.2.1:40000", test.body))
			assert.True(t, response.Allowed, "a member is always let in")
			assert.Equal(t, "alice", response.AuditAnnotations["break-glass"], "which reaches whoever asked, and nobody else")
			assert.Equal(t, "0\n", counted(t, registry, "taffrail_break_glass_total"), "not before it is confirmed")
			assert.Empty(t, logged.with(`"result"="break-glass"`))
			later()
			if test.confirmed {
				assert.Equal(t, "1\n", counted(t, registry, "taffrail_break_glass_total"))
				assert.Contains(t, counted(t, registry, "taffrail_admission_requests_total"), "break-glass")
				assert.Len(t, logged.with(`"result"="break-glass"`), 1)
				assert.Equal(t, "p-1", string(claims[0].UID))
				assert.Equal(t, "192.0.2.1", claims[0].Sender)
				assert.Equal(t, "shop/web", claims[0].Namespace+"/"+claims[0].Name)
				return
			}
			assert.Equal(t, "0\n", counted(t, registry, "taffrail_break_glass_total"))
			assert.NotContains(t, counted(t, registry, "taffrail_admission_requests_total"), "break-glass")
			assert.Contains(t, counted(t, registry, "taffrail_admission_requests_total"), "warned", "which it was")
			assert.Empty(t, logged.with(`"result"="break-glass"`))
			assert.Len(t, logged.with("a review names the break-glass group, and what it let in is not confirmed"), 1)
		})
	}
}

// What whoever is told keeps is theirs: the objects of a review are overwritten by the next.
func TestWhatIsConfirmedLaterHoldsNothingOfTheReview(t *testing.T) {
	handler := newHandler(t)
	logged := logOf(handler)
	handler.BreakGlassGroup = "sre-on-call"
	var later []func(error)
	handler.Confirm = func(_ webhook.Claim, answered func(error)) bool {
		later = append(later, answered)
		return true
	}
	validate := handler.Validate()
	from(validate, "192.0.2.1:1", glassBroken())
	for range 10 {
		from(validate, "192.0.2.1:1", pod(strings.ReplaceAll(refusedPod, "nginx", "xxxxx")))
	}
	require.Len(t, later, 1)
	later[0](nil)
	lines := logged.with(`"result"="break-glass"`)
	require.Len(t, lines, 1)
	assert.Contains(t, lines[0], "nginx")
	assert.NotContains(t, lines[0], "xxxxx")
}

// Whoever scans the port, or shakes hands and goes, is told of by net/http.
func TestConnectionsDoNotFillTheLog(t *testing.T) {
	handler := newHandler(t)
	logged := logOf(handler)
	webhook.LogTo(handler.Log)
	t.Cleanup(func() {
		log.SetFlags(log.LstdFlags)
		log.SetOutput(os.Stderr)
	})
	synctest.Test(t, func(t *testing.T) { // in which no time passes
		for i := range 1000 {
			log.Printf("http: TLS handshake error from 192.0.2.1:%d: EOF", i)
		}
		assert.Len(t, logged.with("TLS handshake error"), 10)
		log.Printf("http: TLS handshake error from 192.0.2.2:1: EOF")
		assert.Len(t, logged.with("192.0.2.2"), 1, "the others have their lines")
	})
}
