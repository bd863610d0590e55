package webhook_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/webhook"
)

// However many findings there are, an answer says how many, and holds some.
func TestAnAnswerSaysHowManyMoreFindingsThereAre(t *testing.T) {
	registry := prometheus.NewRegistry()
	handler := newHandler(t)
	handler.Metrics = webhook.NewMetrics(registry)
	body := large("Pod", "CREATE", containers(1_000, `{"name":"web","image":"r.io/web:latest","ports":[{"containerPort":80}],"env":[{"name":"A_PASSWORD","value":"x"}]}`), "")
	w := post(handler.Validate(), body)
	response := answer(t, w)

	require.False(t, response.Allowed)
	assert.Contains(t, response.Result.Message, "\n- and 975 more\n")
	causes := response.Result.Details.Causes
	require.Len(t, causes, 101)
	assert.Equal(t, "and 900 more", causes[100].Message)
	denied := strings.Split(response.AuditAnnotations["denied"], "\n")
	require.Len(t, denied, 101)
	assert.Equal(t, "and 900 more", denied[100])
	assert.Regexp(t, `^and \d{4,} more$`, response.Warnings[len(response.Warnings)-1])
	assert.Less(t, w.Body.Len(), 128<<10, "bytes of the answer")
	assert.Equal(t, 1_000, findingsOf(t, registry, "image-latest-tag"))
	assert.Equal(t, 1_000, findingsOf(t, registry, "readiness-probe"))
}

// findingsOf are the findings of a check that metrics tell of.
func findingsOf(t *testing.T, registry *prometheus.Registry, validator string) (n int) {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if family.GetName() == "taffrail_findings_total" && label.GetName() == "validator" && label.GetValue() == validator {
					n += int(metric.GetCounter().GetValue())
				}
			}
		}
	}
	return n
}
