//go:build linux

package load

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/e2e/load/reviews"
)

// answering is a server in this process.
func answering(t *testing.T, handler http.HandlerFunc) *Server {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	self, err := os.FindProcess(os.Getpid())
	require.NoError(t, err)
	return &Server{Program: Program{Name: "test"}, Address: strings.TrimPrefix(server.URL, "https://"), process: self}
}

func answers(verdict string) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		_, _ = io.Copy(io.Discard, request.Body)
		_, _ = io.WriteString(w, verdict)
	}
}

var pod = reviews.Workload{Name: "pod", Calls: []reviews.Call{
	{Path: reviews.Mutate, Kind: "Pod", Review: []byte("{}")}, {Path: reviews.Validate, Kind: "Pod", Review: []byte("{}")},
}}

func TestAClosedLoopCountsWhatIsAnswered(t *testing.T) {
	server := answering(t, answers(`{"response":{"allowed":true}}`))
	result, err := Run{Workload: pod, Connections: 2, For: 50 * time.Millisecond}.Do(t.Context(), server)
	require.NoError(t, err)
	assert.Positive(t, result.Answered)
	assert.Zero(t, result.Refused)
	assert.Empty(t, result.Failures)
	assert.Positive(t, result.PerSecond)
	assert.Positive(t, result.CPU)
	assert.Positive(t, result.Resident)
	assert.GreaterOrEqual(t, result.Peak, result.Resident)
	assert.GreaterOrEqual(t, result.Max, result.P999)
	assert.GreaterOrEqual(t, result.P999, result.P50)
	assert.Positive(t, result.P50)
}

func TestAnOpenLoopBeginsWhatWasToBegin(t *testing.T) {
	server := answering(t, answers(`{"response":{"allowed":true}}`))
	result, err := Run{Workload: pod, Connections: 2, Rate: 500, For: 100 * time.Millisecond}.Do(t.Context(), server)
	require.NoError(t, err)
	assert.EqualValues(t, 50, result.Answered)
}

func TestARefusalIsAnAnswer(t *testing.T) {
	server := answering(t, answers(`{"response":{"allowed":false}}`))
	result, err := Run{Workload: pod, Connections: 1, For: 20 * time.Millisecond}.Do(t.Context(), server)
	require.NoError(t, err)
	assert.Positive(t, result.Answered)
	assert.Equal(t, result.Answered, result.Refused)
}

func TestWhatIsNoReviewIsAFailure(t *testing.T) {
	for _, test := range []struct {
		name, failure string
		handler       http.HandlerFunc
	}{
		{"another status", "HTTP 503", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }},
		{"no verdict", "no verdict", answers("hello")},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, err := Run{Workload: pod, Connections: 1, For: 20 * time.Millisecond}.Do(t.Context(), answering(t, test.handler))
			require.NoError(t, err)
			assert.Zero(t, result.Answered)
			assert.Positive(t, result.Failures[test.failure])
		})
	}
}

// Those who come while a server is busy wait as well, though nothing has been sent for them yet.
func TestTimeIsCountedFromWhenAWorkloadWasToBegin(t *testing.T) {
	server := answering(t, answers(`{"response":{"allowed":true}}`))
	connection, err := dial(t.Context(), server.Address)
	require.NoError(t, err)
	t.Cleanup(connection.close)
	w := newWorker(connection, server.calls(pod))
	due := []time.Time{time.Now().Add(-3 * time.Second), time.Now().Add(-2 * time.Second)}
	w.run(t.Context(), func(context.Context) (time.Time, bool) {
		if len(due) == 0 {
			return time.Time{}, false
		}
		next := due[0]
		due = due[1:]
		return next, true
	})
	require.NoError(t, w.broken)
	assert.EqualValues(t, 2, w.took.TotalCount())
	assert.GreaterOrEqual(t, w.took.Max(), (3 * time.Second).Microseconds())
	assert.GreaterOrEqual(t, w.took.Min(), (2*time.Second).Microseconds()*99/100, "to three digits")
}

func TestThePaceDoesNotWait(t *testing.T) {
	next := paced(t.Context(), 1000, 20*time.Millisecond)
	first, more := next(t.Context())
	require.True(t, more)
	for i := 1; i < 20; i++ {
		at, more := next(t.Context())
		require.True(t, more)
		assert.Equal(t, time.Duration(i)*time.Millisecond, at.Sub(first))
	}
	_, more = next(t.Context())
	assert.False(t, more)
}
