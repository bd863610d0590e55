package webhook_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/webhook"
)

// withEverything is a handler with every check and default of the catalogue in
// force, with the parameters of their fixtures: the most that a review can cost.
func withEverything(tb testing.TB) *webhook.Handler {
	tb.Helper()
	var b strings.Builder
	b.WriteString("apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: everything}\nspec:\n")
	for _, kind := range []string{"validators", "mutators"} {
		fmt.Fprintf(&b, "  %s:\n", kind)
		for _, entry := range catalogueOf(tb, kind) {
			fmt.Fprintf(&b, "  - %s\n", entry)
		}
	}
	file := filepath.Join(tb.TempDir(), "everything.yaml")
	require.NoError(tb, os.WriteFile(file, []byte(b.String()), 0o600))
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

// catalogueOf are the entries of a guardrail for each name of a catalogue.
func catalogueOf(tb testing.TB, kind string) (entries []string) {
	tb.Helper()
	folders, err := filepath.Glob("../" + kind + "/testdata/*")
	require.NoError(tb, err)
	for _, folder := range folders {
		files, err := filepath.Glob(folder + "/*.yaml")
		require.NoError(tb, err)
		i := slices.IndexFunc(files, func(file string) bool { return strings.Contains(filepath.Base(file), "fail") || kind == "mutators" })
		if name := filepath.Base(folder); i >= 0 && name != "fuzz" {
			entries = append(entries, fmt.Sprintf("{name: %s, params: %s}", name, paramsOf(tb, files)))
		}
	}
	return entries
}

// paramsOf are the parameters of the first fixture that has any.
func paramsOf(tb testing.TB, files []string) string {
	tb.Helper()
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(tb, err)
		for line := range strings.Lines(string(text)) {
			if params, found := strings.CutPrefix(line, "# params: "); found {
				return strings.TrimSpace(params)
			}
		}
	}
	return "{}"
}
