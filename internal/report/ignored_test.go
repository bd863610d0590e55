package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/report"
)

func TestWhatIsIgnoredHereIsCountedApart(t *testing.T) {
	r := report.New()
	for _, action := range []v1alpha1.Action{v1alpha1.Deny, v1alpha1.Warn, v1alpha1.Audit} {
		r.Add(report.Result{Action: action, Ignored: "until March"})
	}
	all := report.New()
	all.Merge(r)
	assert.Equal(t, report.Summary{Skipped: []report.Skipped{}, Ignored: 3}, all.Summary)
}

func TestEveryFormSaysThatTheClusterRefusesWhatIsIgnored(t *testing.T) {
	for _, format := range report.Formats() {
		text := written(t, format.Name, some("web"))
		if format.Name == "json" {
			assert.Contains(t, text, `"ignored": "until March"`)
			continue
		}
		assert.Equal(t, 1, strings.Count(text, "ignored here (until March), refused by the cluster"), format.Name)
	}
}
