//go:build e2e && !kind

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
)

// A rollout costs no request: those that come when the server is already told to end are answered,
// until nobody sends them any more, and so are those that have begun when it closes.
func TestNoRequestIsLostWhenTheServerEnds(t *testing.T) {
	parallel(t)
	server := startTaffrail(t, options{})
	client := server.client()

	// Around the signal.
	load := server.load(client, 200)
	server.terminate()
	load.mustBeAnswered(t)

	// Unready, and still answering.
	require.Eventually(t, func() bool { return server.probe("/readyz") == http.StatusServiceUnavailable }, soon, interval)
	assert.Equal(t, http.StatusOK, server.probe("/healthz"), "it must not be killed for draining")
	server.load(client, 200).mustBeAnswered(t)

	// One that has begun before the server closes, and ends after.
	body, half := io.Pipe()
	type outcome struct {
		response *admissionv1.AdmissionResponse
		err      error
	}
	late := make(chan outcome, 1)
	go func() {
		response, err := server.review(client, "/validate?timeout=10s", body) // half of it comes now, half after 5 s
		late <- outcome{response, err}
	}()
	text := fmt.Sprintf(podReview, "late")
	_, err := io.WriteString(half, text[:40])
	require.NoError(t, err)
	require.Eventually(t, func() bool { return strings.Contains(server.log(), `"closing"`) }, 2*soon, interval)
	_, err = io.WriteString(half, text[40:])
	require.NoError(t, err)
	require.NoError(t, half.Close())
	o := <-late
	require.NoError(t, o.err)
	assert.EqualValues(t, "late", o.response.UID)

	require.NoError(t, server.stop())
}

const podReview = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":%q,"operation":"CREATE","namespace":"default",
	"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},
	"object":{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"web","image":"registry.example.com/web:v1"}]}}}}`

// load is a number of requests under way.
type load struct {
	requests int
	wg       sync.WaitGroup
	mu       sync.Mutex
	answered int
	failures []error
}

// load sends requests from 8 workers, and returns when the first is answered.
func (s *taffrail) load(client *http.Client, requests int) *load {
	const workers = 8
	l := &load{requests: requests}
	first := make(chan struct{}, requests)
	for worker := range workers {
		l.wg.Go(func() {
			for i := worker; i < requests; i += workers {
				uid := fmt.Sprint(i)
				response, err := s.review(client, "/mutate", strings.NewReader(fmt.Sprintf(podReview, uid)))
				if err == nil && (string(response.UID) != uid || len(response.Patch) == 0) {
					err = fmt.Errorf("request %s: answered with UID %s and patch %s", uid, response.UID, response.Patch)
				}
				l.count(err)
				first <- struct{}{}
			}
		})
	}
	<-first
	return l
}

func (l *load) count(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failures = append(l.failures, err)
		return
	}
	l.answered++
}

func (l *load) mustBeAnswered(t *testing.T) {
	t.Helper()
	l.wg.Wait()
	require.Empty(t, l.failures)
	require.Equal(t, l.requests, l.answered)
}
