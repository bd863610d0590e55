package webhook_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/e2e/load/enforced"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/webhook"
)

// withEverything is a handler with every check and default of the catalogue in
// force: the most that a review can cost.
func withEverything(tb testing.TB) *webhook.Handler {
	tb.Helper()
	text, err := enforced.Everything("..")
	require.NoError(tb, err)
	return with(tb, text)
}

// with is a handler with the guardrails of a text in force.
func with(tb testing.TB, text string) *webhook.Handler {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "guardrails.yaml")
	require.NoError(tb, os.WriteFile(file, []byte(text), 0o600))
	objects, err := files.Load(file)
	require.NoError(tb, err)
	set, err := guardrail.Compile(objects, guardrail.Options{})
	require.NoError(tb, err)
	return &webhook.Handler{
		Set:     func() *guardrail.Set { return set },
		Metrics: webhook.NewMetrics(prometheus.NewRegistry()),
		Log:     logr.Discard(),
	}
}
